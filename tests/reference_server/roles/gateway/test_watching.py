"""Whose presence is shown to whom: the full state first, then changes, and only while a conversation is shared."""

from chatproof.protocol import limits
from chatproof.reference_server.core.commands import ChangeMembership
from tests.reference_server.roles.gateway.bench import SECOND, Bench, Client


def states(client: Client) -> list[tuple[str, str]]:
    """Users and states pushed so far."""
    return [
        (item["user"], item["state"])
        for line in client.sent()
        if "presence" in line
        for item in line["presence"]["users"]
    ]


def watching(bench: Bench, user: str, *watched: str) -> Client:
    """A session of `user` that watches."""
    client = bench.client(user)
    client.ask(presence={"watch": watched})
    client.sent()
    return client


def test_the_reply_is_the_full_state(bench: Bench) -> None:
    """After it the session is hydrated: every user it watches is in it."""
    bench.client("bob")
    ann = bench.client("ann")
    ann.ask(presence={"watch": ["bob", "cleo", "ann"]})
    users = ann.sent()[0]["ok"]["users"]
    expected = {"bob": "online", "cleo": "offline", "ann": "online"}
    assert expected == {item["user"]: item["state"] for item in users}


def test_changes_are_pushed(bench: Bench) -> None:
    """Connect, hide, show and end, each with a later version."""
    ann = watching(bench, "ann", "bob")
    bob = bench.client("bob")
    bench.pass_time(SECOND)
    bob.ask(presence={"state": "offline"})
    bench.pass_time(SECOND)
    bob.ask(presence={"state": "online"})
    bench.pass_time(SECOND)
    bob.session.lost()
    bench.pass_time(SECOND)
    lines = [line["presence"]["users"][0] for line in ann.sent() if "presence" in line]
    assert ["online", "offline", "online", "offline"] == [item["state"] for item in lines]
    versions = [item["ver"] for item in lines]
    assert sorted(set(versions)) == versions


def test_strangers_are_unknown(bench: Bench) -> None:
    """Who shares no conversation learns nothing, not even by watching."""
    bench.host.group("other", "eve")
    eve = watching(bench, "eve", "bob")
    bench.client("bob")
    bench.pass_time(SECOND)
    assert {"unknown"} == {state for _, state in states(eve)}


def test_leaving_the_last_shared_conversation_ends_the_view(bench: Bench) -> None:
    """Both ways: the member who left, and those who stay; coming back restores it."""
    ann, bob = watching(bench, "ann", "bob"), watching(bench, "bob", "ann")
    for what, expected in (("kick", "unknown"), ("join", "online")):
        bench.host.submit(ChangeMembership("g", "ann", "bob", bench.key(), what), lambda answer: None)  # type: ignore[arg-type]
        bench.host.commit()
        bench.pass_time(SECOND)
        assert [("bob", expected)] == states(ann)
        assert [("ann", expected)] == states(bob)


def test_unwatched_users_are_silent(bench: Bench) -> None:
    """Unwatching takes effect at once."""
    ann = watching(bench, "ann", "bob")
    ann.ask(presence={"unwatch": ["bob"]})
    bench.client("bob")
    bench.pass_time(SECOND)
    assert [] == states(ann)


def test_the_number_of_watched_users_is_bounded(bench: Bench) -> None:
    """Two commands together may not pass the limit either."""
    ann = bench.client("ann")
    ann.ask(presence={"watch": [f"u{n}" for n in range(limits.MAX_WATCHED)]})
    ann.sent()
    ann.ask(presence={"watch": ["one-more"]})
    assert "too_many" == ann.sent()[0]["error"]["code"]
