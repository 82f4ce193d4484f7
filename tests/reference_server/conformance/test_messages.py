"""The life of a message on real sockets: acknowledged once durable, pushed to whoever may see it, found again."""

import pytest

from tests.reference_server.conformance.world import World, key

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_message_reaches_every_device_of_every_member(world: World) -> None:
    """The sender's devices included: echo is `all`."""
    ann, tablet, bob = [
        await world.client(user, device, "g")
        for user, device in (("ann", "phone"), ("ann", "tablet"), ("bob", "phone"))
    ]
    ok = await ann.ok(send={"conv": "g", "u": key(), "body": "grüße ☂"})
    for client in (ann, tablet, bob):
        await client.wait(lambda client=client: client.seqs("g") == [2])  # type: ignore[misc]
        event = client.events("g")[0]
        assert ("grüße ☂", "ann", ok["seq"], ok["ts"]) == (event["body"], event["by"], event["seq"], event["ts"])


async def test_a_retry_gets_the_first_answer(world: World) -> None:
    """Same key, same body: the first seq, and no second event; another body is refused."""
    ann = await world.client("ann", "phone", "g")
    u = key()
    first = await ann.ok(send={"conv": "g", "u": u, "body": "once"})
    again = await ann.ok(send={"conv": "g", "u": u, "body": "once"})
    assert {**first, "duplicate": True} == again
    assert "different_body" == await ann.error(send={"conv": "g", "u": u, "body": "twice"})
    await ann.ok(ping={})
    assert [2] == ann.seqs("g")


async def test_pipelined_sends_take_effect_in_order(world: World) -> None:
    """A hundred sends without waiting: seqs in the order sent."""
    ann = await world.client("ann", "phone", "g")
    ids = [await ann.send(send={"conv": "g", "u": key(), "body": str(n)}) for n in range(100)]
    seqs = [(await ann.reply(request_id))["ok"]["seq"] for request_id in ids]
    assert list(range(2, 102)) == seqs
    assert [str(n) for n in range(100)] == [event["body"] for event in ann.events("g")]


async def test_a_resume_on_a_new_link_is_whole(world: World) -> None:
    """What was sent meanwhile comes in order, `live` says up to where, and receipts travel with it."""
    ann, bob = await world.client("ann", "phone", "g"), await world.client("bob", "phone", "g")
    await bob.close()
    for n in range(10):
        await ann.ok(send={"conv": "g", "u": key(), "body": str(n)})
    await ann.ok(receipt={"conv": "g", "read": 5})
    bob = await world.client("bob")
    ok = await bob.ok(sub={"stream": "g", "cursor": {"epoch": 1, "seq": 1}})
    await bob.wait(lambda: bool(bob.of("live")))
    assert (True, 11) == (ok["recovered"], ok["head"]["seq"])
    assert list(range(2, 12)) == bob.seqs("g")
    live = bob.of("live")[0]
    assert {"epoch": 1, "seq": 11} == live["cursor"]
    assert {"user": "ann", "delivered": 5, "read": 5} in live["markers"]


async def test_history_pages_agree_in_both_directions(world: World) -> None:
    """Any page size, any direction: the same events."""
    ann = await world.client("ann")
    for n in range(12):
        await ann.ok(send={"conv": "g", "u": key(), "body": str(n)})
    forward = await walk(ann, "forward", 5)
    backward = await walk(ann, "backward", 3)
    assert list(range(1, 14)) == [event["seq"] for event in forward]
    assert forward == sorted(backward, key=lambda event: int(event["seq"]))


async def walk(client, direction: str, limit: int):  # type: ignore[no-untyped-def]
    """All pages of `g`."""
    events, cursor, complete = [], None, False
    while not complete:
        asked = {"conv": "g", "dir": direction, "limit": limit, **({"cursor": cursor} if cursor else {})}
        page = await client.ok(history=asked)
        events += page["events"]
        cursor, complete = page["next"], page["complete"]
    return events


