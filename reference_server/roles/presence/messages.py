"""What the presence roles of several nodes say to each other over the bus."""

from __future__ import annotations

from msgspec import Struct


class Register(Struct, frozen=True, array_like=True):
    """One session as its node knows it. `ver` orders the changes of one life of one node."""

    user: str
    device: str
    session: str
    visible: bool
    ver: int


class Beat(Struct, frozen=True, tag="beat"):
    """The node is alive; `ver` is its last change, so that a listener notices one that it missed."""

    node: str
    incarnation: int
    ver: int


class Changed(Struct, frozen=True, tag="changed"):
    """One register was written, or removed where `ended`."""

    node: str
    incarnation: int
    register: Register
    ended: bool = False


class Asked(Struct, frozen=True, tag="asked"):
    """The node wants the full state of `of`, or of everybody where it is empty."""

    node: str
    of: str = ""


class FullState(Struct, frozen=True, tag="state"):
    """Every register of one node, as of its change `ver`."""

    node: str
    incarnation: int
    ver: int
    registers: tuple[Register, ...]


Message = Beat | Changed | Asked | FullState
