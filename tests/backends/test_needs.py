"""The needs of a run, judged from facts."""

from pathlib import Path

import pytest

from chatproof.backends.needs import DESCRIPTORS, DISK_BYTES, MEMORY_BYTES, PORTS, Facts, gather, judge
from chatproof.backends.toxiproxy import WHAT_TO_INSTALL, ToxiproxyBinary

GOOD = Facts(
    python=(3, 11), system="linux", toxiproxy=ToxiproxyBinary(Path("t"), "2.12.0", "cached"), go=("the installed Go",),
    free_ports=PORTS, descriptors=DESCRIPTORS, out=Path("runs"), out_problem="", cache=Path("cache"), cache_problem="",
    disk_bytes=DISK_BYTES, memory_bytes=MEMORY_BYTES,
)


def missing(facts: Facts) -> list[str]:
    """The names of the needs that are not met."""
    return [need.name for need in judge(facts) if not need.ok]


def test_a_machine_that_just_suffices_is_good() -> None:
    """Every limit is inclusive."""
    assert [] == missing(GOOD)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"python": (3, 10)}, ["Python"]),
        ({"system": "darwin"}, ["system"]),
        ({"toxiproxy": None, "go": ()}, ["Go", "Toxiproxy"]),
        ({"cache_problem": "x is not writable"}, ["cache"]),
        ({"out_problem": "x is not writable"}, ["output"]),
        ({"disk_bytes": DISK_BYTES - 1}, ["disk"]),
        ({"memory_bytes": MEMORY_BYTES - 1}, ["memory"]),
        ({"free_ports": PORTS - 1}, ["ports"]),
        ({"descriptors": DESCRIPTORS - 1}, ["descriptors"]),
    ],
)
def test_each_lack_is_named_and_has_advice(change: dict[str, object], names: list[str]) -> None:
    """What is missing is reported under its name, with something to do about it."""
    facts = GOOD._replace(**change)  # type: ignore[arg-type]
    assert names == missing(facts)
    assert all(need.advice for need in judge(facts) if not need.ok)


def test_either_a_go_or_a_toxiproxy_will_do() -> None:
    """With a Toxiproxy no Go is needed; with a Go the first run builds Toxiproxy."""
    assert [] == missing(GOOD._replace(go=()))
    assert [] == missing(GOOD._replace(toxiproxy=None))


def test_neither_says_what_to_install() -> None:
    """The advice is the same sentence that a run would end with."""
    advice = {need.advice for need in judge(GOOD._replace(toxiproxy=None, go=())) if not need.ok}
    assert {WHAT_TO_INSTALL} == advice


@pytest.mark.slow
def test_the_facts_of_this_machine_can_be_gathered(tmp_path: Path) -> None:
    """Directories that do not exist yet count by their nearest ancestor; a file in the way is a problem."""
    (tmp_path / "file").write_text("")
    facts = gather(tmp_path / "a" / "b", {"PATH": "", "CHATPROOF_CACHE": str(tmp_path / "file" / "c")})
    assert ("", f"{tmp_path / 'file'} is not a directory") == (facts.out_problem, facts.cache_problem)
    assert facts.disk_bytes > 0
    assert facts.toxiproxy is None
