"""The session that stands around every dialect."""

from typing import Any

import pytest

from chatproof.drivers.errors import DriverError, DriverMistaken
from chatproof.drivers.http import HttpAnswer, HttpSession
from chatproof.drivers.interface import (
    Answered,
    Arrived,
    CaughtUp,
    MustClose,
    PageRead,
    Read,
    Ready,
    RepairStarted,
    Settled,
)
from chatproof.drivers.plain import Dialect, Page
from tests.drivers.plain.parrot import Parrot, Table


def kinds(seen: list[Any]) -> list[type]:
    """The kinds of observations."""
    return [type(each) for each in seen]


def settled(seen: list[Any]) -> list[tuple[str, str]]:
    """Outcome and code of every operation that ended."""
    return [(each.outcome, each.code) for each in seen if isinstance(each, Settled)]


def shown(seen: list[Any]) -> list[tuple[int, str, bool]]:
    """Id, way and whether it was shown, of every arrival."""
    return [(each.seq, each.via, each.shown) for each in seen if isinstance(each, Arrived)]


def test_a_first_login_makes_every_stream_live() -> None:
    """The login is written, and with the welcome everything is followed."""
    table = Table(Parrot())
    assert () == table.session.link_up(0)
    assert ["login t0"] == table.written()
    seen = table.hear("hi")
    assert [Ready, CaughtUp, CaughtUp] == kinds(seen)
    assert (0, None) == (Table(Parrot()).session.reconnect_at_ns(), table.session.reconnect_at_ns())


def test_a_dialect_without_login_is_welcome_at_once() -> None:
    """Nothing is written and nothing is waited for."""

    class Silent(Parrot):
        def open(self, me: Any) -> list[str]:
            return []

    assert [Ready, CaughtUp, CaughtUp] == kinds(list(Table(Silent()).session.link_up(0)))


def test_an_acknowledged_message_is_shown_once() -> None:
    """By its ack; the echo that follows is an arrival that is not shown."""
    table = Table(Parrot())
    table.connect()
    operation = table.send(7)
    assert [f"say 1 {operation.body}"] == table.written()
    seen = table.hear(["ok", 1, 41])
    assert [Arrived, Answered, Settled] == kinds(seen)
    assert [("ok", "")] == settled(seen)
    assert [(41, "ack", True)] == shown(seen)
    assert [(41, "live", False)] == shown(table.hear(["m", "tea", 41, operation.body]))
    assert 41 == table.session.contiguous(0)


def test_an_echo_can_be_the_acknowledgement() -> None:
    """Where the target says nothing else, the own message that comes back ends its operation."""
    dialect = Parrot()
    dialect.ack_by_echo = True
    table = Table(dialect)
    table.connect()
    operation = table.send(7)
    table.written()
    assert [("ok", "")] == settled(table.hear(["m", "tea", 41, operation.body]))


def test_answers_without_a_reference_belong_to_the_oldest_question() -> None:
    """For targets that answer in order."""
    table = Table(Parrot())
    table.connect()
    table.send(7)
    table.send(8)
    table.written()
    seen = table.hear(["ok", None, 41], ["ok", None, 42])
    assert [7, 8] == [each.op for each in seen if isinstance(each, Settled)]


def test_without_references_a_late_answer_is_that_of_its_own_question() -> None:
    """It comes first, and is not taken for the answer to what was asked after it."""
    table = Table(Parrot())
    table.connect()
    table.send(7)
    table.written()
    table.wait(5.1)
    operation = table.send(8)
    table.written()
    assert [] == settled(table.hear(["ok", None, 41]))
    assert [operation.body] == [each.body for each in table.hear(["ok", None, 42]) if isinstance(each, Arrived)]


def test_without_references_a_new_link_owes_no_answer_to_an_old_question() -> None:
    """What was asked on a link that is gone is answered by nobody."""
    table = Table(Parrot())
    table.connect()
    table.send(7)
    table.written()
    table.lose()
    table.connect()
    table.send(8)
    table.written()
    assert [8] == [each.op for each in table.hear(["ok", None, 41]) if isinstance(each, Settled)]


def test_a_refusal_that_comes_too_late_is_not_told_twice() -> None:
    """The attempt was told as unknown when its time was over, and the message waits to be tried again."""
    table = Table(Parrot(idempotent_window_s=60))
    table.connect()
    table.send(7)
    table.written()
    assert [Answered] == kinds(table.wait(5.1))
    assert [] == table.hear(["no", 1, "too long", True])
    assert 1 == table.session.pending()


