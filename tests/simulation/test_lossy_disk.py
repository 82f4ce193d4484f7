"""Small files on a lossy disk: content and name are durable only when each was synced."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chatproof.reference_server.engines.embedded.disk import replace_whole
from chatproof.reference_server.ports.disk import Disk
from chatproof.simulation.lossy_disk import LossyDisk
from tests.simulation.deaths import die, die_after

Step = Callable[[Disk, Path], None]


def write_aside(disk: Disk, path: Path) -> None:
    """The new content, beside the old file."""
    disk.write(path.with_name("aside"), b"new")


def sync_aside(disk: Disk, path: Path) -> None:
    """Of the content."""
    disk.sync(path.with_name("aside"))


def rename(disk: Disk, path: Path) -> None:
    """Into place."""
    disk.rename(path.with_name("aside"), path)


def sync_name(disk: Disk, path: Path) -> None:
    """Of the directory."""
    disk.sync(path.parent)


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ((write_aside,), b"old"),
        ((write_aside, sync_aside), b"old"),
        ((write_aside, sync_aside, rename), b"old"),
        ((write_aside, rename, sync_name), b""),
        ((write_aside, sync_aside, rename, sync_name), b"new"),
    ],
    ids=["written", "synced", "renamed", "renamed before it was synced", "all of it"],
)
def test_what_a_power_loss_leaves(steps: tuple[Step, ...], left: bytes, tmp_path: Path) -> None:
    """The old file until the name is durable; an empty one where the name was and the content was not."""
    path = tmp_path / "secret"
    path.write_bytes(b"old")

    def action() -> None:
        disk = LossyDisk(tmp_path / "unsynced")
        for step in steps:
            step(disk, path)
        assert b"new" == disk.read(path if rename in steps else path.with_name("aside"))

    die_after(action)
    assert left == path.read_bytes()


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """What returned is durable; no power loss on the way leaves anything but old or new."""
    path = tmp_path / "secret"
    die_after(lambda: replace_whole(LossyDisk(tmp_path / "unsynced"), path, b"one"))
    assert b"one" == path.read_bytes()

    die_after(lambda: replace_whole(LossyDisk(tmp_path / "unsynced"), path, b"two", die))
    assert b"one" == path.read_bytes()


def test_the_living_see_what_is_meant(tmp_path: Path) -> None:
    """Reads and names follow every step at once; a file that was renamed or removed is no more."""
    disk = LossyDisk(tmp_path / "unsynced")
    disk.write(tmp_path / "a", b"1")
    disk.rename(tmp_path / "a", tmp_path / "b")
    disk.write(tmp_path / "c", b"2")
    disk.remove(tmp_path / "c")
    assert ["b", "unsynced"] == sorted(disk.names(tmp_path))
    assert b"1" == disk.read(tmp_path / "b")
    for gone in ("a", "c"):
        with pytest.raises(FileNotFoundError):
            disk.read(tmp_path / gone)


def test_the_count_is_of_unsynced_bytes(tmp_path: Path) -> None:
    """It grows with each write and falls with a sync or a removal."""
    disk, count = LossyDisk(tmp_path / "unsynced"), tmp_path / "unsynced"
    seen = []
    for step in (
        lambda: disk.write(tmp_path / "a", b"123"),
        lambda: disk.write(tmp_path / "b", b"45"),
        lambda: disk.sync(tmp_path / "a"),
        lambda: disk.remove(tmp_path / "b"),
    ):
        step()
        seen.append(int.from_bytes(count.read_bytes(), "little"))
    assert [3, 5, 2, 0] == seen
