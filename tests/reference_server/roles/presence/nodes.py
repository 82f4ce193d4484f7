"""Presence registries of several nodes in virtual time, on a bus that can be cut."""

from collections.abc import Callable

from chatproof.reference_server.roles.presence.messages import Message
from chatproof.reference_server.roles.presence.registry import Registry

MS = 1_000_000
STEP_NS = 100 * MS


class Nodes:
    """Registries and the bus between them. Messages arrive at the next step, in the order of each sender."""

    def __init__(self, *names: str) -> None:
        self.now_ns = 0
        self.lives = 0
        self.running: dict[str, Registry] = {}
        self.paused: set[str] = set()
        self.cut: set[str] = set()
        self.lose: Callable[[Message], bool] = lambda message: False
        self.told: dict[str, list[str]] = {}
        for name in names:
            self.start(name)

    def start(self, name: str) -> Registry:
        """A node begins a new life."""
        self.lives += 1
        self.running[name] = Registry(name, self.lives, self.now_ns)
        self.told[name] = []
        return self.running[name]

    def kill(self, name: str) -> None:
        """A node stops without a word."""
        del self.running[name]

    def show(self, name: str, user: str, session: str, *, visible: bool = True) -> None:
        """A session of a node is open."""
        self.told[name] += self.running[name].write(user, f"{user}-phone", session, visible=visible)

    def end(self, name: str, session: str) -> None:
        """A session of a node has ended."""
        self.told[name] += self.running[name].end(session)

    def pass_time(self, ns: int) -> None:
        """Let time pass in steps: tick every running node, then deliver what they said."""
        until_ns = self.now_ns + ns
        while self.now_ns < until_ns:
            self.now_ns += STEP_NS
            for name in [name for name in self.running if name not in self.paused]:
                self.told[name] += self.running[name].tick(self.now_ns)
            self._deliver()

    def state(self, user: str) -> dict[str, str]:
        """What each running node says of a user."""
        return {name: registry.state(user) for name, registry in self.running.items()}

    def _deliver(self) -> None:
        said = {name: registry.outbox for name, registry in self.running.items() if name not in self.paused}
        for sender, messages in said.items():
            self.running[sender].outbox = []
            for message in messages:
                self._broadcast(sender, message)

    def _broadcast(self, sender: str, message: Message) -> None:
        if sender in self.cut or self.lose(message):
            return
        for name, registry in self.running.items():
            if name not in self.cut | self.paused:
                self.told[name] += registry.receive(message, self.now_ns)