def test_without_keys_nothing_is_tried_twice() -> None:
    """A lost link and silence leave the outcome unknown, and a second link writes nothing again."""
    table = Table(Parrot())
    table.connect()
    table.send(7)
    table.written()
    assert [("unknown", "gave_up")] == settled(table.lose())
    table.connect()
    assert [] == [frame for frame in table.written() if frame.startswith("say")]
    table.send(8)
    table.written()
    assert [("unknown", "gave_up")] == settled(table.wait(5.1))


def test_with_keys_an_unanswered_message_is_tried_again() -> None:
    """Under another reference; the answer to either is understood."""
    table = Table(Parrot(idempotent_window_s=60))
    table.connect()
    operation = table.send(7)
    table.written()
    assert [] == settled(table.lose())
    table.connect()
    assert f"say 2 {operation.body}" in table.written()
    assert [("ok", "")] == settled(table.hear(["ok", 2, 41]))


def test_overload_is_no_failure() -> None:
    """What was refused for now is asked again, also without keys: that attempt certainly had no effect."""
    table = Table(Parrot())
    table.connect()
    operation = table.send(7)
    table.written()
    assert [] == settled(table.hear(["no", 1, "overloaded", True]))
    table.wait(2.5)
    assert [f"say 2 {operation.body}"] == table.written()


@pytest.mark.parametrize(("definite", "outcome"), [(True, "fail"), (False, "unknown")])
def test_a_refusal_fails_only_where_it_is_definite(definite: bool, outcome: str) -> None:
    """Else the message may have had an effect."""
    table = Table(Parrot())
    table.connect()
    table.send(7)
    table.written()
    assert [outcome] == [result for result, _ in settled(table.hear(["no", 1, "too long", definite]))]


def test_what_came_while_away_is_asked_for() -> None:
    """After a reconnect, page by page; a stream is live when it is there, and what was shown is not shown again."""
    table = Table(Parrot())
    table.connect()
    table.hear(["m", "tea", 5, "old 5"])
    table.lose()
    assert [Ready, RepairStarted, RepairStarted] == kinds(table.connect())
    assert ["page 1 tea 0 0 100", "page 2 pub 0 0 100"] == table.written()
    seen = table.hear(["page", 1, [5, 6], True])
    assert [(5, "repair", False), (6, "repair", True)] == shown(seen)
    assert RepairStarted == kinds(seen)[-1]
    assert ["page 3 tea 6 0 100"] == table.written()
    assert [PageRead, CaughtUp] == kinds(table.hear(["page", 3, [], False]))
    assert [PageRead, CaughtUp] == kinds(table.hear(["page", 2, [], False]))


def test_without_history_a_returning_device_is_live_at_once() -> None:
    """There is nothing that it could ask for."""
    table = Table(Parrot(history=False))
    table.connect()
    table.lose()
    assert [Ready, CaughtUp, CaughtUp] == kinds(table.connect())


def test_a_page_that_fails_is_asked_for_again() -> None:
    """Catching up does not end with a refusal; a page that the harness asked for is told as failed."""
    table = Table(Parrot())
    table.connect()
    table.lose()
    table.connect()
    table.written()
    seen = table.hear(["no", 1, "later", True])
    assert [PageRead, RepairStarted] == kinds(seen)
    table.wait(2.5)
    assert ["page 3 tea 0 0 100"] == table.written()
    table.session.read(Read(9, 1, 0, 20, "backward"))
    assert ["page 4 pub 0 0 20"] == table.written()
    (page,) = table.hear(["no", 4, "later", True])
    assert (9, "fail", "later") == (page.read, page.outcome, page.code)


def test_a_page_that_comes_too_late_is_not_counted_twice() -> None:
    """It was told as unknown when its time was over."""
    table = Table(Parrot())
    table.connect()
    table.session.read(Read(9, 0, 0, 20))
    table.written()
    (page,) = table.wait(5.1)
    assert (9, "unknown", "timeout") == (page.read, page.outcome, page.code)
    assert [] == table.hear(["page", 1, [3], False])


def test_a_page_is_handed_on_oldest_first() -> None:
    """With where the walk continues, and the head."""
    table = Table(Parrot())
    table.connect()
    table.session.read(Read(9, 0, 0, 20))
    table.written()
    (page,) = table.hear(["page", 1, [3, 8], True])
    assert ([3, 8], 8, 8, False) == ([item.seq for item in page.items], page.next_after, page.head, page.complete)


def test_a_page_may_yield_its_messages() -> None:
    """They are read once, so none of them is lost between a look at them and the page."""

    class Yielding(Parrot):
        def heard(self, me: Any, frame: bytes) -> Any:
            for word in super().heard(me, frame):
                yield word._replace(messages=iter(word.messages)) if isinstance(word, Page) else word

    table = Table(Yielding())
    table.connect()
    table.session.read(Read(9, 0, 0, 20))
    table.written()
    (page,) = table.hear(["page", 1, [3, 8], False])
    assert [3, 8] == [item.seq for item in page.items]


