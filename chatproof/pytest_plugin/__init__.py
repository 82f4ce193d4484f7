"""Scenario tests for a chat server, as a plugin of pytest: a target, a nemesis, a history, and a verdict that counts.

Knows: markers, options, fixtures, reports. May import: everything but the server, and that only when a test asks for
it, for this module is loaded into every run of pytest. Must never: let a test pass whose history shows nothing.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import AsyncIterator, Generator
from inspect import iscoroutinefunction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chatproof.chaos.clients.recording import Recording
    from chatproof.checkers.results import Verdict
    from chatproof.pytest_plugin.nemesis import Nemesis
    from chatproof.pytest_plugin.run import Run
    from chatproof.pytest_plugin.target import Target
    from chatproof.pytest_plugin.wanted import Options, Wanted

MARKER = "chatproof"
SECRET_VARIABLE = "CHATPROOF_SECRET"

_directory = pytest.StashKey[Path]()
_run = pytest.StashKey["Run"]()
_verdict = pytest.StashKey["Verdict"]()


# --- options, markers, parameters -----------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options say what is tested, never what must hold."""
    group = parser.getgroup("chatproof", "scenario tests of a chat server")
    group.addoption(
        "--chatproof-target", metavar="NAME|URL", default="embedded",
        help="embedded (default), mutant:NAME, or the http:// base URL of a server",
    )
    group.addoption("--chatproof-ws", metavar="URL", default="", help="the WebSocket of a server given by URL")
    group.addoption("--chatproof-driver", metavar="NAME", default="reference", help="how it is provisioned")
    group.addoption("--chatproof-seed", metavar="N", type=int, help="run each scenario once, with this seed")


def pytest_configure(config: pytest.Config) -> None:
    """Let `pytest --markers` and --strict-markers know the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(scenario, seeds, holds, members, ...): a scenario whose history must hold guarantees; "
        "see chatproof.pytest_plugin.wanted",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed."""
    marker = metafunc.definition.get_closest_marker(MARKER)
    if marker is None or "chatproof_seed" not in metafunc.fixturenames:
        return
    from chatproof.pytest_plugin.wanted import seeds_of

    only = metafunc.config.getoption("--chatproof-seed")
    seeds = seeds_of(_wanted(metafunc.definition)) if only is None else (only,)
    metafunc.parametrize("chatproof_seed", seeds, ids=[f"seed{seed}" for seed in seeds])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Scenario tests run under trio."""
    marked = [item for item in items if item.get_closest_marker(MARKER)]
    if marked and not config.pluginmanager.hasplugin("trio"):
        raise pytest.UsageError("Scenario tests need pytest-trio: python -m pip install 'chatproof[pytest]'.")
    for item in marked:
        if iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker("trio")


def _wanted(item: pytest.Item) -> Wanted:
    """What a test's marker asks for."""
    from msgspec.structs import replace

    from chatproof.pytest_plugin.wanted import WrongOrder, wanted_of

    marker = item.get_closest_marker(MARKER)
    if marker is None or marker.args:
        raise pytest.UsageError(f"{item.nodeid}: these fixtures need @pytest.mark.chatproof(name=value, ...).")
    try:
        wanted = wanted_of(dict(marker.kwargs))
    except WrongOrder as error:
        raise pytest.UsageError(f"{item.nodeid}: {error}") from error
    return wanted if wanted.scenario else replace(wanted, scenario=getattr(item, "originalname", item.name))


def _options(config: pytest.Config) -> Options:
    """What the command line says of the target."""
    from chatproof.pytest_plugin.wanted import Options, WrongOrder, checked

    given = {name: config.getoption(f"--chatproof-{name}") for name in ("target", "ws", "driver")}
    try:
        return checked(Options(secret=os.environ.get(SECRET_VARIABLE, ""), **given))
    except WrongOrder as error:
        raise pytest.UsageError(str(error)) from error


def _replay(item: pytest.Item, options: Options, seed: int) -> str:
    """The command that runs this very test again."""
    node = item.nodeid.partition("[")[0]
    words = ["pytest", node, "--chatproof-target", options.target, "--chatproof-seed", str(seed)]
    words += ["--chatproof-ws", options.ws] if options.ws else []
    words += ["--chatproof-driver", options.driver] if options.driver != "reference" else []
    return shlex.join(words)


# --- fixtures -------------------------------------------------------------------------------------------------------


@pytest.fixture
def chatproof_seed(request: pytest.FixtureRequest) -> int:
    """The seed of the test; parametrised where it has the marker."""
    return int(getattr(request, "param", 1))


@pytest.fixture
async def chatproof_run(request: pytest.FixtureRequest, tmp_path: Path, chatproof_seed: int) -> AsyncIterator[Run]:
    """The whole run; `target`, `nemesis` and `history` are its parts."""
    from chatproof.pytest_plugin.record import write_directory
    from chatproof.pytest_plugin.run import finish, running

    item, directory = request.node, tmp_path / "run"
    wanted, options = _wanted(item), _options(request.config)
    async with running(wanted, options, chatproof_seed, directory) as run:
        yield run
        await finish(run)
    write_directory(run, wanted, options, directory, _replay(item, options, chatproof_seed))
    item.stash[_run], item.stash[_directory] = run, directory


@pytest.fixture
def target(chatproof_run: Run) -> Target:
    """What is judged, and who uses it."""
    return chatproof_run.target


@pytest.fixture
def nemesis(chatproof_run: Run) -> Nemesis:
    """Breaks it."""
    return chatproof_run.nemesis


@pytest.fixture
def history(chatproof_run: Run) -> Recording:
    """What was recorded so far. It is judged when the test is over."""
    return chatproof_run.recording


# --- the verdict ----------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """When a scenario is over its history is judged: a test that passed fails unless the verdict is a pass."""
    __tracebackhide__ = True
    try:
        result = yield
    except pytest.skip.Exception as skipped:
        pytest.skip(_reason(skipped))
    except BaseException:
        _judge(item)
        raise
    if verdict := _judge(item):
        _require_pass(verdict, item.stash[_run])
    return result


def _reason(skipped: BaseException) -> str:
    """Why a test is skipped: pytest-trio says it without the reason, which is in the group that it caught."""
    found = skipped.__context__
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return str(found if isinstance(found, pytest.skip.Exception) else skipped)


def _judge(item: pytest.Item) -> Verdict | None:
    """The verdict on a test's history; None for a test without one."""
    directory = item.stash.get(_directory, None)
    if directory is None:
        return None
    from chatproof.pytest_plugin.record import judged

    item.stash[_verdict] = judged(directory, _wanted(item))
    return item.stash[_verdict]


def _require_pass(verdict: Verdict, run: Run) -> None:
    """Fail unless everything that was asked for was held, and everybody caught up."""
    if verdict.exit:
        pytest.fail(verdict.sentence, pytrace=False)
    if run.unfinished:
        pytest.fail(f"not everybody caught up: {'; '.join(run.unfinished)}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the counter-example and the replay command of a scenario that failed."""
    report = yield
    verdict = item.stash.get(_verdict, None)
    if report.when == "call" and report.failed and verdict is not None:
        from chatproof.pytest_plugin.record import told

        report.sections.append(("chatproof", told(verdict, _wanted(item), item.stash[_directory])))
    return report
