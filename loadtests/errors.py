"""What can go wrong with the load itself.

    Exception
    └── LoadError            one sentence for a person
        ├── PlaneFailed      a plane cannot do its work
        ├── PlaneLost        the coordinator lost a plane: its process ended or its socket closed
        └── CoordinatorLost  a plane lost its coordinator
"""

from __future__ import annotations

from collections.abc import Iterator


class LoadError(Exception):
    """The load cannot go on; the message is one sentence for a person."""


class PlaneFailed(LoadError):
    """A plane cannot do its work."""


class PlaneLost(LoadError):
    """A plane's process ended or its socket closed before its work was done."""


class CoordinatorLost(LoadError):
    """The coordinator's socket closed before the run was over."""


def leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    """The single exceptions of a group, however deep task groups and nurseries have nested them."""
    for problem in group.exceptions:
        if isinstance(problem, BaseExceptionGroup):
            yield from leaves(problem)
        else:
            yield problem
