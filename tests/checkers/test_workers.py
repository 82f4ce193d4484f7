"""Judging on a Dask cluster: a real scheduler and two workers give what this process gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from distributed import LocalCluster

from chatproof.checkers.guarantee import Guarantee
from chatproof.checkers.judge import JudgeError, QueryFailed, judge
from chatproof.checkers.workers import Cluster
from tests.checkers import corrupters
from tests.checkers.alike import findings
from tests.checkers.model import build

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a scheduler with two worker processes on this machine."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.parametrize("corrupt", [None, corrupters.lose_shown, corrupters.second_seq])
def test_a_cluster_finds_the_same(scheduler: str, corrupt: corrupters.Corrupter | None) -> None:
    """The same buckets, the same SQL, elsewhere."""
    recorded = build(4)
    if corrupt is not None:
        assert corrupt(recorded, 4)
    with recorded.history() as history:
        assert findings(history) == findings(history, workers=Cluster(scheduler))


def test_a_query_that_fails_there_fails_here(scheduler: str) -> None:
    """With the name of the guarantee."""
    bad = Guarantee(name="bad", sentence="", key="conversation", violations="SELECT nothing", opportunities="SELECT 1")
    with build(4).history() as history, pytest.raises(QueryFailed, match="guarantee bad cannot be judged"):
        judge(history, names=["bad"], also=[bad], workers=Cluster(scheduler))


def test_a_scheduler_that_is_not_there_is_named() -> None:
    """Nobody waits for long."""
    with build(4).history() as history, pytest.raises(JudgeError, match="no Dask scheduler answers at tcp://127"):
        judge(history, names=["shown-once"], workers=Cluster("tcp://127.0.0.1:9", patience_s=0.1))
