"""`chatproof serve`: run the reference server, or a deliberately broken one."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import click

from chatproof.cli.problem import Problem
from chatproof.reference_server.composition import Parts, StartError, healthy_parts, run
from chatproof.reference_server.settings import Settings

_PORT = click.IntRange(0, 65535)
_ENVIRONMENT = 30


@click.command
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--ws-port", default=7310, show_default=True, type=_PORT, help="WebSocket port; 0: any.")
@click.option("--http-port", default=7311, show_default=True, type=_PORT, help="HTTP port; 0: any.")
@click.option("--data", "directory", required=True, type=click.Path(path_type=Path), help="Where everything is kept.")
@click.option("--node", default="node-1", show_default=True, help="Name of this node.")
@click.option("--admin-key-file", type=click.Path(path_type=Path), help="Admin key; else from CHATPROOF_ADMIN_KEY.")
@click.option("--mutant", metavar="NAME", help="Serve a server that is broken in this way (see `chatproof mutants`).")
@click.option(
    "--storage", metavar="NAME", help="Store on this disk; lossy: one that forgets at kill -9 what was not synced."
)
@click.option(
    "--unsynced", metavar="FILE", type=click.Path(path_type=Path),
    help="Where a lossy storage says how many bytes that is now; default: DATA/unsynced.",
)  # fmt: skip
@click.option(
    "--clock-offset-file", metavar="FILE", type=click.Path(path_type=Path), envvar="CHATPROOF_CLOCK_OFFSET_FILE",
    help="Add the ns in this file (8 bytes, signed, little-endian) to the time of day, at each reading.",
)  # fmt: skip
@click.option("--admin-key", envvar="CHATPROOF_ADMIN_KEY", default="", hidden=True)
def serve(
    host: str, ws_port: int, http_port: int, directory: Path, node: str, admin_key_file: Path | None,
    mutant: str | None, storage: str | None, unsynced: Path | None, clock_offset_file: Path | None, admin_key: str,
) -> int:  # fmt: skip
    """Serve until SIGTERM, then drain. Prints one line, `ready …`, once it serves.

    Exit 0 after a drain, 30 when a port is taken or the directory cannot be used.
    """
    settings = Settings(
        directory=directory, host=host, ws_port=ws_port, http_port=http_port, node=node,
        admin_key=_admin_key(admin_key_file) or admin_key,
    )  # fmt: skip
    stored = _stored(storage, unsynced or directory / "unsynced", healthy_parts())
    parts = _broken(mutant, _clocked(clock_offset_file, stored))
    try:
        run(settings, parts, click.echo)
    except StartError as error:
        raise Problem(str(error), _ENVIRONMENT) from error
    return 0


def _admin_key(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text().strip()
    except OSError as error:
        raise Problem(f"The admin key file {path} cannot be read: {error.strerror}.", _ENVIRONMENT) from error


def _stored(storage: str | None, unsynced: Path, parts: Parts) -> Parts:
    """The same parts on another disk, which counts at this path what it may forget."""
    if storage is None:
        return parts
    storages = importlib.import_module("chatproof.simulation").STORAGES
    if storage not in storages:
        raise Problem(f"There is no storage {storage}; there is {', '.join(sorted(storages))}.", 2)
    return replace(parts, disk=storages[storage](unsynced))


def _clocked(offset_file: Path | None, parts: Parts) -> Parts:
    """The same parts with a clock that somebody else can move."""
    if offset_file is None:
        return parts
    clocked: Parts = importlib.import_module("chatproof.simulation").with_moved_clock(parts, offset_file)
    return clocked


def _broken(mutant: str | None, parts: Parts) -> Parts:
    """What a mutant makes of these parts."""
    if mutant is None:
        return parts
    # Imported by name and only now: a healthy server loads nothing of the mutants.
    mutants = importlib.import_module("chatproof.mutants").MUTANTS
    if mutant not in mutants:
        raise Problem(f"There is no mutant {mutant}; there are {', '.join(sorted(mutants))}.", 2)
    broken: Parts = mutants[mutant](parts)
    return broken
