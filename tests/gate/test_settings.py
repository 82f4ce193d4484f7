"""Settings: flags over file over defaults, and one sentence for each mistake."""

import shlex
from pathlib import Path

import pytest

from chatproof.gate.errors import UsageProblem
from chatproof.gate.settings import Settings, load_settings, slos_of


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    """A flag that is given replaces the file's value; one that is not given does not."""
    config = tmp_path / "chatproof.toml"
    config.write_text('scenario = "kill-storm"\nseed = 7\n')
    settings = load_settings(config, seed=9, users=None)
    assert ("kill-storm", 9, None) == (settings.scenario, settings.seed, settings.users)


def test_start_is_the_default_target_and_no_more(tmp_path: Path) -> None:
    """Who asks for the driver's own target by name gets that one."""
    config = tmp_path / "chatproof.toml"
    config.write_text('[start]\nargv = ["serve"]\nready_url = "http://127.0.0.1:{ws_port}/"\nws = "ws://127.0.0.1/"\n')
    assert "local" == load_settings(config).target
    assert "embedded" == load_settings(config, target="embedded").target


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("seed = ", "is wrong"),
        ('seed = "x"', "Expected `int`"),
        ("sede = 1", "unknown field `sede`"),
        ("\xff", "wrong"),
        ("[slo]\nsend-ack = { below = 5 }", "unknown field `below`"),
        ("[slo]\nsend-ack = { below_ms = 0 }", "Expected `float` > 0"),
        ("[slo]\nsend-ack = { share = 95 }", "Expected `float` < 1"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, text: str, needle: str) -> None:
    """No TOML, a wrong type and an unknown key are each a usage problem that names the file."""
    config = tmp_path / "c.toml"
    config.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageProblem, match=needle) as caught:
        load_settings(config)
    assert str(config) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A configuration that was asked for and is not there is a usage problem."""
    with pytest.raises(UsageProblem, match="cannot be read"):
        load_settings(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "flags",
    [{"target": "ftp://x"}, {"users": 3}, {"duration_s": 1.0}, {"workers": 0}],
    ids=lambda flags: next(iter(flags)),
)
def test_impossible_values_are_refused(flags: dict[str, object]) -> None:
    """Values that no run can be made of are refused before anything starts."""
    with pytest.raises(UsageProblem):
        load_settings(None, **flags)


def test_replay_names_everything_that_decides_a_run() -> None:
    """The replay command carries target, scenario, seed and sizes."""
    settings = Settings(target="mutant:ghost-presence", seed=4, users=80, duration_s=20.0)
    expected = "chatproof gate --target mutant:ghost-presence --scenario default --seed 4 --users 80 --duration 20"
    assert expected == settings.replay()


@pytest.mark.parametrize(
    ("settings", "engine"),
    [
        (Settings(), "embedded"),
        (Settings(target="mutant:ghost-presence"), "embedded"),
        (Settings(target="local"), ""),
        (Settings(driver="driver.py:Driver"), ""),
        (Settings(target="https://chat.example.com"), ""),
    ],
)
def test_the_engine_is_known_of_the_reference_server_only(settings: Settings, engine: str) -> None:
    """Where its driver starts it; what `[start]` says, or somebody else's driver starts, may be anything."""
    assert engine == settings.engine


def test_replay_names_a_configuration_that_lies_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its whole path, for a shell: pasted anywhere, it makes the same run."""
    config = tmp_path / "my chat" / "staging.toml"
    config.parent.mkdir()
    config.write_text('target = "https://chat.example.com"\nws = "wss://chat.example.com/"\ndriver = "chat.toml"\n')
    monkeypatch.chdir(tmp_path)
    settings = load_settings(Path("my chat/staging.toml"), seed=5)
    words = shlex.split(settings.replay())
    assert ["chatproof", "gate", "--config", str(config)] == words[:4]
    assert settings == load_settings(Path(words[3]), target=words[5], scenario=words[7], seed=int(words[9]))


def test_replay_needs_no_name_for_the_configuration_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found or named, it is found again from there."""
    (tmp_path / "chatproof.toml").write_text("seed = 3\n")
    monkeypatch.chdir(tmp_path)
    expected = "chatproof gate --target embedded --scenario default --seed 3"
    assert [expected] * 2 == [load_settings(config).replay() for config in (None, Path("chatproof.toml"))]


def test_objectives_of_ones_own_are_judged(tmp_path: Path) -> None:
    """What the table does not name stays; a name that there is not is a usage problem."""
    config = tmp_path / "chatproof.toml"
    config.write_text("[slo]\nsend-ack = { below_ms = 500, share = 0.9 }\n")
    own, usual = slos_of(load_settings(config)), slos_of(Settings())
    assert {"send-ack": "p90 < 500 ms"} == {
        slo["metadata"]["name"]: slo["spec"]["objectives"][0]["displayName"]
        for slo in own
        if slo not in usual
    }
    config.write_text("[slo]\nack = { share = 0.9 }\n")
    with pytest.raises(UsageProblem, match=r"The table \[slo\] of the configuration is wrong: There is no SLO ack;"):
        load_settings(config)