async def test_read_your_writes(world: World) -> None:
    """A read with the position of the own acknowledgement has it."""
    ann = await world.client("ann")
    seq = (await ann.ok(send={"conv": "g", "u": key(), "body": "mine"}))["seq"]
    page = await ann.ok(history={"conv": "g", "min_seq": seq})
    assert "mine" == page["events"][-1]["body"]


async def test_a_kick_stops_the_live_socket(world: World) -> None:
    """The kicked member sees the kick in the conversation and in the own stream, and nothing later."""
    ann, bob = await world.client("ann", "phone", "g"), await world.client("bob", "phone", "g", "me")
    u = key()
    await bob.ok(send={"conv": "g", "u": u, "body": "before"})
    await ann.ok(kick={"conv": "g", "u": key(), "user": "bob"})
    await ann.ok(send={"conv": "g", "u": key(), "body": "secret"})
    await bob.wait(lambda: "left" in [event["kind"] for event in bob.events("me")])
    assert "not_member" == await bob.error(send={"conv": "g", "u": key(), "body": "late"})
    assert ["message", "kick"] == [event["kind"] for event in bob.events("g")]
    assert (await bob.ok(send={"conv": "g", "u": u, "body": "before"}))["duplicate"]


async def test_joins_are_seen_by_both_sides(world: World) -> None:
    """An open group is joined by oneself; the newcomer's own stream says so."""
    await world.group("open", "ann", open=True)
    ann, eve = await world.client("ann", "phone", "open"), await world.client("eve", "phone", "me")
    ok = await eve.ok(join={"conv": "open", "u": key()})
    assert ("eve", 2) == (ok["user"], ok["seq"])
    await eve.wait(lambda: ["open"] == [event["conv"] for event in eve.events("me")])
    await ann.wait(lambda: ["join"] == [event["kind"] for event in ann.events("open")])
    await eve.ok(leave={"conv": "open", "u": key()})
    assert "not_member" == await eve.error(send={"conv": "open", "u": key(), "body": "x"})


async def test_receipts_reach_the_others(world: World) -> None:
    """Raised, pushed, and never lowered; above the head they stop at the head."""
    ann, bob = await world.client("ann", "phone", "g"), await world.client("bob", "phone", "g")
    await ann.ok(send={"conv": "g", "u": key(), "body": "x"})
    assert {"conv": "g", "delivered": 2, "read": 2} == await bob.ok(receipt={"conv": "g", "read": 2})
    assert {"conv": "g", "delivered": 2, "read": 2} == await bob.ok(receipt={"conv": "g", "read": 1})
    await ann.wait(lambda: [2] == [one["read"] for push in ann.of("receipt") for one in push["markers"]])
    assert 2 == (await bob.ok(receipt={"conv": "g", "read": 999}))["read"]


async def test_presence_follows_the_links(world: World) -> None:
    """Hello, hide, and a clean close are seen by a watcher."""
    ann = await world.client("ann")
    assert "offline" == (await ann.ok(presence={"watch": ["bob"]}))["users"][0]["state"]

    def states() -> list[str]:
        return [item["state"] for push in ann.of("presence") for item in push["users"]]

    bob = await world.client("bob")
    await ann.wait(lambda: states() == ["online"])
    await bob.ok(presence={"state": "offline"})
    await ann.wait(lambda: states() == ["online", "offline"])
    await bob.ok(presence={"state": "online"})
    await ann.wait(lambda: states() == ["online", "offline", "online"])
    await bob.close()
    await ann.wait(lambda: states() == ["online", "offline", "online", "offline"])


async def test_presence_begins_and_ends_with_a_shared_conversation(world: World) -> None:
    """A stranger is unknown; sharing a group shows them, leaving it hides them again, without asking anew."""
    ann, eve = await world.client("ann"), await world.client("eve")
    assert "unknown" == (await ann.ok(presence={"watch": ["eve"]}))["users"][0]["state"]

    def states() -> list[str]:
        return [item["state"] for push in ann.of("presence") for item in push["users"]]

    await world.group("h", "ann", "eve")
    await ann.wait(lambda: states()[-1:] == ["online"])
    await eve.ok(leave={"conv": "h", "u": key()})
    await ann.wait(lambda: states()[-1:] == ["unknown"])
