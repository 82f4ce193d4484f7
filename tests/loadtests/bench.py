"""One device of user 1 over fakes, with the real recorder, ledger, truth and witness behind it."""

from __future__ import annotations

from chatproof.drivers.interface import DeviceSpec, Endpoint, Ready
from chatproof.loadtests.bodies import BodyChecker
from chatproof.loadtests.ledger import Ledger
from chatproof.loadtests.personas import CHATTY, Persona
from chatproof.loadtests.plane.device import Device
from chatproof.loadtests.plane.door import Door
from chatproof.loadtests.plane.errands import Errands
from chatproof.loadtests.plane.link import Link
from chatproof.loadtests.plane.moments import Moments
from chatproof.loadtests.plane.reading import Reading
from chatproof.loadtests.plane.witness import Witness
from chatproof.loadtests.receipts import Receipts
from chatproof.loadtests.recorder import Recorder
from chatproof.loadtests.suspicion import Suspicion
from chatproof.loadtests.truth import PresenceTruth
from tests.loadtests.fakes import FakeClock, FakeSession, FakeWriter

SEED = 7
DEV = 3
CONVS = (0, 5)
DOOR = Door(Endpoint("ws://nowhere", "http://nowhere"), None, "", Errands({}))


class FakeLink(Link):
    """A link that is up without a socket: it notes what was written, into the same list as the rows."""

    def __init__(self, device: Device, writer: FakeWriter) -> None:
        super().__init__(device, device.number)
        self._writer = writer
        self.was_up = True
        self.ends: list[str] = []

    @property
    def is_up(self) -> bool:
        """Always."""
        return True

    def write(self, frame: bytes) -> None:
        """Note it among the rows."""
        self._writer.rows.append(("written", {"frame": frame}))

    def close(self, now_ns: int) -> None:
        """Note it."""
        self.close_invoke_ns, self.close_kind = now_ns, "clean"
        self.ends.append("clean")

    def abort(self, now_ns: int, kind: str) -> None:
        """Note it."""
        self.close_invoke_ns, self.close_kind = now_ns, kind
        self.ends.append(kind)


class Bench:
    """Everything that one device needs, for a test to look at."""

    def __init__(
        self, persona: Persona = CHATTY, door: Door = DOOR, session: FakeSession | None = None
    ) -> None:
        self.writer, self.clock, self.session = FakeWriter(), FakeClock(), session or FakeSession()
        self.recorder = Recorder(self.writer)
        self.ledger, self.truth = Ledger(self.recorder), PresenceTruth(self.recorder)
        self.moments, self.checker = Moments(), BodyChecker(SEED)
        self.reading = Reading(self.recorder, self.checker, self.clock)
        self.witness = Witness(
            self.recorder, self.ledger, self.truth, self.checker, self.reading, self.moments, Suspicion("bench", {})
        )
        self.device = Device(
            DeviceSpec(DEV, 1, "link-1"), self.session, door, CONVS, Receipts(persona),
            recorder=self.recorder, ledger=self.ledger, truth=self.truth, witness=self.witness, clock=self.clock,
        )

    def connect(self) -> FakeLink:
        """Bring a link up and have the session accepted."""
        link = FakeLink(self.device, self.writer)
        self.device.link = link
        self.device.link_up()
        self.device.opened(Ready("node-0", 1), self.clock.now_ns)
        return link
