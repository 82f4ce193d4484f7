"""What a scenario test asks for: the arguments of its marker, and the options of the command line."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, ValidationError, convert

from chatproof.checkers.guarantee import Guarantee
from chatproof.checkers.guarantees.registry import GUARANTEES
from chatproof.checkers.history.vocabulary import BOUNDS
from chatproof.scenarios.matrix import MATRIX


class WrongOrder(Exception):
    """A marker or an option asks for what there is not; the message is one sentence."""


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The arguments of `@pytest.mark.chatproof`.

    Attributes:
        scenario: the name under which the run is recorded; the test's, where it has none.
        seeds: the test runs once for each; how many, or which.
        holds: guarantee → least number of opportunities: each must be held with so many, or the test fails.
        also: guarantees of one's own, judged beside the others.
        members: how many users there are, each with one device on a link of its own, `link-0` and so on.
        conversations: how many groups there are; everybody is a member of each.
        watch: whether everybody asks for everybody's presence.
        heartbeat_s: the server takes a link that is silent for longer for dead, and the client after twice that.
        bounds: overrides of docs/HISTORY.md's bounds.
        storage: what a local target stores on; `lossy` forgets at kill -9 what was not synced.
        movable_clock: whether a local target's clock can be moved.
    """

    scenario: str = ""
    seeds: int | tuple[int, ...] = 1
    holds: dict[str, int] = {}
    also: tuple[Any, ...] = ()
    members: int = 4
    conversations: int = 1
    watch: bool = False
    heartbeat_s: float = 15.0
    bounds: dict[str, int] = {}
    storage: str = ""
    movable_clock: bool = False


class Options(Struct, frozen=True, kw_only=True):
    """What the command line says of the target.

    Attributes:
        target: `embedded`, `mutant:NAME` or the http:// base URL of a server.
        ws: the WebSocket URL of a server that is given by URL.
        secret: what the driver authenticates with there.
    """

    target: str = "embedded"
    ws: str = ""
    secret: str = ""
    driver: str = "reference"

    @property
    def mutant(self) -> str:
        """The mutant's name, or empty."""
        return self.target.removeprefix("mutant:") if self.target.startswith("mutant:") else ""

    @property
    def is_local(self) -> bool:
        """Whether the target is started here."""
        return self.target == "embedded" or bool(self.mutant)


def wanted_of(arguments: dict[str, Any]) -> Wanted:
    """A marker's arguments, checked. Raises `WrongOrder`."""
    given = dict(arguments)
    if isinstance(given.get("seeds"), range | list):
        given["seeds"] = tuple(given["seeds"])
    try:
        wanted = convert(given, Wanted)
    except ValidationError as error:
        raise WrongOrder(f"@pytest.mark.chatproof is wrong: {error}.") from error
    _check_names("guarantee", wanted.holds, {*GUARANTEES, *(one.name for one in _own(wanted))})
    _check_names("bound", wanted.bounds, BOUNDS)
    return wanted


def checked(options: Options) -> Options:
    """The same options. Raises `WrongOrder` for a target that is none."""
    known = [row.mutant for row in MATRIX]
    if options.mutant and options.mutant not in known:
        raise WrongOrder(f"There is no mutant {options.mutant}; there are {', '.join(known)}.")
    if not options.is_local and not options.target.startswith("http://"):
        raise WrongOrder(f"--chatproof-target {options.target} is neither embedded, mutant:NAME nor an http:// URL.")
    if not options.is_local and not options.ws.startswith("ws://"):
        raise WrongOrder("--chatproof-ws must say where the target's WebSocket is: a ws:// URL.")
    return options


def seeds_of(wanted: Wanted) -> tuple[int, ...]:
    """The seeds that a test runs with: 1 to n, where only their number is said."""
    return tuple(range(1, wanted.seeds + 1)) if isinstance(wanted.seeds, int) else wanted.seeds


def _own(wanted: Wanted) -> list[Guarantee]:
    for one in wanted.also:
        if not isinstance(one, Guarantee):
            raise WrongOrder(f"@pytest.mark.chatproof is wrong: {one!r} in also is no Guarantee.")
    return list(wanted.also)


def _check_names(what: str, names: Any, known: Any) -> None:
    for name in names:
        if name not in known:
            raise WrongOrder(f"@pytest.mark.chatproof is wrong: there is no {what} {name!r}.")
