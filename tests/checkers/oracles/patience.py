"""Naive oracles of what takes time and may be slow: typing-expires, no-silent-drop."""

from __future__ import annotations

from collections.abc import Iterator

from tests.checkers.oracles.arrivals import sessions
from tests.checkers.oracles.facts import ERROR_NS, Row, Tables, first_seen, must_see, places, rows, users

TYPING_NS = 700_000_000
TOLD_NS = 300_000_000
CALM_NS = 100_000_000
"""The bounds that generated histories are judged by."""

Interval = tuple[int, int]


def overstayed(tables: Tables) -> set[tuple[str, int, int, int]]:
    """(kind, session, conversation, user): shown typing who never began, stopped long ago, had sent or had left."""
    found = set()
    for frame, until_ns in _frames(tables):
        where = frame["session"], frame["conv"], frame["user"]
        of_it = [row for row in rows(tables, "typing_truth") if row["episode"] == frame["episode"]]
        begun = [row for row in of_it if row["start_ns"] <= until_ns]
        idle_ns = max((max(row["start_ns"], min(until_ns, _active_ns(row))) for row in begun), default=None)
        if idle_ns is None:
            found.add(("nobody typed", *where))
        elif _is_past(tables, frame, idle_ns, until_ns):
            found.add(("past its expiry", *where))
        for row in of_it:
            author = _cuts(tables, {each["link"] for each in rows(tables, "devices") if each["user"] == frame["user"]})
            is_excused = any(from_ns < frame["t_ns"] and to_ns > row["start_ns"] for from_ns, to_ns in author)
            if row["start_ns"] <= frame["t_ns"] and not is_excused:
                found |= {(kind, *where) for kind in _endings(tables, frame, row)}
    return found


def _active_ns(truth: Row) -> int:
    """When its author last pressed a key."""
    return int(truth.get("refresh_ns", truth["start_ns"]))


def _frames(tables: Tables) -> Iterator[tuple[Row, int]]:
    """Each frame that says that somebody types, and until when it is shown."""
    ends = {row["session"]: to_ns for row, _, to_ns in sessions(tables)}
    frames = sorted(rows(tables, "typing_seen"), key=lambda row: row["rec"])
    for at, row in enumerate(frames):
        later = [
            other["t_ns"] for other in frames[at + 1:]
            if all(other[key] == row[key] for key in ("session", "conv", "user"))
        ]
        end_ns = ends[row["session"]]
        expiry_ns = end_ns if row["ttl_ns"] is None else row["t_ns"] + row["ttl_ns"]
        if row["is_on"]:
            yield row, min(later[0] if later else end_ns, expiry_ns)


def _is_past(tables: Tables, frame: Row, idle_ns: int, until_ns: int) -> bool:
    """Shown for longer than the bound within one calm stretch of the watcher, and the author was calm too."""
    links = {row["link"] for row in rows(tables, "devices") if row["user"] == frame["user"]}
    if any(from_ns < until_ns and to_ns > idle_ns for from_ns, to_ns in _cuts(tables, links)):
        return False
    session, from_ns, to_ns = next(each for each in sessions(tables) if each[0]["session"] == frame["session"])
    return any(
        min(end_ns, until_ns) - max(start_ns, idle_ns) > TYPING_NS + 2 * ERROR_NS
        for start_ns, end_ns in _calm(from_ns, to_ns, _cuts(tables, {session["link"]}))
    )


def _cuts(tables: Tables, links: set[str]) -> list[Interval]:
    """When one of the links, or a process, was under a fault or just healed."""
    return [
        (row["start_req_ns"], row["stop_confirmed_ns"] + CALM_NS) for row in rows(tables, "faults")
        if row["target_kind"] != "link" or row["target"] in links
    ]