def test_http_is_a_channel_like_the_other() -> None:
    """A request carries its attempt; its answer is read by the dialect, 429 is overload, silence is unknown."""
    table = Table(Parrot(http=True))
    assert isinstance(table.session, HttpSession)
    table.connect()
    for number, answer, expected in (
        (7, HttpAnswer(200, {}, b'{"id": 41}'), [("ok", "")]),
        (8, HttpAnswer(413, {}, b""), [("fail", "http_413")]),
        (9, HttpAnswer(503, {}, b""), [("unknown", "gave_up")]),
        (10, HttpAnswer(0, {}, b"", "reset"), [("unknown", "gave_up")]),
        (11, HttpAnswer(429, {"Retry-After": "1"}, b""), []),
    ):
        table.send(number)
        table.written()
        (request,) = table.session.requests()
        assert ("POST", "/say", number) == (request.method, request.path, request.attempts[0].op)
        assert expected == settled(list(table.session.responded(request.ref, answer, table.now_ns)))


def test_a_silent_link_is_given_up() -> None:
    """While something is waited for, and nothing comes."""
    dialect = Parrot(idempotent_window_s=60)
    dialect.quiet_s = 4.0
    table = Table(dialect)
    table.connect()
    table.send(7)
    table.written()
    assert MustClose in kinds(table.wait(4.5))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (["ok", 99, 5], "reads an answer to reference 99, which nothing that was asked has"),
        (["ok", 1, 0], None),
        (["ok", 1, "41"], "a message with the id '41'; it must be an integer from 1"),
        (["m", "tea", 0, "x"], "must be an integer from 1"),
        (["m", "tea", "17", "x"], "must be an integer from 1"),
        (["m", "tea", 17, None], "whose room or text is no text"),
        ("bye", "does not accept the credential of ann: it has expired"),
    ],
)
def test_what_cannot_be_is_the_drivers_mistake(value: Any, sentence: str | None) -> None:
    """One sentence each; an ack without an id is fine where everything is echoed."""
    table = Table(Parrot())
    table.connect()
    table.send(7)
    table.written()
    if sentence is None:
        assert [("ok", "")] == settled(table.hear(value))
        return
    with pytest.raises(DriverError) as caught:
        table.hear(value)
    assert sentence in str(caught.value)


def test_an_ack_without_a_place_needs_an_echo() -> None:
    """Else nobody could know where an own message stands."""
    table = Table(Parrot(echo="none"))
    table.connect()
    table.send(7)
    table.written()
    with pytest.raises(DriverMistaken, match="reads no id in an acknowledgement"):
        table.hear(["ok", 1, 0])


def test_whatever_a_dialect_raises_names_the_driver() -> None:
    """With what it was about, and where."""

    class Broken(Parrot):
        def heard(self, me: Any, frame: bytes) -> Any:
            raise KeyError("kind")

    with pytest.raises(DriverMistaken, match=r"The driver failed when it read the frame .*: KeyError: 'kind' \(test_"):
        Table(Broken()).hear("hi")


def test_a_page_of_something_else_is_the_drivers_mistake() -> None:
    """As when its items are handed on as they came."""

    class Raw(Parrot):
        def heard(self, me: Any, frame: bytes) -> Any:
            for word in super().heard(me, frame):
                yield word._replace(messages=[{"id": 3}]) if isinstance(word, Page) else word

    table = Table(Raw())
    table.connect()
    table.session.read(Read(9, 0, 0, 20))
    table.written()
    with pytest.raises(DriverMistaken, match="as a message, and that is no Message"):
        table.hear(["page", 1, [3], False])


def test_a_method_that_returns_nothing_is_the_drivers_mistake() -> None:
    """A frame is what it must return."""

    class Forgetful(Parrot):
        def send(self, me: Any, post: Any) -> Any:
            return None

    table = Table(Forgetful())
    table.connect()
    table.send(7)
    with pytest.raises(DriverMistaken, match="The driver writes None, which is neither a text nor bytes nor a Request"):
        table.written()


def test_headers_that_fail_are_the_drivers_mistake() -> None:
    """They are asked for with every request over HTTP."""

    class Headless(Parrot):
        def headers(self, me: Any) -> Any:
            raise KeyError("key")

    table = Table(Headless(http=True))
    table.connect()
    table.send(7)
    with pytest.raises(DriverMistaken, match="The driver failed when it wrote a request: KeyError: 'key'"):
        table.written()


def test_an_empty_dialect_says_what_it_lacks() -> None:
    """By the method's name."""
    table = Table(Dialect())
    table.session.link_up(0)
    table.send(7)
    with pytest.raises(DriverMistaken, match="has no method send"):
        table.written()
