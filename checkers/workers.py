"""Who judges the buckets: this process, one after the other, or the workers of a Dask cluster, many at once."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import duckdb
from msgspec import Struct
from msgspec.structs import replace

from chatproof.checkers.buckets import Bucket
from chatproof.checkers.guarantees.relations.catalogue import lay, needed, prepare
from chatproof.checkers.history.database import Resources, connect
from chatproof.checkers.history.parquet import quoted
from chatproof.checkers.questions import Answer, JudgeError, QueryFailed, Question, ask, count_all, first_line


class Inquiry(Struct, frozen=True):
    """What is asked of every bucket: guarantees, numbers that add up, relations that are wanted as files."""

    questions: tuple[Question, ...]
    counts: tuple[tuple[str, str], ...]
    gathered: tuple[str, ...]

    @property
    def queries(self) -> tuple[str, ...]:
        """Everything that names what it rests on."""
        asked = [query for question in self.questions for query in question.queries]
        return (*asked, *(query for _, query in self.counts), *self.gathered)

    def without(self, known: Container[str]) -> Inquiry:
        """The same, without the guarantees of which the answer is known."""
        return replace(self, questions=tuple(each for each in self.questions if each.name not in known))


class Report(Struct, frozen=True):
    """What a bucket answers. `gathered`: relation → the file that has its rows."""

    answers: dict[str, Answer]
    counts: dict[str, int]
    gathered: dict[str, str]


class Job(NamedTuple):
    """A bucket, and what is asked of it."""

    bucket: Bucket
    inquiry: Inquiry


class Workers(Protocol):
    """Whoever judges buckets."""

    def judge(self, jobs: Sequence[Job], resources: Resources) -> Iterator[Report]:
        """The reports in the order of the jobs. Raises `QueryFailed`."""
        ...


class Here:
    """This process: one bucket at a time, each with all cores."""

    def judge(self, jobs: Sequence[Job], resources: Resources) -> Iterator[Report]:
        """The reports in the order of the jobs. Raises `QueryFailed`."""
        return (judge_bucket(job, resources) for job in jobs)


class Cluster:
    """The workers of a Dask cluster, which see the directory of the buckets at the same path.

    A worker judges as many buckets at a time as it has threads, each with all of `resources.memory_bytes`.
    """

    def __init__(self, address: str, patience_s: float = 10.0) -> None:
        self._address = address
        self._patience_s = patience_s

    def judge(self, jobs: Sequence[Job], resources: Resources) -> Iterator[Report]:
        """The reports in the order of the jobs.

        Raises `QueryFailed`, and `JudgeError` where Dask is not installed or no scheduler answers.
        """
        try:
            from distributed import Client
        except ImportError as problem:
            raise JudgeError("a scheduler needs Dask: install chatproof[dask]") from problem
        try:
            client = Client(self._address, timeout=self._patience_s, set_as_default=False)
        except (OSError, ValueError) as problem:
            raise JudgeError(f"no Dask scheduler answers at {self._address}: {problem}") from problem
        with client:
            judged = client.map(partial(judge_bucket, resources=resources._replace(threads=1)), jobs, pure=False)
            yield from client.gather(judged)


def judge_bucket(job: Job, resources: Resources) -> Report:
    """Judge one bucket in a database of its own. Raises `QueryFailed`."""
    bucket, inquiry = job
    try:
        with connect(resources, keeps_order=False) as sql:
            for name, source in bucket.sources.items():
                sql.execute(f"CREATE TABLE {name} AS SELECT * FROM {source}")
            prepare(sql, bucket.run, bucket.absent)
            lay(sql, needed(inquiry.queries, bucket.sources))
            return Report(
                answers={question.name: ask(sql, question) for question in inquiry.questions},
                counts=count_all(sql, inquiry.counts),
                gathered={name: _write(sql, name, bucket) for name in inquiry.gathered},
            )
    except duckdb.Error as problem:
        raise QueryFailed(f"bucket {bucket.number} cannot be judged: {first_line(problem)}") from problem


def _write(sql: duckdb.DuckDBPyConnection, name: str, bucket: Bucket) -> str:
    path = Path(bucket.directory) / f"{name}-{bucket.number}.parquet"
    sql.execute(f"COPY (SELECT * FROM {name}) TO '{quoted(path)}' (FORMAT parquet, COMPRESSION lz4)")
    return str(path)
