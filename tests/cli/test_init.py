"""`chatproof init`: from answers or options to a configuration that loads and a driver that loads."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chatproof.cli.init import init
from chatproof.cli.problem import Problem
from chatproof.drivers.registry import driver_of
from chatproof.gate.settings import LOCAL, load_settings

START = "python 'my server.py' --port {ws_port}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder to stand in."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def made(*options: str, answers: str = "") -> Result:
    """Run it."""
    return CliRunner().invoke(init, options, input=answers, standalone_mode=False)


def refusal(*options: str) -> tuple[str, int]:
    """The sentence and exit code of a run that is refused."""
    problem = made(*options).exception
    assert isinstance(problem, Problem)
    return str(problem), problem.exit_code


@pytest.mark.parametrize(("kind", "file"), [("python", "driver.py"), ("declarative", "driver.toml")])
def test_what_is_written_loads(folder: Path, kind: str, file: str) -> None:
    """The configuration is read by the gate as a local target, and the driver beside it can be made as it stands."""
    assert 0 == made("--start", START, "--kind", kind).return_value
    settings = load_settings(None)
    assert settings.start is not None
    assert (LOCAL, "claims") == (settings.target, settings.scenario)
    assert ("python", "my server.py", "--port", "{ws_port}") == settings.start.argv
    assert "http://127.0.0.1:{ws_port}/health" == settings.start.ready_url
    assert {"chatproof.toml", file} == {each.name for each in folder.iterdir() if each.is_file()}
    assert "mine" == driver_of(settings.driver_spec).name


def test_a_server_elsewhere_is_given_by_its_urls() -> None:
    """The HTTP base follows from the WebSocket's URL, and nothing is started."""
    made("--ws", "wss://chat.example.com/socket")
    settings = load_settings(None)
    assert settings.start is None
    assert ("https://chat.example.com", "wss://chat.example.com/socket") == (settings.target, settings.ws)


def test_without_options_it_asks() -> None:
    """Answers become the same files; an empty one takes what is proposed."""
    result = made(answers=f"{START}\n\n\ndeclarative\n")
    settings = load_settings(None)
    assert settings.start is not None
    assert 0 == result.return_value
    assert ("ws://127.0.0.1:{ws_port}/", "driver.toml") == (settings.start.ws, settings.driver)


def test_what_an_option_says_is_not_asked() -> None:
    """The HTTP base of an option is taken, and there is one question less."""
    made("--http", "http://127.0.0.1:{http_port}", answers=f"{START}\n\npython\n")
    settings = load_settings(None)
    assert settings.start is not None
    assert "http://127.0.0.1:{http_port}" == settings.start.http


@pytest.mark.parametrize("answers", ["", f"{START}\n"])
def test_where_nobody_answers_it_says_what_to_say(folder: Path, answers: str) -> None:
    """As with no terminal and no input: one sentence, exit 2, nothing written."""
    problem = made(answers=answers).exception
    assert isinstance(problem, Problem)
    assert ("Nobody answers here: say --start CMD, or --ws URL for a server that runs elsewhere.", 2) == (
        str(problem), problem.exit_code,
    )  # fmt: skip
    assert [] == list(folder.iterdir())


def test_nothing_is_overwritten_without_force(folder: Path) -> None:
    """What is there stays to the byte, and the sentence names it; --force writes anew."""
    (folder / "driver.py").write_text("mine\n")
    assert ("There is driver.py here already; --force overwrites.", 2) == refusal("--start", START)
    assert ("mine\n", False) == ((folder / "driver.py").read_text(), (folder / "chatproof.toml").exists())
    assert 0 == made("--start", START, "--force").return_value
    assert (folder / "driver.py").read_text().startswith('"""How chatproof speaks')


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--ws", "chat.example.com"), "--ws 'chat.example.com' is no ws:// or wss:// URL."),
        (("--ws", "ws://a/", "--http", "a"), "--http 'a' is no http:// or https:// URL."),
        (("--start", "server"), "The command does not say {ws_port}, so --ws must say where the server listens."),
        (("--start", "server 'a {ws_port}"), "--start \"server 'a {ws_port}\" is no command: No closing quotation."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence(folder: Path, options: tuple[str, ...], sentence: str) -> None:
    """Exit 2, and nothing is written."""
    assert (sentence, 2) == refusal(*options)
    assert [] == list(folder.iterdir())
