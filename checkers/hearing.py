"""Puts every question to a history: to the whole of a small one, to a large one bucket by bucket.

What no bucket can answer is asked in the end of the whole, over what the buckets have gathered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from chatproof.checkers.buckets import Group, split
from chatproof.checkers.guarantee import Guarantee
from chatproof.checkers.guarantees.relations.catalogue import RELATIONS, lay, mentions, needed, tables_under
from chatproof.checkers.history.history import History
from chatproof.checkers.history.parquet import quoted
from chatproof.checkers.questions import Answer, Question, ask, count_all, merged, question_of
from chatproof.checkers.totals import BY_BUCKET, OVER_ALL
from chatproof.checkers.workers import Inquiry, Job, Report, Workers


class Heard(NamedTuple):
    """The answers, by guarantee, and how much the history holds; `by_group`: the answers of each group's bucket."""

    answers: dict[str, Answer]
    totals: dict[str, int]
    by_group: Sequence[Mapping[str, Answer]] = ()


@contextmanager
def hear_whole(history: History, guarantees: Sequence[Guarantee], also: Sequence[str]) -> Iterator[Heard]:
    """Ask the whole history. Meanwhile the relations that the queries `also` rest on are in place."""
    questions = [question_of(guarantee) for guarantee in guarantees]
    counts = (*OVER_ALL, *BY_BUCKET)
    lay(history.sql, needed([*_queries(questions), *(query for _, query in counts), *also]))
    yield Heard({question.name: ask(history.sql, question) for question in questions}, count_all(history.sql, counts))


@contextmanager
def hear_buckets(
    history: History, guarantees: Sequence[Guarantee], also: Sequence[str], workers: Workers, groups: Sequence[Group]
) -> Iterator[Heard]:
    """Ask a history in buckets. Meanwhile the relations that the queries `also` rest on are in place."""
    whole = [question_of(each) for each in guarantees if not each.is_split]
    over_all = [*_queries(whole), *(query for _, query in OVER_ALL), *also]
    inquiry = Inquiry(tuple(question_of(each) for each in guarantees if each.is_split), BY_BUCKET, _gathered(over_all))
    with TemporaryDirectory(prefix="chatproof-buckets-", dir=history.resources.spill_dir) as directory:
        there = _lay_whole(history, inquiry)
        tables = tables_under(inquiry.queries, there)
        buckets = split(history, groups, tables, sorted(there), Path(directory))
        jobs = [Job(bucket, inquiry.without(group.carried)) for bucket, group in zip(buckets, groups, strict=True)]
        reports = list(workers.judge(jobs, history.resources))
        _gather(history, reports, there)
        lay(history.sql, needed(over_all, there | set(inquiry.gathered)))
        by_group = [{**group.carried, **report.answers} for group, report in zip(groups, reports, strict=True)]
        answers = {each.name: merged([known[each.name] for known in by_group]) for each in inquiry.questions}
        answers |= {question.name: ask(history.sql, question) for question in whole}
        yield Heard(answers, count_all(history.sql, OVER_ALL) | _summed(reports), by_group)


def _queries(questions: Sequence[Question]) -> list[str]:
    return [query for question in questions for query in question.queries]


def _gathered(queries: Sequence[str]) -> tuple[str, ...]:
    """The relations that queries over everything want of the buckets."""
    names = [relation.name for relation in RELATIONS if relation.extent == "gathered"]
    text = " ".join([*queries, *(relation.select for relation in needed(queries, names))])
    return tuple(name for name in names if mentions(text, name))


def _lay_whole(history: History, inquiry: Inquiry) -> set[str]:
    """Lay what is the same in every bucket, and return its names."""
    chosen = needed([relation.name for relation in needed(inquiry.queries) if relation.extent == "whole"])
    lay(history.sql, chosen)
    return {relation.name for relation in chosen}


def _gather(history: History, reports: Sequence[Report], there: set[str]) -> None:
    """Put together what the buckets have gathered."""
    for name in reports[0].gathered:
        if name not in there:
            files = ", ".join(f"'{quoted(Path(report.gathered[name]))}'" for report in reports)
            history.sql.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{files}])")


def _summed(reports: Sequence[Report]) -> dict[str, int]:
    return {name: sum(report.counts[name] for report in reports) for name in reports[0].counts}
