"""Which user is free when: keeps the choreographies of a schedule out of each other's way."""

from __future__ import annotations

from typing import NamedTuple


class _Span(NamedTuple):
    from_ns: int
    to_ns: int


class Availability:
    """Four kinds of bookings of users; all times are ns since main.

    *engaged*: takes part in a choreography, so no second one may begin; *needed*: has to have a link at that time;
    *away*: has no link on purpose, so nothing is sent; *muted* in a conversation: sends no more there, because the user
    is, or was for a while, not a member.
    """

    def __init__(self, users: int) -> None:
        self._engaged: list[list[_Span]] = [[] for _ in range(users)]
        self._away: list[list[_Span]] = [[] for _ in range(users)]
        self._needed: list[list[_Span]] = [[] for _ in range(users)]
        self._muted: dict[tuple[int, int], int] = {}

    def engage(self, user: int, from_ns: int, to_ns: int) -> None:
        """Book a user for a choreography."""
        self._engaged[user].append(_Span(from_ns, to_ns))

    def need(self, user: int, at_ns: int) -> None:
        """The user must not be sent away over this time."""
        self._needed[user].append(_Span(at_ns, at_ns))

    def send_away(self, user: int, from_ns: int, to_ns: int) -> None:
        """Book a user as having no link."""
        self._away[user].append(_Span(from_ns, to_ns))

    def mute(self, user: int, conv: int, from_ns: int) -> None:
        """The user sends nothing into the conversation from then on."""
        self._muted[user, conv] = from_ns

    def is_free(self, user: int, from_ns: int, to_ns: int) -> bool:
        """Whether a choreography may begin: neither engaged nor away in the whole time."""
        return not _overlaps(self._engaged[user], from_ns, to_ns) and not _overlaps(self._away[user], from_ns, to_ns)

    def may_leave(self, user: int, from_ns: int, to_ns: int) -> bool:
        """Whether nothing needs the user to have a link in that time."""
        return not _overlaps(self._needed[user], from_ns, to_ns)

    def is_here(self, user: int, from_ns: int, to_ns: int) -> bool:
        """Whether the user is meant to have a link in the whole time."""
        return not _overlaps(self._away[user], from_ns, to_ns)

    def may_send(self, user: int, conv: int, at_ns: int) -> bool:
        """Whether the user can be the sender of an ordinary message."""
        muted_ns = self._muted.get((user, conv))
        return (muted_ns is None or at_ns < muted_ns) and self.is_here(user, at_ns, at_ns)

    def is_ever_muted(self, user: int, conv: int) -> bool:
        """Whether the user leaves the conversation at any time."""
        return (user, conv) in self._muted


def _overlaps(spans: list[_Span], from_ns: int, to_ns: int) -> bool:
    return any(span.from_ns <= to_ns and from_ns <= span.to_ns for span in spans)
