"""A credential that is wrong, as an expired one is, must be refused, and the driver must say so: else a run would wait
for a login that never comes, and call its messages lost."""

from __future__ import annotations

from chatproof.conformance.bench import Bench, spoil
from chatproof.conformance.causes import cause_of
from chatproof.conformance.device import Device
from chatproof.conformance.finding import Outcome, missing, ok, wrong
from chatproof.conformance.traces import any_carries, unread
from chatproof.drivers.errors import DriverError, DriverMistaken
from chatproof.drivers.interface import MustClose, Ready
from chatproof.protocol.errors import CloseCode


async def credential(bench: Bench) -> Outcome:
    """A device with a wrong credential hears why it does not get in; where the target takes any, that is its affair."""
    stranger = bench.stranger()
    stranger.wanted = True
    try:
        refused = await bench.until(lambda: _refusal(stranger), stranger)
    except DriverMistaken:
        raise
    except DriverError as named:
        return ok(f"a wrong one is refused by name: {named}")
    finally:
        stranger.cut()
    if refused is not None:
        return ok(f"a wrong one is refused: {refused}")
    if not any(isinstance(each, Ready) for each in stranger.seen):
        return missing(
            "a wrong one is not let in, and no refusal was read" + unread(stranger),
            "yield Denied(reason) for it: the run ends then, and nothing counts as lost",
        )
    if any_carries(stranger.written, spoil(bench.provisioned.tokens[0])):
        return ok("a wrong one is sent, and the target lets it in: it looks at none")
    return wrong("a wrong one is let in, because the driver does not send it", "use me.token in open, url or headers")


def _refusal(stranger: Device) -> str | None:
    """How the link of a device was refused or ended; None while it is open."""
    gave_up = next((each for each in stranger.seen if isinstance(each, MustClose)), None)
    if gave_up is not None and gave_up.code != CloseCode.HEARTBEAT:
        return f"the driver gives the link up, {gave_up.reason}"
    if stranger.trouble is not None:
        cause = cause_of(stranger.trouble)
        return cause.found if cause else str(stranger.trouble)
    return f"the target closes the link with code {stranger.close_code}" if stranger.was_closed else None
