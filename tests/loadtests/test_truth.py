"""The truth of presence, rule by rule as the module's table has them."""

import pytest

from chatproof.loadtests.recorder import Recorder
from chatproof.loadtests.truth import PresenceTruth
from tests.loadtests.fakes import FakeWriter

DEV, USER = 3, 1


class Story:
    """A truth and the rows it wrote, as (state, cause, from, to)."""

    def __init__(self) -> None:
        self.writer = FakeWriter()
        self.truth = PresenceTruth(Recorder(self.writer))

    @property
    def states(self) -> list[tuple[str, str, int, int | None]]:
        """Intervals in order; the last one is open."""
        ends = {row["change"]: row["to_ns"] for row in self.writer.of("presence_truth.end")}
        return [
            (row["state"], row["cause"], row["from_ns"], ends.get(row["change"]))
            for row in self.writer.of("presence_truth.begin")
        ]


@pytest.fixture
def online() -> Story:
    """A device that is online since 11."""
    story = Story()
    story.truth.hello_begins(DEV, USER, 10)
    story.truth.hello_accepted(DEV, USER, 11)
    return story


BEGINNING = [("either", "hello", 10, 11)]


def test_a_hello_is_either_until_it_is_accepted(online: Story) -> None:
    """From the bytes of hello on the server may say online."""
    assert [*BEGINNING, ("online", "hello", 11, None)] == online.states


def test_a_clean_close_is_either_until_it_is_over(online: Story) -> None:
    """Then offline."""
    online.truth.close_begins(DEV, USER, 20)
    online.truth.closed(DEV, USER, 21)
    assert [("either", "clean_close", 20, 21), ("offline", "clean_close", 21, None)] == online.states[2:]


def test_a_lost_link_that_comes_back_is_either_throughout(online: Story) -> None:
    """One interval from the loss to the next accepted hello."""
    online.truth.lost(DEV, USER, "abort", returns=True, now_ns=20)
    online.truth.hello_begins(DEV, USER, 25)
    online.truth.hello_accepted(DEV, USER, 26)
    assert [("either", "abort", 20, 26), ("online", "hello", 26, None)] == online.states[2:]


def test_a_device_that_stays_away_is_offline_from_the_loss(online: Story) -> None:
    """Only detecting it takes time, and the judge's bound allows for that."""
    online.truth.lost(DEV, USER, "abort", returns=False, now_ns=20)
    assert [("offline", "abort", 20, None)] == online.states[2:]


def test_a_set_is_either_until_it_is_acknowledged(online: Story) -> None:
    """With its operation."""
    online.truth.set_begins(DEV, USER, 99, 20)
    online.truth.set_ends(DEV, USER, 99, "offline", 21)
    assert [("either", "set", 20, 21), ("offline", "set", 21, None)] == online.states[2:]
    assert [None, None, 99, 99] == [row["op"] for row in online.writer.of("presence_truth.begin")]


def test_a_set_that_nobody_knows_of_leaves_either(online: Story) -> None:
    """Until the next session, which shows online."""
    online.truth.set_begins(DEV, USER, 99, 20)
    online.truth.set_ends(DEV, USER, 99, None, 21)
    online.truth.lost(DEV, USER, "abort", returns=True, now_ns=22)
    online.truth.hello_accepted(DEV, USER, 26)
    assert [("either", "set", 20, 26), ("online", "hello", 26, None)] == online.states[2:]


def test_a_new_session_shows_online_and_either_while_a_set_is_on_its_way(online: Story) -> None:
    """How a device shows belongs to its session; a set that was queued may take effect in the next one at once."""
    online.truth.set_begins(DEV, USER, 99, 20)
    online.truth.lost(DEV, USER, "abort", returns=True, now_ns=21)
    online.truth.hello_accepted(DEV, USER, 26)
    online.truth.set_ends(DEV, USER, 99, "offline", 27)
    assert [("either", "set", 20, 27), ("offline", "set", 27, None)] == online.states[2:]


def test_a_set_of_a_device_without_a_link_changes_nothing_yet(online: Story) -> None:
    """It waits in the outbox."""
    online.truth.close_begins(DEV, USER, 20)
    online.truth.closed(DEV, USER, 21)
    online.truth.set_begins(DEV, USER, 99, 22)
    assert "offline" == online.states[-1][0]


def test_a_device_that_shows_itself_offline_can_show_itself_again(online: Story) -> None:
    """It is invisible, not gone: its link is up, and a set takes effect."""
    online.truth.set_begins(DEV, USER, 98, 20)
    online.truth.set_ends(DEV, USER, 98, "offline", 21)
    online.truth.set_begins(DEV, USER, 99, 30)
    online.truth.set_ends(DEV, USER, 99, "online", 31)
    assert [("offline", "set", 21, 30), ("either", "set", 30, 31), ("online", "set", 31, None)] == online.states[3:]
