"""Registers of every node's sessions, and what they say of each user: a pure state machine over bus messages.

A node that is not heard for `LEASE_NS` takes all its registers with it. A node that does not hear its own beats for
that long is the one that is cut off: it freezes, and what it only knew from others becomes `unknown` until it hears
itself again. Time that this process did not run (a pause) counts against nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from chatproof.reference_server.roles.presence.messages import Asked, Beat, Changed, FullState, Message, Register

BEAT_NS = 500_000_000
"""A node says that it lives this often."""

LEASE_NS = 1_500_000_000
"""A node that is not heard for this long is gone: two beats may be lost, and a kill shows well within 2 s."""

PAUSE_NS = 1_000_000_000
"""A gap between two ticks above this is a pause of this process, not silence of the others."""

Key = tuple[str, str]
"""(node, session)."""


class _Node:
    """What was heard of one node in its present life."""

    __slots__ = ("heard_ns", "incarnation", "registers", "ver")

    def __init__(self, incarnation: int, now_ns: int) -> None:
        self.incarnation = incarnation
        self.heard_ns = now_ns
        self.ver = 0
        self.registers: dict[str, Register] = {}


class Registry:
    """One node's copy of all registers.

    Methods return the users whose state may have changed. What must be said to the others collects in `outbox`.
    """

    def __init__(self, node: str, incarnation: int, now_ns: int) -> None:
        self._own_name = node
        self._own = _Node(incarnation, now_ns)
        self._nodes: dict[str, _Node] = {}
        self._visible: dict[str, dict[Key, None]] = {}
        self._ticked_ns = now_ns
        self._beat_ns = now_ns
        self.frozen = False
        self.outbox: list[Message] = [Asked(node)]

    # --- own sessions ---------------------------------------------------------------------------------------------

    def write(self, user: str, device: str, session: str, *, visible: bool) -> Iterable[str]:
        """A session of this node is open, shown or hidden."""
        self._own.ver += 1
        register = Register(user, device, session, visible, self._own.ver)
        self._own.registers[session] = register
        self.outbox.append(Changed(self._own_name, self._own.incarnation, register))
        return self._show(self._own_name, register, visible=visible)

    def end(self, session: str) -> Iterable[str]:
        """A session of this node has ended; one that is not known changes nothing."""
        register = self._own.registers.pop(session, None)
        if register is None:
            return ()
        self._own.ver += 1
        self.outbox.append(Changed(self._own_name, self._own.incarnation, register, ended=True))
        return self._show(self._own_name, register, visible=False)

    # --- questions ------------------------------------------------------------------------------------------------

    def state(self, user: str) -> Literal["online", "offline", "unknown"]:
        """What is known of a user now: online if any visible session of any device is."""
        sessions = self._visible.get(user, {})
        if not self.frozen:
            return "online" if sessions else "offline"
        own = any(node == self._own_name for node, _ in sessions)
        return "online" if own else "unknown"

    def registers(self) -> int:
        """Registers of all nodes."""
        return len(self._own.registers) + sum(len(node.registers) for node in self._nodes.values())

    def nodes(self) -> int:
        """Other nodes that are heard."""
        return len(self._nodes)

    # --- the others -----------------------------------------------------------------------------------------------

    def receive(self, message: Message, now_ns: int) -> Iterable[str]:
        """A message came over the bus, possibly the node's own."""
        if message.node == self._own_name:
            return self._heard_self(message, now_ns)
        match message:
            case Asked(of=of):
                if of in {"", self._own_name}:
                    self.outbox.append(self._full_state())
                return ()
            case Beat():
                return self._beat(message, now_ns)
            case Changed():
                return self._changed(message, now_ns)
            case FullState():
                return self._take_state(message, now_ns)

    def tick(self, now_ns: int) -> Iterable[str]:
        """Time passed (called several times per lease): beat, expire silent nodes, freeze when cut off."""
        if now_ns - self._ticked_ns > PAUSE_NS:
            self._forgive(now_ns - self._ticked_ns)
        self._ticked_ns = now_ns
        if now_ns >= self._beat_ns:
            self._beat_ns = now_ns + BEAT_NS
            self.outbox.append(Beat(self._own_name, self._own.incarnation, self._own.ver))
        if not self.frozen and now_ns - self._own.heard_ns > LEASE_NS:
            return self._freeze()
        return () if self.frozen else self._expire(now_ns)

    def _heard_self(self, message: Message, now_ns: int) -> Iterable[str]:
        if isinstance(message, Asked) or message.incarnation != self._own.incarnation:
            return ()
        self._own.heard_ns = now_ns
        if not self.frozen:
            return ()
        # What happened meanwhile was missed: start every lease anew and ask for everything.
        self.frozen = False
        for node in self._nodes.values():
            node.heard_ns = now_ns
        self.outbox.append(Asked(self._own_name))
        return tuple(self._known_users())

    def _freeze(self) -> Iterable[str]:
        self.frozen = True
        return tuple(self._known_users())

    def _known_users(self) -> Iterable[str]:
        return (user for user, sessions in self._visible.items() if sessions)

    def _forgive(self, paused_ns: int) -> None:
        self._own.heard_ns += paused_ns
        for node in self._nodes.values():
            node.heard_ns += paused_ns

    def _expire(self, now_ns: int) -> Iterable[str]:
        changed: list[str] = []
        for name, node in tuple(self._nodes.items()):
            if now_ns - node.heard_ns > LEASE_NS:
                changed.extend(self._remove(name))
        return changed

    def _remove(self, name: str) -> Iterable[str]:
        node = self._nodes.pop(name)
        return [user for one in node.registers.values() for user in self._show(name, one, visible=False)]

    def _beat(self, beat: Beat, now_ns: int) -> Iterable[str]:
        node = self._nodes.get(beat.node)
        if node is None or node.incarnation != beat.incarnation or node.ver != beat.ver:
            self.outbox.append(Asked(self._own_name, beat.node))
        if node is not None and node.incarnation == beat.incarnation:
            node.heard_ns = now_ns
        return ()

    def _changed(self, change: Changed, now_ns: int) -> Iterable[str]:
        node = self._nodes.get(change.node)
        register = change.register
        if node is None or node.incarnation != change.incarnation:
            self.outbox.append(Asked(self._own_name, change.node))
            return ()
        node.heard_ns = now_ns
        if change.ended:
            node.ver += 1
            node.registers.pop(register.session, None)
            return self._show(change.node, register, visible=False)
        node.ver = register.ver
        node.registers[register.session] = register
        return self._show(change.node, register, visible=register.visible)

    def _take_state(self, state: FullState, now_ns: int) -> Iterable[str]:
        old = self._nodes.get(state.node)
        if old is not None and (old.incarnation, old.ver) > (state.incarnation, state.ver):
            return ()
        flips = list(self._remove(state.node)) if old is not None else []
        node = self._nodes[state.node] = _Node(state.incarnation, now_ns)
        node.ver = state.ver
        for register in state.registers:
            node.registers[register.session] = register
            flips.extend(self._show(state.node, register, visible=register.visible))
        return _flipped(flips)

    def _full_state(self) -> FullState:
        own = self._own
        return FullState(self._own_name, own.incarnation, own.ver, tuple(own.registers.values()))

    def _show(self, node: str, register: Register, *, visible: bool) -> Iterable[str]:
        """Count a session in or out of its user's visible ones."""
        sessions = self._visible.setdefault(register.user, {})
        key = (node, register.session)
        was = bool(sessions)
        if visible:
            sessions[key] = None
        else:
            sessions.pop(key, None)
        is_now = bool(sessions)
        if not is_now:
            del self._visible[register.user]
        return (register.user,) if was != is_now else ()


def _flipped(flips: Iterable[str]) -> Iterable[str]:
    """Users who are not back where they were: those who flipped an odd number of times."""
    odd: dict[str, None] = {}
    for user in flips:
        if user in odd:
            del odd[user]
        else:
            odd[user] = None
    return odd
