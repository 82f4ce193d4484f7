"""A mutant speaks the protocol as well as the healthy server: its bug shows in a history, not in a greeting."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chatproof.mutants import MUTANTS
from chatproof.reference_server.claims import CLAIMS
from chatproof.reference_server.composition import healthy_parts
from tests.reference_server.conformance import test_messages as messages
from tests.reference_server.conformance.world import World, open_world

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SUITE = {name: case for name, case in vars(messages).items() if name.startswith("test_")}
SHOWS_AT_ONCE = {
    ("membership-before-dedupe", "test_a_kick_stops_the_live_socket"),
    ("receipt-last-write-wins", "test_receipts_reach_the_others"),
    # A hundred messages at once are one group commit, which this one pushes from its end.
    ("larger-seq-first", "test_pipelined_sends_take_effect_in_order"),
    ("other-body-accepted", "test_a_retry_gets_the_first_answer"),
    ("removed-member-served", "test_a_kick_stops_the_live_socket"),
    ("page-border-skips", "test_history_pages_agree_in_both_directions"),
    # The device returns within the lag of the view that it is caught up from.
    ("position-before-visible", "test_a_resume_on_a_new_link_is_whole"),
}
"""Where a mutant's own bug is what the suite looks at: there it must fail."""


@pytest.mark.parametrize("case", SUITE.values(), ids=SUITE)
@pytest.mark.parametrize("mutant", MUTANTS)
async def test_the_protocol(mutant: str, case: Callable[[World], Awaitable[None]], tmp_path: Path) -> None:
    """The suite that the healthy server passes."""
    async with open_world(tmp_path, MUTANTS[mutant](healthy_parts())) as world:
        await world.group("g", "ann", "bob", "cleo")
        if (mutant, case.__name__) in SHOWS_AT_ONCE:
            with pytest.raises(AssertionError):
                await case(world)
        else:
            await case(world)


@pytest.mark.parametrize("mutant", MUTANTS)
async def test_the_claims(mutant: str, tmp_path: Path) -> None:
    """It promises all that the healthy server promises."""
    async with open_world(tmp_path, MUTANTS[mutant](healthy_parts())) as world:
        reply = await world.http.get("/v1/capabilities", headers=await world.headers("ann"))
        assert CLAIMS == reply.raise_for_status().json()["claims"]
