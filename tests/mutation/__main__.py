"""`make mutate-judge`: changes the judge's SQL and decisions, one mistake at a time, and writes docs/MUTATION.md.

    python -m tests.mutation [SUBJECT…]    only these guarantees, relations (`relation sends`), modules; writes nothing

Ends with 1 where a survivor has no reason, or a reason's mutant does not survive. Takes the better part of an hour.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.mutation.corpus import corpus
from tests.mutation.document import DOCUMENT, document, outdated, unargued
from tests.mutation.hunt import Outcome, hunt
from tests.mutation.module_trial import MODULES, hunt_module
from tests.mutation.queries import subjects


def main(names: list[str]) -> int:
    """Hunt, tell, write."""
    outcomes = []
    for outcome in _outcomes(names or [*subjects(), *MODULES]):
        outcomes.append(outcome)
        if outcome.fate == "survived":
            print(outcome.name, flush=True)
    if not names:
        DOCUMENT.write_text(document(outcomes))
    open_, old = unargued(outcomes), outdated(outcomes)
    killed = sum(each.fate == "killed" for each in outcomes)
    valid = sum(each.fate != "stillborn" for each in outcomes)
    print(f"{killed} of {valid} mutants killed, {len(open_)} survivors without a reason, {len(old)} reasons too many")
    print("".join(f"no reason: {name}\n" for name in open_) + "".join(f"does not survive: {name}\n" for name in old))
    return 1 if open_ or old else 0


def _outcomes(names: list[str]) -> Iterator[Outcome]:
    queries = subjects()
    chosen = [name for name in names if name in queries]
    if chosen:
        yield from hunt(corpus(), queries, chosen)
    for module in [name for name in names if name in MODULES]:
        yield from hunt_module(module)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
