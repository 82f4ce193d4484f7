"""`chatproof init`: a configuration and a driver to fill in, for a server of one's own."""

from __future__ import annotations

import json
import shlex
import sys
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple, cast
from urllib.parse import urlsplit

import click

from chatproof.cli.problem import Problem
from chatproof.drivers.configuration import http_of
from chatproof.gate.settings import CONFIG_FILE

Kind = Literal["python", "declarative"]

OURS = "ws://127.0.0.1:{ws_port}/"
"""Where a server that we start listens, unless something else is said."""

_DRIVERS: dict[Kind, tuple[str, str]] = {
    "python": ("driver.py", "driver.py:Driver"),
    "declarative": ("driver.toml", "driver.toml"),
}
"""Kind → its file, and how the configuration names it."""


class Answers(NamedTuple):
    """What is known of the server. `start` is empty for one that runs elsewhere, `http` where it follows from `ws`."""

    start: str
    ws: str
    http: str
    kind: Kind


@click.command
@click.option("--start", metavar="CMD", help="How your server is started here; {ws_port} stands for a free port.")
@click.option("--ws", metavar="URL", help="Its WebSocket; default with --start: " + OURS)
@click.option("--http", metavar="URL", help="Its HTTP base URL; default: the same host and port.")
@click.option("--kind", type=click.Choice(list(_DRIVERS)), help="A driver in Python, or declarative (TOML, JMESPath).")
@click.option("--force", is_flag=True, help="Overwrite what is there.")
def init(start: str | None, ws: str | None, http: str | None, kind: str | None, force: bool) -> int:
    """Write chatproof.toml and a driver to fill in into this folder; asks what is not said by options."""
    answers = _asked(http, kind) if start is None and ws is None else _given(start or "", ws or "", http or "", kind)
    _check(answers)
    file, _ = _DRIVERS[answers.kind]
    skeleton = resources.files("chatproof.cli.skeletons").joinpath(file).read_text(encoding="utf-8")
    written = {CONFIG_FILE: configuration(answers), file: skeleton}
    there = [name for name in written if Path(name).exists()]
    if there and not force:
        raise Problem(f"There is {' and '.join(there)} here already; --force overwrites.", 2)
    for name, text in written.items():
        Path(name).write_text(text, encoding="utf-8")
        click.echo(f"wrote {name}")
    click.echo(f"Fill in {file}, then: chatproof doctor --driver")
    return 0


def _asked(http: str | None, kind: str | None) -> Answers:
    """Ask whoever sits there, or take the lines of a file. Raises `Problem` where these end too early."""
    try:
        return _answered(http, kind)
    except click.Abort as end:
        if sys.stdin.isatty():
            raise
        click.echo()  # the question that nobody answered has no end of line
        raise Problem("Nobody answers here: say --start CMD, or --ws URL for a server that runs elsewhere.", 2) from end


def _answered(http: str | None, kind: str | None) -> Answers:
    """One question for each thing that no option says."""
    start = click.prompt("How is your server started here? ({ws_port}: a free port; empty: it runs elsewhere)", "")
    ws = click.prompt("Where is its WebSocket?", OURS if start else None)
    http = http or click.prompt("And its HTTP?", http_of(ws))
    kind = kind or click.prompt("A driver in Python, or declarative?", "python", type=click.Choice(list(_DRIVERS)))
    return _given(start, ws, http, kind)


def _given(start: str, ws: str, http: str, kind: str | None) -> Answers:
    """Answers with what follows from the others."""
    ws = ws or (OURS if start else "")
    return Answers(start, ws, http or http_of(ws), cast(Kind, kind or "python"))


def _check(answers: Answers) -> None:
    """Raises `Problem` for answers that cannot be."""
    for name, url, schemes in (("--ws", answers.ws, ("ws", "wss")), ("--http", answers.http, ("http", "https"))):
        parts = urlsplit(url)
        if parts.scheme not in schemes or not parts.netloc:
            raise Problem(f"{name} {url!r} is no {schemes[0]}:// or {schemes[1]}:// URL.", 2)
    if "{ws_port}" in answers.ws and "{ws_port}" not in answers.start:
        raise Problem("The command does not say {ws_port}, so --ws must say where the server listens.", 2)
    try:
        shlex.split(answers.start)
    except ValueError as problem:
        raise Problem(f"--start {answers.start!r} is no command: {problem}.", 2) from problem


def configuration(answers: Answers) -> str:
    """The text of chatproof.toml."""
    _, driver = _DRIVERS[answers.kind]
    head = [
        "# Judge my chat server: `chatproof doctor --driver`, then `chatproof gate`.",
        f"driver = {_quoted(driver)}",
        'scenario = "claims"  # what the driver claims is required, nothing else',
        '# secret = "…"       # what the driver\'s provision gets; or the environment variable CHATPROOF_SECRET',
    ]
    return "\n".join([*head, *(_started(answers) if answers.start else _elsewhere(answers))]) + "\n"


def _started(answers: Answers) -> list[str]:
    """For a server that is started here."""
    argv = ", ".join(_quoted(part) for part in shlex.split(answers.start))
    return [
        "",
        "# {ws_port} and {http_port} are free ports, {directory} is a folder for data that outlives a kill, {python}",
        "# the interpreter of chatproof. The server is ready when ready_url answers 200.",
        "[start]",
        f"argv = [{argv}]",
        f"ready_url = {_quoted(answers.http.rstrip('/') + '/health')}",
        f"ws = {_quoted(answers.ws)}",
        f"http = {_quoted(answers.http.rstrip('/'))}",
    ]


def _elsewhere(answers: Answers) -> list[str]:
    """For a server that runs already: only its links can be broken."""
    return [
        f"target = {_quoted(answers.http.rstrip('/'))}",
        f"ws = {_quoted(answers.ws)}",
        '# ca = "our-ca.pem"  # only where the system does not know the authority of its certificate',
    ]


def _quoted(text: str) -> str:
    """A basic string of TOML, which is one of JSON."""
    return json.dumps(text, ensure_ascii=False)
