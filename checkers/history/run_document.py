"""run.json: what a judge must know of a run beside its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from chatproof.checkers.history.errors import HistoryError
from chatproof.checkers.history.schema import LONGEST_NS
from chatproof.checkers.history.vocabulary import BOUNDS, CLAIMS, Key

HISTORY_VERSION = 1


class Worker(Struct, frozen=True):
    """A recording process; its clock is within `err_ns` of the run's after `offset_ns` is applied."""

    worker: int
    host: str
    offset_ns: int = 0
    err_ns: int = 0


class Segment(Struct, frozen=True):
    """A worker's merged rows of one table and their `checksum`. `closed`: the writer finished all its segments."""

    table: str
    worker: int
    rows: int
    sha256: str
    watermark_ns: int
    closed: bool


class RunDocument(Struct, frozen=True, kw_only=True):
    """One run. `required` are the guarantees that must be *held* for a pass; `slos_required` whether the SLOs must."""

    run_id: str
    seed: int
    scenario: str
    replay: str
    target: str
    driver: str
    engine: str
    claims: dict[str, Any]
    bounds: dict[str, int]
    required: tuple[str, ...]
    slos_required: bool
    slos: tuple[dict[str, Any], ...] = ()
    """OpenSLO documents, as loaded: the only thresholds."""
    minimums: dict[str, int] = {}
    """Guarantee → the least number of opportunities, where the scenario asks for another than the guarantee's own."""
    schedule_sha256: str = ""
    versions: dict[str, str] = {}
    host: dict[str, Any] = {}
    workers: tuple[Worker, ...] = ()
    segments: tuple[Segment, ...] = ()
    expected_faults: int = 0
    """How many rows the faults table has when every promised fault was started; fewer is never a pass."""
    problems: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()
    """What went wrong with the run itself (a plane lost, a phase never over), a sentence each; any makes it invalid."""
    started_at: str = ""
    history_version: int = HISTORY_VERSION


def write_run(run_dir: Path, run: RunDocument) -> None:
    """Write RUN/run.json, whole or not at all. Raises `HistoryError` for an unknown claim or bound."""
    text = msgspec.json.format(msgspec.json.encode(complete(run)), indent=2)
    part = run_dir / "run.json.part"
    part.write_bytes(text + b"\n")
    part.replace(run_dir / "run.json")


def read_run(run_dir: Path) -> RunDocument:
    """Read RUN/run.json; claims and bounds that it does not name have their defaults. Raises `HistoryError`."""
    path = run_dir / "run.json"
    try:
        run = msgspec.json.decode(path.read_bytes(), type=RunDocument)
    except OSError as problem:
        raise HistoryError(f"run.json cannot be read: {problem.strerror}") from problem
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise HistoryError(f"run.json is no run document: {problem}") from problem
    if run.history_version != HISTORY_VERSION:
        raise HistoryError(f"run.json has history version {run.history_version}; this judge reads {HISTORY_VERSION}")
    return complete(run)


def complete(run: RunDocument) -> RunDocument:
    """The run with every claim and bound: defaults where it names none. Raises `HistoryError` for an unknown one."""
    return msgspec.structs.replace(
        run,
        claims=complete_values("run.json, claims", CLAIMS, run.claims),
        bounds=complete_values("run.json, bounds", BOUNDS, run.bounds),
    )


def complete_values(where: str, keys: dict[str, Key], given: dict[str, Any]) -> dict[str, Any]:
    """A value for every key, its default where none is given. Raises `HistoryError` that says where one is wrong."""
    for name, value in given.items():
        if name not in keys:
            raise HistoryError(f"{where}: there is no key {name!r}; docs/HISTORY.md lists them")
        if type(value) is not keys[name].type:
            raise HistoryError(f"{where}, {name}: {value!r} is no {keys[name].type.__name__}")
        if type(value) is int and not 0 <= value <= _largest(name):
            raise HistoryError(f"{where}, {name}: {value} is not within 0 and {_largest(name)}")
    return {name: given.get(name, key.default) for name, key in keys.items()}


def _largest(name: str) -> int:
    """What a number may be at most: durations in seconds are multiplied by 10^9 in 64 bits."""
    return LONGEST_NS // 1_000_000_000 if name.endswith("_s") else LONGEST_NS
