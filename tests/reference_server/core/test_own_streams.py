"""Own streams: facts arrive once, whatever is repeated."""

from __future__ import annotations

from chatproof.reference_server.core.records import CommandRecord, Copied, OwnCopy
from tests.reference_server.core.ledger import FOREVER_NS, Ledger, group, join, kick

JOINED = OwnCopy("b", "g", 1, "joined", "a")
LEFT = OwnCopy("b", "g", 4, "left", "a")


def test_a_copy_is_folded_once() -> None:
    """A repeated copy, and one older than what is known, changes nothing."""
    ledger = Ledger()
    seqs = [[emitted.event.seq for emitted in ledger.append(copy).emitted] for copy in (JOINED, JOINED, LEFT, JOINED)]
    assert [[1], [], [2], []] == seqs
    assert {"g": (4, False)} == ledger.state.own["b"].conversations


def test_an_own_event_names_the_conversation_and_goes_to_its_user() -> None:
    """The stream is `me`, its key names the user."""
    (emitted,) = Ledger().append(JOINED).emitted
    assert ("me:b", "me", "joined", "g", "a") == (
        emitted.key, emitted.event.stream, emitted.event.kind, emitted.event.conv, emitted.event.by
    )
    assert ("b",) == emitted.audience


def test_facts_stay_in_the_outbox_until_copied() -> None:
    """A create owes a fact to every member; `Copied` prunes those of its seq only."""
    ledger = Ledger()
    applied = ledger.append(CommandRecord(group(1, "a", "b"), FOREVER_NS))
    ledger.ask(kick(2, "a", "b"))
    assert [OwnCopy("a", "g", 1, "joined", "a"), OwnCopy("b", "g", 1, "joined", "a")] == list(applied.facts)
    ledger.append(Copied("g", 1))
    assert {"g": [OwnCopy("b", "g", 2, "left", "a")]} == ledger.state.outbox
    ledger.append(Copied("g", 2))
    ledger.append(Copied("g", 2))
    assert {} == ledger.state.outbox


def test_a_refused_change_owes_nothing() -> None:
    """Only what took a seq is a fact."""
    ledger = Ledger()
    assert () == ledger.append(CommandRecord(join(1, "a"), FOREVER_NS)).facts
    assert {} == ledger.state.outbox
