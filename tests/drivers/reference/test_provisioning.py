"""Making everyone and everything, over HTTP."""

from functools import partial

import anyio
import httpx
import pytest

from chatproof.drivers.interface import ConversationSpec, DeviceSpec, DriverError, Endpoint, Provisioned, Roster
from chatproof.drivers.reference import provisioning
from tests.drivers.reference.fake_http import FakeHttp

ROSTER = Roster(
    users=4,
    devices=(*(DeviceSpec(user, user, "l0") for user in range(4)), DeviceSpec(4, 0, "l0")),
    conversations=(
        ConversationSpec(0, "direct", (2, 1)),
        ConversationSpec(1, "group", (0, 1, 3)),
        ConversationSpec(2, "hot", (3, 0)),
    ),
)


def provisioned(
    server: FakeHttp, roster: Roster = ROSTER, admin_key: str = "key", backend: str = "trio"
) -> Provisioned:
    """Provision once."""

    async def run() -> Provisioned:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="http://target") as client:
            return await provisioning.provision_over(client, roster, admin_key)

    return anyio.run(run, backend=backend)


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_everything_has_a_target_id(backend: str) -> None:
    """Users, a token per device, conversations; a group is open, so that who was kicked can come back."""
    server = FakeHttp("key")
    made = provisioned(server, backend=backend)
    assert {0: "u0", 1: "u1", 2: "u2", 3: "u3"} == made.users
    assert ["u0", "u1", "u2", "u3", "u0"] == [server.tokens[made.tokens[dev]] for dev in range(5)]
    bodies = [server.conversations[made.conversations[conv]] for conv in range(3)]
    assert [["u2", "u1"], ["u0", "u1", "u3"], ["u3", "u0"]] == [body["members"] for body in bodies]
    assert [("direct", None), ("group", True), ("group", True)] == [(b["kind"], b.get("open")) for b in bodies]


def test_doing_it_again_finds_what_was_made() -> None:
    """And another roster on the same server does not meet the first one's groups."""
    server = FakeHttp("key")
    first = provisioned(server)
    assert first == provisioned(server)
    assert 3 == len(server.conversations)
    other = Roster(4, ROSTER.devices, (ConversationSpec(1, "group", (0, 2)),))
    assert provisioned(server, other).conversations[1] not in first.conversations.values()


def test_calls_at_once_are_bounded() -> None:
    """Many conversations, few calls under way."""
    server = FakeHttp("key")
    many = tuple(ConversationSpec(conv, "group", (conv % 4, (conv + 1) % 4)) for conv in range(100))
    assert 100 == len(provisioned(server, Roster(4, ROSTER.devices, many)).conversations)
    assert 2 <= server.most_at_once <= provisioning.CALLS_IN_FLIGHT


def test_tokens_are_asked_for_in_few_calls() -> None:
    """A thousand devices at a time."""
    server = FakeHttp("key")
    devices = tuple(DeviceSpec(dev, dev, "l0") for dev in range(provisioning.TOKENS_PER_CALL + 1))
    assert len(devices) == len(provisioned(server, Roster(len(devices), devices, ())).tokens)
    assert 2 == server.calls


def test_a_refusal_is_told_in_the_targets_words() -> None:
    """One sentence, no traceback."""
    with pytest.raises(DriverError) as caught:
        provisioned(FakeHttp("key"), admin_key="guess")
    assert "POST /v1/admin/tokens was refused with 401: Wrong key." == str(caught.value)


def test_an_answer_that_is_none_is_told() -> None:
    """Something answers there, but not this service."""
    server = FakeHttp("key")
    server.broken = b"<html>"
    with pytest.raises(DriverError, match="answered with something else"):
        provisioned(server)


def test_an_owner_without_a_device_is_told() -> None:
    """Nobody could make that conversation."""
    roster = Roster(4, ROSTER.devices[:1], (ConversationSpec(0, "group", (2, 1)),))
    with pytest.raises(DriverError, match="belongs to user 2, who has no device"):
        provisioned(FakeHttp("key"), roster)


def test_a_target_that_is_not_there_is_told() -> None:
    """Nothing listens on the discard port."""
    nowhere = Endpoint(ws="ws://127.0.0.1:9/v1/ws", http="http://127.0.0.1:9")
    with pytest.raises(DriverError, match=r"^POST http://127.0.0.1:9/v1/admin/tokens failed: "):
        anyio.run(partial(provisioning.provision, nowhere, ROSTER, "key"), backend="trio")
