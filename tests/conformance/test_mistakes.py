"""Each mistake of a driver, at the foreign example server, by name and with what to do."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import trio

from chatproof.conformance.finding import Finding
from chatproof.conformance.run import examine
from chatproof.drivers.configuration import Start, TargetConfiguration

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

HERE = Path(__file__).resolve().parent
FOREIGN = HERE.parents[1] / "examples" / "foreign_server" / "server.py"
PATIENCE_S = 8.0
"""Where something is missing a check waits for so long: what is there takes milliseconds, on a machine that is free."""


def at(server: Path, driver: str) -> TargetConfiguration:
    """A driver of `mistaken` at a server that is started for it."""
    start = Start(
        argv=("{python}", str(server), "--port", "{ws_port}", "--data", "{directory}/chat.db"),
        ready_url="http://127.0.0.1:{ws_port}/health", ws="ws://127.0.0.1:{ws_port}/",
    )  # fmt: skip
    return TargetConfiguration(driver=f"mistaken.py:{driver}", folder=str(HERE), start=start)


AT_ONCE = 4
"""Drivers that are looked at side by side: most of the time is patience."""

Findings = Mapping[str, Finding]

MISTAKES = (
    ("Misspelt", "claims", "wrong claim", "there is no claim 'dense_id'", "did you mean dense_ids?"),
    ("OfAnotherType", "claims", "wrong claim", "idempotent_window_s = True is no int", "For so many seconds"),
    ("Nowhere", "driver", "missing", "leads to no class", "see driver in chatproof.toml"),
    ("ClaimsMoreThanADialectCan", "driver", "missing", "claims resume, which no dialect can show", "see driver"),
    ("Broken", "provision", "wrong", "failed when it provisioned: KeyError: 'users' (mistaken.py, line", "correct"),
    ("ReadsNoWelcome", "login", "missing", "finds nothing in '{\"kind\": \"hello\"", "yield Welcome()"),
    ("ProvisionsStaleCredentials", "login", "missing", "does not accept the credential of user0", "provision"),
    ("ReadsNoAck", "send", "missing", "finds nothing in '{\"kind\": \"stored\"", "yield Accepted(ref, id)"),
    ("NamesNoQuestion", "send", "wrong", "an answer to reference 1001, which nothing that was", "correct"),
    ("MixesAcksUp", "pipelining", "wrong", "was acknowledged with id 3 and came as 2", "match each answer"),
    ("ReadsNoMessage", "delivery", "missing", "finds nothing in '{\"kind\": \"posted\"", "yield Message("),
    ("AltersAsItWrites", "delivery", "wrong", "the driver alters the text as it writes", "write post.text"),
    ("AltersAsItReads", "delivery", "wrong", "the driver alters the text as it reads", "as it came"),
    ("ClaimsDenseIds", "ids", "wrong claim", "have the ids 10 and 12 in their room", "do not claim dense_ids"),
    ("ClaimsRepeats", "repeat", "wrong claim", "one message has the ids", "write post.key"),
    ("ClaimsNoEcho", "echo", "wrong claim", "the author gets the own message, too", "claim echo = 'all'"),
    ("ClaimsResume", "reconnect", "wrong claim", "does not send again by itself", "do not claim resume"),
    ("ClaimsReceipts", "receipts", "wrong", "claims receipts and has no method mark", "correct the driver"),
    ("ReadsNoPage", "history", "missing", "no answer was matched with the request", "yield Page(page.ref"),
    ("MisreadsPages", "history", "wrong", "KeyError: 'messages' (mistaken.py", "correct the driver"),
    ("ReadsPagesBackwards", "history", "wrong", "which do not grow", "oldest first, or say newest_first"),
    ("EndsHistoryEarly", "history", "missing", "history forward ends without message", "more"),
    ("ReadsNoRefusal", "credential", "missing", "no refusal was read; the driver finds nothing in", "yield Denied"),
    ("SendsNoCredential", "credential", "wrong", "the driver does not send it", "use me.token"),
)


async def findings(driver: str, directory: Path, server: Path = FOREIGN) -> Findings:
    """All findings, by their name."""
    found = await examine(at(server, driver), "", directory, seed=1, patience_s=PATIENCE_S)
    return {each.name: each for each in found}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Findings]:
    """What is found in the right driver and in each mistaken one."""
    names = ["Right", *(mistake[0] for mistake in MISTAKES)]
    found: dict[str, Findings] = {}
    limit = trio.CapacityLimiter(AT_ONCE)

    async def one(name: str) -> None:
        async with limit:
            found[name] = await findings(name, tmp_path_factory.mktemp(name))

    async def all_of_them() -> None:
        async with trio.open_nursery() as nursery:
            for name in names:
                nursery.start_soon(one, name)

    trio.run(all_of_them)
    return found


def test_a_right_driver_has_nothing_to_do(found: Mapping[str, Findings]) -> None:
    """Every check is ok or about something that is not claimed, and every check is there."""
    right = found["Right"]
    assert {"repeat", "receipts", "presence"} == {name for name, each in right.items() if each.state == "not claimed"}
    assert {"ok", "not claimed"} == {each.state for each in right.values()}
    assert 16 == len(right)


@pytest.mark.parametrize(("driver", "check", "state", "what", "advice"), MISTAKES)
def test_a_mistake_is_named(
    found: Mapping[str, Findings], driver: str, check: str, state: str, what: str, advice: str
) -> None:
    """The first check that fails is the one that the mistake is about; it says what was found and what to do."""
    first = next(each for each in found[driver].values() if each.has_failed)
    assert (check, state) == (first.name, first.state)
    assert what in first.found
    assert advice in first.advice


def test_what_rests_on_a_failed_check_is_not_made(found: Mapping[str, Findings]) -> None:
    """Without a login nothing else is tried, and each check says so."""
    said = found["ReadsNoWelcome"]
    assert ("not checked", "login comes first") == said["send"][1:3]
    assert ("not checked", "send comes first") == said["history"][1:3]


@pytest.mark.trio
async def test_too_many_requests_are_named(tmp_path: Path) -> None:
    """A target that answers 429 is limiting, not losing."""
    said = await findings("Right", tmp_path, HERE / "limiting_server.py")
    assert "missing" == said["history"].state
    assert "history cannot be read: HTTP 429: the target limits how often it is asked" == said["history"].found
    assert said["history"].advice.startswith("raise the target's limits")


@pytest.mark.trio
async def test_a_target_that_does_not_start_is_named(tmp_path: Path) -> None:
    """Its exit code and last words are in the finding, and no check is made."""
    said = await findings("Right", tmp_path, HERE / "nothing.py")
    assert "missing" == said["target"].state
    assert "nothing.py" in said["target"].found
    assert "not checked" == said["login"].state


@pytest.mark.trio
async def test_what_was_not_come_to_names_what_the_run_ended_with(tmp_path: Path) -> None:
    """A claim that is wrong ends nothing; a target that does not start does."""
    said = await findings("Misspelt", tmp_path, HERE / "nothing.py")
    assert "wrong claim" == said["claims"].state
    assert ("not checked", "target comes first") == said["login"][1:3]
