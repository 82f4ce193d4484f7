"""What a device misses when its position passes an event that its read cannot see."""

import time

from chatproof.mutants.position_before_visible import broken
from chatproof.protocol.frames import Event
from chatproof.reference_server.composition import healthy_parts
from chatproof.reference_server.roles.gateway.streams import MakeResume
from tests.reference_server.roles.gateway.bench import Bench


def resumed(resume: MakeResume) -> list[str]:
    """What bob gets of g after seq 1, where seq 2 is an old message and seq 3 was appended this moment."""
    bench = Bench(resume=resume)
    bench.host.group("g", "ann", "bob")
    bench.host.append("g", "message", "ann")
    bench.host.streams["g"].append(Event("g", 1, 3, time.time_ns() // 1_000_000 + 60_000, "message", "ann"))
    bench.host.seen_by["g"].append(("ann", "bob"))
    bob = bench.client("bob")
    bob.ask(sub={"stream": "g", "cursor": {"epoch": 1, "seq": 1}})
    bench.reader.answer_all()
    return [_word(line) for line in bob.sent() if "id" not in line]


def _word(line: dict) -> str:  # type: ignore[type-arg]
    name, body = next(iter(line.items()))
    match name:
        case "ev":
            return f"event {body['seq']}"
        case "gap":
            return f"{body['reason']} {body['from_seq']}"
        case _:
            return f"{name} at {body['cursor']['seq']}"


def test_a_young_message_is_called_hidden_and_passed() -> None:
    """The device is told that it may not see it, so it never asks again; the healthy server sends it."""
    parts = healthy_parts()
    assert ["event 2", "event 3", "live at 3"] == resumed(parts.resume)
    assert ["event 2", "hidden 3", "live at 3"] == resumed(broken(parts).resume)
