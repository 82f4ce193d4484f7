"""How a partition comes back: the newest snapshot that the store has passed, then the tail of the log."""

from __future__ import annotations

from chatproof.reference_server.core.fold import Fold
from chatproof.reference_server.core.records import FOLD_VERSION
from chatproof.reference_server.core.state import PartitionState, decode_state
from chatproof.reference_server.ports.log import Log, LogError
from chatproof.reference_server.ports.snapshots import Snapshots
from chatproof.reference_server.ports.store import Store
from chatproof.reference_server.roles.conversations.bounds import Bounds
from chatproof.reference_server.roles.conversations.harvest import Harvest
from chatproof.reference_server.roles.conversations.partition import Partition


async def load(index: int, fold: Fold, snapshots: Snapshots, watermark: int, bounds: Bounds) -> Partition:
    """The partition as of its newest usable snapshot. One above the store's watermark is not usable: the events
    between would be in neither place."""
    snapshot = await snapshots.latest(index, FOLD_VERSION, watermark)
    state = PartitionState() if snapshot is None else decode_state(snapshot.data)
    return Partition(index, fold, state, watermark, bounds)


async def replay(partition: Partition, log: Log, store: Store, chunk: int) -> None:
    """Fold the rest of the log, about `chunk` records at a time, giving the store what it lacks.

    Raises:
        LogError: the log ends before what the store has passed: records are gone, and serving would reuse their seqs.
        StoreError: the store cannot be written.
    """
    while not partition.stopped:
        blocks = await log.read(partition.index, partition.state.offset + 1, chunk)
        if not blocks:
            break
        harvest = Harvest()
        for block in blocks:
            partition.take(block, harvest)
        store.put_nowait(harvest.store_batch())
        await store.drained()
    if not partition.stopped and partition.state.offset < partition.recent.watermark:
        raise LogError(
            f"Partition {partition.index} ends at offset {partition.state.offset}, "
            f"but the store has passed {partition.recent.watermark}: the log lost records."
        )
