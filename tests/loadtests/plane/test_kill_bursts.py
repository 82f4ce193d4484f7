"""Kill bursts: with this worker's share of the acks the second wave is sent, and then the signal."""

from collections.abc import Callable

from chatproof.drivers.interface import Operation, Settled
from chatproof.loadtests.actions import KillPlan, Send, op_id
from chatproof.loadtests.ledger import Ledger
from chatproof.loadtests.plane.kill_bursts import KillBursts
from chatproof.loadtests.recorder import Recorder
from tests.loadtests.fakes import FakeWriter

MAIN_NS = 1_000


def send(dev: int) -> Send:
    """One send of a wave at 50 ns."""
    return Send(50, dev, op_id(dev, 1), 0, op_id(dev, 1), wave="kill-0")


class Worker:
    """One worker's bursts: devices below 10 are its own; `log` is what it did, in order."""

    def __init__(self, *, first_devs: range, second_devs: range, acks: int) -> None:
        self.log: list[str] = []
        self.calls: list[tuple[int, Callable[[], None]]] = []
        self.ledger = Ledger(Recorder(FakeWriter()))
        first, second = [send(dev) for dev in first_devs], [send(dev) for dev in second_devs]
        plan = KillPlan("kill-0", 50, len(first), acks, tuple(second))
        self.mine = [each for each in first if each.dev < 10]
        self.bursts = KillBursts(
            [plan], self.mine, lambda dev: dev < 10, ledger=self.ledger,
            start_send=lambda send, at_ns: self.log.append(f"send {send.dev} at {at_ns}"),
            signal=lambda name, now_ns: self.log.append(f"signal {name} at {now_ns}"),
        )
        self.bursts.begin(MAIN_NS, lambda at_ns, call: self.calls.append((at_ns, call)))

    def acknowledge(self, count: int) -> None:
        """Begin and acknowledge the next own sends of the first wave, at 2000."""
        for each in self.mine[:count]:
            self.ledger.begin(
                Operation(each.op, "send", 0, "key", "body"), dev=each.dev, user=each.dev, expect="ok", intended_ns=0,
                now_ns=0, phase="main",
            )
            self.ledger.settled(Settled(each.op, "ok", "", "ack", 1, 1, 1), 2_000)
        self.mine = self.mine[count:]


def test_the_signal_comes_with_the_share_of_acks_and_after_the_second_wave() -> None:
    """Half of the first wave is ours, so half of the acks are: 3 of 5, rounded up."""
    worker = Worker(first_devs=range(6, 14), second_devs=range(8, 12), acks=5)
    worker.acknowledge(2)
    assert [] == worker.log
    worker.acknowledge(1)
    assert ["send 8 at 1000", "send 9 at 1000", "signal kill-0 at 2000"] == worker.log


def test_it_fires_once() -> None:
    """Later acks of the wave change nothing."""
    worker = Worker(first_devs=range(4), second_devs=range(4, 5), acks=2)
    worker.acknowledge(4)
    assert 1 == sum(line.startswith("signal") for line in worker.log)


def test_a_worker_without_first_sends_signals_at_the_time_of_the_burst() -> None:
    """The nemesis waits for every worker; this one has nothing to wait for."""
    worker = Worker(first_devs=range(20, 24), second_devs=range(4, 5), acks=2)
    ((at_ns, call),) = worker.calls
    assert MAIN_NS + 50 == at_ns
    call()
    assert ["send 4 at 50", "signal kill-0 at 1050"] == worker.log
