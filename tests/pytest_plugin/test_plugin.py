"""The plugin as a project outside the repository uses it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chatproof.backends.cache import cache_directory
from tests.reference_server.conformance.process import ADMIN_KEY, served

pytest_plugins = ["pytester"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CACHE = str(cache_directory(os.environ))
PAGE = Path(__file__).resolve().parents[2] / "docs" / "JEPSEN.md"
SCENARIO = PAGE.read_text().partition("```python\n")[2].partition("```")[0]
"""The twenty lines of the documentation, as a reader would copy them."""

KILLS = """
    import pytest

    @pytest.mark.chatproof(members=2, holds={})
    async def test_kill(target, nemesis):
        await nemesis.kill("node-0")
"""

NOTHING = """
    import pytest

    @pytest.mark.chatproof(members=2, holds={"no-lost-message": 1})
    async def test_nothing(target):
        await target.connect()
"""


@pytest.fixture(autouse=True)
def _cache_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pytester` gives every run a home of its own, in which Toxiproxy would be built anew."""
    monkeypatch.setenv("CHATPROOF_CACHE", CACHE)


def test_a_run_of_pytest_without_scenarios_loads_nothing_of_chatproof() -> None:
    """Everybody who has chatproof installed pays for the plugin in every run, so it is a few lines."""
    heavy = "{'trio', 'duckdb', 'msgspec', 'pyarrow', 'rich', 'chatproof.checkers', 'chatproof.chaos'}"
    code = f"import sys, chatproof.pytest_plugin; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]\n" == done.stdout


def test_a_scenario_holds_on_the_embedded_server_in_two_workers_at_once(pytester: pytest.Pytester) -> None:
    """Seeds are tests of their own; under xdist each has its own server, ports and directory."""
    pytester.makepyfile(SCENARIO)

    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=3)


def test_a_broken_server_fails_with_a_counter_example_and_its_replay(pytester: pytest.Pytester) -> None:
    """The report shows who saw what, where it is drawn, and the command that does it again."""
    pytester.makepyfile(SCENARIO)
    mutant = "mutant:catchup-before-subscribe"

    result = pytester.runpytest_subprocess("--chatproof-target", mutant, "--chatproof-seed", "4")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "fail: whole-resume is broken*",
        "*- chatproof -*",
        " whole-resume*broken*",
        " partition  link-0*",
        "whole-resume: device 0 resumed conversation 0 after seq*",
        "* s ● device *",
        "  drawn: *whole-resume-1.svg",
        f"again: pytest *::test_a_member_on_a_train_misses_nothing --chatproof-target {mutant} --chatproof-seed 4",
    ])  # fmt: skip


def test_a_history_that_shows_nothing_fails(pytester: pytest.Pytester) -> None:
    """A test in which nothing happened is no evidence."""
    pytester.makepyfile(NOTHING)

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["inconclusive: no-lost-message is not exercised*"])


def test_a_server_given_by_url_is_judged_and_its_processes_are_let_alone(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links can be broken in front of it; what needs its process is a shown skip."""
    pytester.makepyfile(test_links=SCENARIO, test_kill=KILLS)
    monkeypatch.setenv("CHATPROOF_SECRET", ADMIN_KEY)
    with served(pytester.path / "data") as server:
        target = ("--chatproof-target", server.http_url, "--chatproof-ws", server.ws_url, "--chatproof-seed", "4")
        result = pytester.runpytest_subprocess("-rs", *target)

    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*kill needs the target's process*"])


@pytest.mark.parametrize(
    ("marker", "arguments", "sentence"),
    [
        ("holds={'no-lost-massage': 1}", (), "there is no guarantee 'no-lost-massage'"),
        ("'partition'", (), "these fixtures need @pytest.mark.chatproof(name=value, ...)"),
        ("", ("--chatproof-target", "mutant:nobody"), "There is no mutant nobody"),
    ],
)
def test_a_wrong_order_is_one_sentence(
    pytester: pytest.Pytester, marker: str, arguments: tuple[str, ...], sentence: str
) -> None:
    """Nothing is started for a test that asks for what there is not."""
    pytester.makepyfile(f"""
        import pytest

        @pytest.mark.chatproof({marker})
        async def test_wrong(target):
            pass
    """)

    result = pytester.runpytest_subprocess(*arguments)

    assert 0 != result.ret
    assert sentence in result.stdout.str() + result.stderr.str()  # Where pytest tells it depends on when it was seen.
