"""Naive oracle of presence-converges, for histories whose only faults are kills of their only process."""

from __future__ import annotations

from itertools import pairwise

from tests.checkers.oracles.arrivals import run_end_ns, sessions
from tests.checkers.oracles.facts import ERROR_NS, Row, Tables, rows

PRESENCE_NS, CALM_NS = 30_000_000, 20_000_000
"""The bounds that generated histories are judged by."""

Stretch = tuple[str, int, int]
"""(state, from, to)."""


def wrong_beliefs(tables: Tables) -> set[tuple[str, int, int, int]]:
    """(kind, session, subject, when): believed too long what was not so, or an older version after a newer one."""
    subjects = sorted({row["user"] for row in rows(tables, "devices")})
    truths = {user: _truth(tables, user) for user in subjects}
    found = set()
    for session, from_ns, to_ns in sessions(tables):
        calm = _calm(tables, from_ns, to_ns)
        for user in subjects:
            seen = sorted(
                (row for row in rows(tables, "presence_seen")
                 if (row["session"], row["subject"]) == (session["session"], user) and row["source"] != "read"),
                key=lambda row: row["rec"],
            )
            for state, believed_ns, until_ns in _beliefs(seen, to_ns):
                for true_state, true_ns, over_ns in truths[user]:
                    for calm_ns, calm_end_ns in calm:
                        start, end = max(believed_ns, true_ns, calm_ns), min(until_ns, over_ns, calm_end_ns)
                        if state != true_state and end - start > PRESENCE_NS + 2 * ERROR_NS:
                            found.add(("wrong too long", session["session"], user, start + PRESENCE_NS))
            for at, row in enumerate(seen):
                versions = [(other["incarnation"], other["ver"]) for other in seen[:at]]
                if versions and max(versions) > (row["incarnation"], row["ver"]):
                    found.add(("older after newer", session["session"], user, row["t_ns"]))
    return found


def _beliefs(seen: list[Row], end_ns: int) -> list[Stretch]:
    """What a session held a subject to be, from its snapshot on."""
    first = next((at for at, row in enumerate(seen) if row["source"] == "snapshot"), len(seen))
    changes: list[Row] = []
    for row in seen[first:]:
        if not changes or changes[-1]["state"] != row["state"]:
            changes.append(row)
    ends = [*(row["t_ns"] for row in changes), end_ns][1:]
    return [
        (row["state"], row["t_ns"], end)
        for row, end in zip(changes, ends, strict=True)
        if row["state"] in ("online", "offline")
    ]


def _truth(tables: Tables, user: int) -> list[Stretch]:
    """When a user was definitely online or definitely offline."""
    devices = [row["dev"] for row in rows(tables, "devices") if row["user"] == user]
    stretches = {dev: _device_truth(tables, dev) + _doubts(tables, dev) for dev in devices}
    cuts = sorted({t_ns for each in stretches.values() for _, start, end in each for t_ns in (start, end)})
    merged: list[Stretch] = []
    for start, end in pairwise(cuts):
        states = []
        for dev in devices:
            covering = {state for state, a, b in stretches[dev] if a <= start and end <= b}
            states.append(_certain(covering))
        state = "online" if "online" in states else "offline" if set(states) == {"offline"} else "either"
        if merged and merged[-1][0] == state:
            merged[-1] = (state, merged[-1][1], end)
        else:
            merged.append((state, start, end))
    return [stretch for stretch in merged if stretch[0] != "either"]


def _certain(covering: set[str]) -> str:
    """What a device is where these are said of it; whatever doubts that makes it either."""
    for state, other in (("online", "offline"), ("offline", "online")):
        if state in covering and covering.isdisjoint({other, "either", f"not {state}"}):
            return state
    return "either"


def _device_truth(tables: Tables, dev: int) -> list[Stretch]:
    """As it was recorded."""
    return [
        (row["state"], row["from_ns"], row["to_ns"] if row.get("to_ns") is not None else run_end_ns(tables))
        for row in rows(tables, "presence_truth")
        if row["dev"] == dev
    ]


def _doubts(tables: Tables, dev: int) -> list[Stretch]:
    """From a kill until the node is ready nothing is sure; a device that said hello is online before that."""
    doubts = []
    for kill in rows(tables, "faults"):
        ready_ns = min((row["t_ns"] for row in rows(tables, "processes")
                        if row["event"] == "ready" and row["t_ns"] >= kill["start_confirmed_ns"]),
                       default=kill["stop_confirmed_ns"])
        hellos = [from_ns for row, from_ns, _ in sessions(tables)
                  if row["dev"] == dev and from_ns >= kill.get("stop_req_ns", kill["start_req_ns"])]
        doubts.append(("not offline", kill["start_req_ns"], ready_ns))
        doubts.append(("not online", kill["start_req_ns"], min([ready_ns, *hellos])))
    return doubts


def _calm(tables: Tables, from_ns: int, to_ns: int) -> list[tuple[int, int]]:
    """The parts of a session outside of every kill and the time after it."""
    parts = [(from_ns, to_ns)]
    for kill in rows(tables, "faults"):
        start, end = kill["start_req_ns"], kill["stop_confirmed_ns"] + CALM_NS
        parts = [
            part
            for a, b in parts
            for part in ((a, min(b, start)), (max(a, end), b))
            if part[0] < part[1]
        ]
    return parts
