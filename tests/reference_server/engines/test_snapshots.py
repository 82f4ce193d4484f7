"""Snapshot files: the newest intact one that is asked for, and never a torn one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatproof.reference_server.engines.embedded.disk import SystemDisk
from chatproof.reference_server.engines.embedded.snapshots import KEPT, FileSnapshots
from chatproof.reference_server.ports.crash import NoCrash
from chatproof.reference_server.ports.snapshots import Snapshot


def kept(directory: Path, *snapshots: Snapshot) -> FileSnapshots:
    """A directory with these snapshots, put in this order."""
    files = FileSnapshots(SystemDisk(), directory, NoCrash())
    for snapshot in snapshots:
        asyncio.run(files.put(snapshot))
    return files


def latest(files: FileSnapshots, upto: int, version: int = 1, partition: int = 0) -> Snapshot | None:
    """What is given for this question."""
    return asyncio.run(files.latest(partition, version, upto))


TEN, TWENTY = Snapshot(0, 10, 1, b"ten"), Snapshot(0, 20, 1, b"twenty")


def test_the_newest_not_above_the_asked_offset(tmp_path: Path) -> None:
    """A snapshot above the store's watermark is no use yet."""
    files = kept(tmp_path, TEN, TWENTY)
    assert [TWENTY, TEN, None] == [latest(files, upto) for upto in (25, 19, 9)]


def test_partitions_and_versions_are_kept_apart(tmp_path: Path) -> None:
    """Another partition's or another fold's state is never given."""
    files = kept(tmp_path, TEN, Snapshot(1, 30, 1, b"other"), Snapshot(0, 40, 2, b"newer fold"))
    assert TEN == latest(files, 99)
    assert None is latest(files, 99, version=3)


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-1] + b"?", lambda data: b""])
def test_a_torn_one_is_passed_over(damage: object, tmp_path: Path) -> None:
    """Cut, changed or empty: the one before it serves."""
    files = kept(tmp_path, TEN, TWENTY)
    (newest,) = tmp_path.glob("0-20-*")
    newest.write_bytes(damage(newest.read_bytes()))  # type: ignore[operator]
    assert TEN == latest(files, 99)


def test_an_unfinished_file_is_none(tmp_path: Path) -> None:
    """A crash before the rename leaves a file aside, which is not looked at."""
    files = kept(tmp_path, TEN)
    (tmp_path / "0-30-v1.snapshot.aside").write_bytes(b"half")
    assert TEN == latest(files, 99)


def test_old_ones_are_removed(tmp_path: Path) -> None:
    """Only the newest few of each partition stay."""
    kept(tmp_path, *(Snapshot(0, offset, 1, b"") for offset in range(5)), Snapshot(1, 0, 1, b""))
    assert KEPT + 1 == len(list(tmp_path.iterdir()))
