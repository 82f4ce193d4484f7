"""A scenario: what is run, broken, required and bounded, as one value."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from chatproof.chaos.faults import FaultSchedule
from chatproof.checkers.history.vocabulary import BOUNDS
from chatproof.loadtests.profiles import LoadProfile


class Scenario(Struct, frozen=True, kw_only=True):
    """One kind of run.

    Attributes:
        sentence: what it shows, for `--help` and the report.
        required: guarantees that must be *held*, with their minimum of opportunities, for a pass.
        slos_required: whether the SLOs must be met for a pass.
        minimums: guarantee → least number of opportunities, where this scenario can give fewer than usual.
        bounds: overrides of `vocabulary.BOUNDS`.
        unavailable: faults that were left out because the target cannot be given them, each with the reason.
        storage: what a local target stores on (see `Driver.start_command`); empty for the disk of the machine.
    """

    name: str
    sentence: str
    profile: LoadProfile
    schedule: FaultSchedule
    required: tuple[str, ...]
    slos_required: bool
    minimums: dict[str, int] = {}
    bounds: dict[str, int] = {}
    storage: str = ""
    unavailable: tuple[str, ...] = ()

    def all_bounds(self) -> dict[str, int]:
        """Every bound: the vocabulary's defaults under this scenario's overrides."""
        return {name: self.bounds.get(name, key.default) for name, key in BOUNDS.items()}

    def resized(self, *, users: int | None, duration_s: float | None) -> Scenario:
        """The same scenario with another number of users or length of main; faults keep their times."""
        profile = self.profile
        if users is not None:
            profile = replace(profile, users=users)
        if duration_s is not None:
            profile = replace(profile, main_s=duration_s)
        return replace(self, profile=profile)
