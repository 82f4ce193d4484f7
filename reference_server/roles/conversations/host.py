"""The conversation host: appends commands, folds what the log holds, answers, and lets audience and readers know.

One group commit is one turn: fold everything, tell the audience, answer, flush, hand the rows to the store. Nothing
is answered before its record was read back from the durable log, and no task or future is made per message.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

from chatproof.protocol.frames import Cursor, Marker
from chatproof.protocol.limits import NOT_AFTER_NS
from chatproof.reference_server.core import records
from chatproof.reference_server.core.commands import Answer, Appended, Command, Mark, Refused, SendMessage
from chatproof.reference_server.core.fold import Fold, apply
from chatproof.reference_server.core.identity import partition_of
from chatproof.reference_server.core.records import CommandRecord, Copied, MarksRecord, OwnCopy
from chatproof.reference_server.core.state import PartitionState
from chatproof.reference_server.ports.clock import Clock
from chatproof.reference_server.ports.crash import Crash
from chatproof.reference_server.ports.host import Audience, FoldedBatch, Page, own_stream
from chatproof.reference_server.ports.log import Committed, Log, LogError
from chatproof.reference_server.ports.snapshots import Snapshots
from chatproof.reference_server.ports.store import Store, StoreError
from chatproof.reference_server.roles.conversations import recovery
from chatproof.reference_server.roles.conversations.appending import Appending
from chatproof.reference_server.roles.conversations.bounds import Bounds
from chatproof.reference_server.roles.conversations.harvest import Harvest
from chatproof.reference_server.roles.conversations.mark_window import MarkWindow
from chatproof.reference_server.roles.conversations.own_copies import OwnCopies, Waiter
from chatproof.reference_server.roles.conversations.partition import Partition
from chatproof.reference_server.roles.conversations.pending import (
    UNKNOWN,
    Done,
    PendingCommand,
    PendingMark,
    PendingMarks,
    Repeat,
)
from chatproof.reference_server.roles.conversations.reading import Reading
from chatproof.reference_server.roles.conversations.snapshot_keeper import SnapshotKeeper
from chatproof.reference_server.roles.conversations.upkeep import Upkeep

_log = logging.getLogger(__name__)


class Conversations:
    """Hosts every partition of a log. Implements `ports.host.Host` and `ports.log.LogReader`.

    Args:
        log, store, snapshots, clock, crash: the ports; `close` closes log and store.
        fold: what records mean.
        bounds: how much and how long.
    """

    def __init__(
        self,
        log: Log,
        store: Store,
        snapshots: Snapshots,
        clock: Clock,
        crash: Crash,
        *,
        fold: Fold = apply,
        bounds: Bounds = Bounds(),  # noqa: B008 (frozen)
    ) -> None:
        self._log = log
        self._store = store
        self._snapshots = snapshots
        self._clock = clock
        self._crash = crash
        self._fold = fold
        self._bounds = bounds
        self._audience: Audience | None = None
        self._partitions: Sequence[Partition] = ()
        self._reading = Reading((), store, clock)
        self._pending: dict[tuple[str, str, str], PendingCommand] = {}
        self._marks = MarkWindow(log.partitions, bounds, self._append_marks)
        self._copies = OwnCopies()
        self._appending = Appending(log, clock)
        self._upkeep = Upkeep(self._appending, clock, bounds)
        self._keeper = SnapshotKeeper(snapshots, bounds.snapshot_queue)
        self._in_flight = 0
        self._unstored = 0
        self._draining = False

    # --- life ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Restore every partition, then append a tick to each and read it back: from here on the node is ready.

        Raises:
            LogError: the log cannot be read or written, or lost records that the store has.
            StoreError: the store cannot be read or written.
        """
        passed = await self._store.watermarks()
        self._partitions = [
            await recovery.load(index, self._fold, self._snapshots, passed.get(index, -1), self._bounds)
            for index in range(self._log.partitions)
        ]
        self._reading = Reading(self._partitions, self._store, self._clock)
        self._store.on_passed(self._passed)
        for partition in self._partitions:
            await recovery.replay(partition, self._log, self._store, self._bounds.replay_chunk)
        self._log.tail(self)
        await self._greet()
        self._keeper.start()
        self._upkeep.start(self._partitions)

    async def _greet(self) -> None:
        """What a starting node owes each partition: the fold's version and limits, a tick, copies left on their way."""
        for partition in self._partitions:
            if partition.state.version == 0:
                self._appending.append(partition, records.FoldVersion(records.FOLD_VERSION))
                self._appending.append(partition, records.SetLimits())
            self._appending.append(partition, records.Tick())
        await self._log.drained()
        if not all(partition.heard_ns for partition in self._partitions):
            raise LogError("The log did not take a tick: its disk may be full or failing.")
        for partition in self._partitions:
            for facts in list(partition.state.outbox.values()):
                self._send_copies(facts)
        await self._log.drained()

    async def close(self) -> None:
        """Refuse what is new, answer what is under way, bring the store up and keep a snapshot of every partition."""
        self._draining = True
        self._marks.flush()
        self._upkeep.stop()
        await self._log.close()
        try:
            await self._store.drained()
        except StoreError as error:
            _log.warning("%s The next start rebuilds it from the log.", error)
        for partition in self._partitions:
            partition.cut()
        self._keeper.collect_nowait(self._partitions)
        await self._keeper.close()
        await self._store.close()

    # --- commands -----------------------------------------------------------------------------------------------

    def attach(self, audience: Audience) -> None:
        """Tell this audience of every batch from now on."""
        self._audience = audience

    def submit(self, command: Command, done: Done) -> None:
        """See `Host.submit`."""
        refused = self._refuse(command)
        if refused is not None:
            done(Answer(refused))
        elif isinstance(command, Mark):
            self._marks.add(command, done)
        else:
            key = (command.conv, command.user, command.u)
            pending = self._pending.get(key)
            if pending is not None and pending.command == command:
                pending.also(done)
            else:
                self._append_command(key, PendingCommand(command, done))

    def _refuse(self, command: Command) -> Refused | None:
        """Refusals before the append: certain to have no effect."""
        if not self._partitions:
            return Refused("stale_node", "This node is still starting.")
        if self._draining:
            return Refused("draining")
        waiting = self._in_flight + len(self._marks)
        if waiting >= self._bounds.max_in_flight or self._unstored >= self._bounds.max_unstored:
            return Refused("overloaded")
        stopped = self._partitions[partition_of(command.conv, len(self._partitions))].stopped
        return Refused("stale_node", stopped) if stopped else None

    def _append_command(self, key: tuple[str, str, str], pending: PendingCommand) -> None:
        partition = self._reading.partition(pending.command.conv)
        self._pending.setdefault(key, pending)
        self._in_flight += 1
        self._crash.crash_at("before_append")
        record = CommandRecord(pending.command, partition.state.time_ns + NOT_AFTER_NS)
        self._appending.append(partition, record, pending)

    def _append_marks(self, index: int, marks: Sequence[PendingMark]) -> None:
        partition = self._partitions[index]
        record = MarksRecord(tuple(pending.mark for pending in marks), partition.state.time_ns + NOT_AFTER_NS)
        self._in_flight += len(marks)
        self._appending.append(partition, record, PendingMarks(marks))

    # --- one turn -----------------------------------------------------------------------------------------------

    def committed(self, blocks: Sequence[Committed]) -> None:
        """A group commit is durable: fold it, then tell everyone."""
        self._crash.crash_at("after_append_before_fold")
        harvest = Harvest()
        now_ns = self._clock.monotonic_ns()
        for block in blocks:
            partition = self._partitions[block.partition]
            partition.take(block, harvest)
            partition.heard_ns = now_ns
        self._crash.crash_at("after_append_before_ack")
        try:
            self._tell(harvest)
        finally:
            # Whatever a listener does, the view must not get a later batch without this one.
            self._store.put_nowait(harvest.store_batch())
        self._look_behind()

    def failed(self, tokens: Sequence[object | None]) -> None:
        """A group commit failed: what it held may or may not be in the log."""
        for token in tokens:
            self._give_up(token)
        if self._audience is not None:
            self._audience.flush()

    def _tell(self, harvest: Harvest) -> None:
        """Audience before answers, answers before the flush: one write per connection carries both."""
        if self._audience is not None and (harvest.events or harvest.marks):
            self._audience.folded(FoldedBatch(harvest.events, harvest.marks))
        if harvest.facts:
            self._send_copies(harvest.facts)
        if harvest.copied:
            self._copies_arrived(harvest.copied)
        for token, answers in harvest.settled:
            self._settle(token, answers)
        if harvest.unfolded:
            self._stopped(harvest.unfolded)
        if self._audience is not None:
            self._audience.flush()
        self._crash.crash_at("after_ack")

    def _settle(self, token: object, answers: Sequence[Answer]) -> None:
        if isinstance(token, PendingCommand):
            self._land(token)
            if not self._has_to_wait(token, answers[0]):
                token.answer(answers[0])
        elif isinstance(token, PendingMarks):
            self._in_flight -= len(token.marks)
            for pending, answer in zip(token.marks, answers, strict=True):
                pending.answer(answer)

    def _has_to_wait(self, pending: PendingCommand, answer: Answer) -> bool:
        """Creates and membership changes are answered once the users' own streams know."""
        outcome = answer.outcome
        if isinstance(pending.command, SendMessage) or not isinstance(outcome, Appended):
            return False
        return self._copies.wait(outcome.conv, outcome.seq, pending, answer)

    def _land(self, pending: PendingCommand) -> None:
        """It is no longer on its way: a retry from here on is a record of its own."""
        self._in_flight -= 1
        command = pending.command
        key = (command.conv, command.user, command.u)
        if self._pending.get(key) is pending:
            del self._pending[key]

    def _give_up(self, token: object | None) -> None:
        if isinstance(token, PendingCommand):
            self._land(token)
            token.answer(UNKNOWN)
        elif isinstance(token, PendingMarks):
            self._in_flight -= len(token.marks)
            for pending in token.marks:
                pending.answer(UNKNOWN)
        elif isinstance(token, Repeat):
            self._appending.failed(token)

    def _stopped(self, unfolded: Iterable[object | None]) -> None:
        """A partition stopped: nobody waits for what it will not fold. Copies into it stay in their outbox."""
        for token in unfolded:
            if not isinstance(token, Repeat):
                self._give_up(token)
        self._answer_all(self._copies.give_up())

    # --- own streams --------------------------------------------------------------------------------------------

    def _send_copies(self, facts: Iterable[OwnCopy]) -> None:
        for fact in facts:
            self._copies.expect(fact)
            self._appending.append_surely(self._reading.partition(own_stream(fact.user)), fact)

    def _copies_arrived(self, copied: Iterable[OwnCopy]) -> None:
        for copy in copied:
            waiters = self._copies.arrived(copy)
            if waiters is not None:
                self._appending.append_surely(self._reading.partition(copy.conv), Copied(copy.conv, copy.seq))
                self._answer_all(waiters)

    def _answer_all(self, waiters: Iterable[Waiter]) -> None:
        for pending, answer in waiters:
            pending.answer(answer)

    # --- views --------------------------------------------------------------------------------------------------

    def _passed(self, watermarks: Mapping[int, int]) -> None:
        for index, offset in watermarks.items():
            self._partitions[index].recent.passed(offset)
        self._look_behind()

    def _look_behind(self) -> None:
        """How far the store is behind, and which snapshots it has let pass."""
        self._unstored = sum(partition.unstored() for partition in self._partitions)
        for partition in self._partitions:
            partition.cut_if_due()
        self._keeper.collect_nowait(self._partitions)

    # --- reading ------------------------------------------------------------------------------------------------

    def states(self) -> Sequence[PartitionState]:
        """The folded states by partition: for audits; only the fold may change them."""
        return [partition.state for partition in self._partitions]

    def head(self, key: str) -> Cursor | None:
        """See `Host.head`."""
        return self._reading.head(key)

    def is_member(self, conv: str, user: str) -> bool:
        """See `Host.is_member`."""
        return self._reading.is_member(conv, user)

    def members(self, conv: str) -> Sequence[str]:
        """See `Host.members`."""
        return self._reading.members(conv)

    def conversations_of(self, user: str) -> Sequence[str]:
        """See `Host.conversations_of`."""
        return self._reading.conversations_of(user)

    def shares_conversation(self, user: str, other: str) -> bool:
        """See `Host.shares_conversation`."""
        return self._reading.shares_conversation(user, other)

    def kind(self, conv: str) -> str | None:
        """See `Host.kind`."""
        return self._reading.kind(conv)

    def markers(self, conv: str) -> Sequence[Marker]:
        """See `Host.markers`."""
        return self._reading.markers(conv)

    def marker_of(self, conv: str, user: str) -> Marker:
        """See `Host.marker_of`."""
        return self._reading.marker_of(conv, user)

    def last_visible(self, key: str, user: str) -> int:
        """See `Host.last_visible`."""
        return self._reading.last_visible(key, user)

    async def read(
        self, key: str, user: str, *, after: int, upto: int | None, limit: int, backward: bool = False
    ) -> Page:
        """See `Host.read`. Raises `WireError` `stale_node` or `internal`."""
        return await self._reading.read(key, user, after=after, upto=upto, limit=limit, backward=backward)

    def as_of_ns(self) -> int:
        """See `Host.as_of_ns`."""
        return min((partition.state.time_ns for partition in self._partitions), default=0)

    def is_ready(self) -> bool:
        """See `Host.is_ready`."""
        now_ns = self._clock.monotonic_ns()
        fresh = all(partition.is_fresh(now_ns) for partition in self._partitions)
        return bool(self._partitions) and fresh and not self._draining

    def statistics(self) -> Mapping[str, float]:
        """See `Host.statistics`."""
        return {
            "partitions": len(self._partitions),
            "partitions_stopped": sum(bool(partition.stopped) for partition in self._partitions),
            "in_flight": self._in_flight,
            "marks_waiting": len(self._marks),
            "copies_on_the_way": len(self._copies),
            "unstored_records": self._unstored,
            "recent_events": sum(len(partition.recent) for partition in self._partitions),
            "folded_records": sum(partition.state.offset + 1 for partition in self._partitions),
            "conversations": sum(len(partition.state.conversations) for partition in self._partitions),
            "snapshots_kept": self._keeper.kept,
            "snapshots_failed": self._keeper.failed,
        }
