"""`make mutate-judge`: changes the judge's SQL and decisions, one mistake at a time, and writes docs/MUTATION.md.

    python -m tests.mutation               what has changed since its last hunt; of the rest, survivors without a reason
    python -m tests.mutation --afresh      everything
    python -m tests.mutation SUBJECT…      these guarantees, relations (`relation sends`), modules

What is found is recorded subject by subject: a hunt that was stopped goes on where it was. What was killed stays so
while histories and tests are only added: who takes one away hunts afresh. Ends with 1 where a survivor has no reason,
or a reason's mutant does not survive.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from tests.mutation.corpus import corpus
from tests.mutation.document import DOCUMENT, document, outdated, summary, unargued
from tests.mutation.hunt import Outcome, hunt, opened
from tests.mutation.module_trial import MODULES, hunt_module, mutations_of
from tests.mutation.queries import Query, mutants, subjects
from tests.mutation.record import Hunted, digest_of, hunted, recall, remember, retried

_Outcomes = Callable[[str, Container[str]], list[Outcome]]
"""Of the subject's mutants of these names."""


def main(arguments: Sequence[str]) -> int:
    """Hunt, record, tell, write."""
    queries = subjects()
    mutations = {name: _mutations(name, queries) for name in (*queries, *MODULES)}
    record = {name: entry for name, entry in recall().items() if name in mutations}
    whole = list(mutations) if list(arguments) == ["--afresh"] else arguments or _changed(record, mutations)
    open_ = {} if arguments else {name: unargued({name: record[name]}) for name in mutations if name not in whole}
    chosen = [name for name in mutations if name in whole or open_.get(name)]
    today = datetime.now(UTC).date().isoformat()
    with _hunting(queries, chosen) as outcomes_of:
        for name in chosen:
            if name in whole:
                found = outcomes_of(name, mutations[name])
                record[name] = hunted(found, mutations[name].values(), today)
            else:
                record[name] = retried(record[name], outcomes_of(name, open_[name]), today)
            remember({name: record[name] for name in mutations if name in record})
            print(f"{name}: {len(record[name].survivors)} of {record[name].valid} survived", flush=True)
    DOCUMENT.write_text(document({name: record[name] for name in mutations if name in record}))
    return _tell(record)


def _mutations(name: str, queries: Mapping[str, tuple[Query, ...]]) -> dict[str, str]:
    """All mutants of a subject: name → text."""
    if name in MODULES:
        return {f"{name}, {mutation.name}": mutation.text for mutation in mutations_of(name)}
    return {mutant.name: mutant.mutation.text for mutant in mutants(name, queries[name])}


def _changed(record: Mapping[str, Hunted], mutations: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Subjects that were never hunted, or have other mutants by now."""
    return [
        name for name, each in mutations.items()
        if name not in record or record[name].digest != digest_of(each.values())
    ]


@contextmanager
def _hunting(queries: Mapping[str, tuple[Query, ...]], chosen: Sequence[str]) -> Iterator[_Outcomes]:
    """The corpus open, where SQL is hunted."""
    histories = corpus() if any(name in queries for name in chosen) else ()
    with opened(histories, queries) as trials:
        def outcomes_of(name: str, wanted: Container[str]) -> list[Outcome]:
            if name in MODULES:
                return list(hunt_module(name, wanted))
            return hunt([mutant for mutant in mutants(name, queries[name]) if mutant.name in wanted], trials)
        yield outcomes_of


def _tell(record: Mapping[str, Hunted]) -> int:
    """What is missing, and the score."""
    open_, old = unargued(record), outdated(record)
    print("".join(f"no reason: {name}\n" for name in open_) + "".join(f"does not survive: {name}\n" for name in old))
    print(f"{summary(record)} {len(open_)} survivors without a reason, {len(old)} reasons too many.")
    return 1 if open_ or old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