def _calm(from_ns: int, to_ns: int, cuts: list[Interval]) -> Iterator[Interval]:
    """What the cuts leave of an interval."""
    for cut_from_ns, cut_to_ns in sorted(cuts):
        if from_ns < min(cut_from_ns, to_ns):
            yield from_ns, min(cut_from_ns, to_ns)
        from_ns = max(from_ns, cut_to_ns)
    if from_ns < to_ns:
        yield from_ns, to_ns


def _endings(tables: Tables, frame: Row, truth: Row) -> Iterator[str]:
    """What had come in that session before the frame: the author's message, or the end of its membership."""
    before = [
        row for row in rows(tables, "deliveries")
        if row["session"] == frame["session"] and row["conv"] == frame["conv"] and row["rec"] < frame["rec"]
        and row["via"] in ("live", "resume")
    ]
    sent = {
        row["op"] for row in rows(tables, "operations")
        if row["kind"] == "send" and (row["dev"], row["conv"]) == (truth["dev"], frame["conv"])
        and row["invoke_ns"] > _active_ns(truth)
    }
    left = {
        row["seq"] for row in rows(tables, "memberships")
        if (row["conv"], row["user"]) == (frame["conv"], frame["user"]) and row["change"] == "kick"
        and row["done_ns"] >= truth["start_ns"]
    }
    if any(row["op"] in sent for row in before):
        yield "after the message"
    if any(row["seq"] in left and row["event"] == "kick" for row in before):
        yield "after the removal"


def silent_drops(tables: Tables) -> set[tuple[str, int, int, int]]:
    """(kind, session, conversation, by when): it outlived its link's fault, lacks something and was told nothing."""
    lacks: dict[tuple[int, int, int], list[int | None]] = {}
    for session, conv, seq, due_ns in _due(tables):
        came = [row["t_ns"] for row in rows(tables, "deliveries")
                if (row["dev"], row["conv"], row["seq"]) == (session["dev"], conv, seq)]
        is_told = any(
            row["session"] == session["session"] and row["conv"] == conv and row["t_ns"] <= due_ns
            and row["from_seq"] <= seq <= row["to_seq"]
            for row in rows(tables, "notices")
        )
        if not is_told and (not came or min(came) > due_ns):
            lacks.setdefault((session["session"], conv, due_ns), []).append(min(came, default=None))
    return {("never came" if None in times else "came too late", *key) for key, times in lacks.items()}


def _due(tables: Tables) -> Iterator[tuple[Row, int, int, int]]:
    """(session, conversation, seq, by when) of everything that happened behind a stalled link that was mended."""
    owners, known = users(tables), first_seen(tables)
    convs = {row["op"]: row["conv"] for row in rows(tables, "operations")}
    own = {(convs[op], seq): op >> 32 for op, seq in places(tables).items()}
    for session, from_ns, to_ns in sessions(tables):
        for fault in rows(tables, "faults"):
            due_ns = fault["stop_confirmed_ns"] + TOLD_NS + 2 * ERROR_NS
            is_its = fault["target_kind"] == "link" and fault["target"] == session["link"]
            if not is_its or fault["start_confirmed_ns"] < from_ns or to_ns <= due_ns:
                continue
            others = [row for row in rows(tables, "faults") if row["fault"] != fault["fault"]
                      and (row["target_kind"] != "link" or row["target"] == session["link"])]
            if any(row["start_req_ns"] < due_ns and row["stop_confirmed_ns"] + CALM_NS > fault["stop_confirmed_ns"]
                   for row in others):
                continue
            for sub in rows(tables, "subscriptions"):
                if sub["session"] != session["session"] or sub.get("to_ns", to_ns) <= due_ns:
                    continue
                for (conv, seq), t_ns in known.items():
                    is_meanwhile = max(fault["start_req_ns"], sub["from_ns"]) <= t_ns <= fault["stop_confirmed_ns"]
                    is_own = own.get((conv, seq)) == session["dev"]
                    is_owed = not is_own and must_see(tables, conv, owners[session["dev"]], seq)
                    if conv == sub["conv"] and is_meanwhile and is_owed:
                        yield session, conv, seq, due_ns
