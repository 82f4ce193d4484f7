"""Sentences of stories about what a server may have beside messages: search, attachments, retention, one-time keys.

    b searches m1 and finds 1 2   a complete search for m1's text; `nothing` for no hit; `of 5` for the total told
    b shows m1 = 1 with the canary of 2   its body carries another conversation's canary
    a uploads blob 7 for m1       a completed upload, and m1 that refers to it begins; links live for 60 s
    b gets blob 7                 a download; `altered`, `by a link of 61s ago`, `revoked 9s ago`, `status 404`
    everything is kept 60s        a retention policy from now on; `for ever`; `everything is erased`
    everything is held            a legal hold, over at `the hold is over`
    probe of store finds 1        a probe of a surface; `misses 1`, `finds 1 altered`, `finds the canary`
    a publishes key 7             a one-time key; `b claims key 7`, and the same again: `b claims key 7 again`
    queue of a takes 1            an item is queued for a's device; `gives`: it is delivered
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.checkers.stories import Teller

MS = 1_000_000
S = 1_000 * MS
CONV = 1
LINK_LIVES_NS = 60 * S
SWEEP_NS = 5 * S


def device(name: str) -> int:
    """The number of device `a` (0), `b` (1), `a2` (100), …"""
    return ord(name[0]) - ord("a") + (100 if name.endswith("2") else 0)


def body_of(name: str) -> int:
    """The hash of a message's body."""
    return sum(ord(char) << (8 * at) for at, char in enumerate(name)) * 7919


def searches(teller: Teller, who: str, name: str, seqs: str, total: str | None) -> None:
    """A complete search by one page."""
    read = next(teller.ids)
    hits = [] if seqs == "nothing" else [int(seq) for seq in seqs.split()]
    teller.add(
        "reads", read=read, walk=read, dev=device(who), session=teller.session(who), kind="search",
        purpose="app", query_hash=body_of(name), invoke_ns=teller.now, rec_invoke=next(teller.recs),
        done_ns=teller.now + MS, outcome="ok", complete=True, total=int(total) if total else len(hits),
    )
    for pos, seq in enumerate(hits):
        event = teller.events.get(seq, {"event": "message"})
        teller.add(
            "read_items", read=read, pos=pos, conv=CONV, epoch=1, seq=seq, event="message", op=event.get("op"),
            msg_id=seq, body_hash=event.get("body_hash"), deleted=False,
        )


def shows_canary(teller: Teller, who: str, name: str, seq: str, canary: str) -> None:
    """An arrival whose body belongs elsewhere."""
    teller.shows(who, "shows", name, seq, None, None, None, None)
    teller.tables["deliveries"][-1]["canary_conv"] = int(canary)


def uploads(teller: Teller, who: str, blob: str, name: str) -> None:
    """The upload is complete when the send begins."""
    teller.sends_(who, name, None)
    teller.add(
        "attachments", blob=int(blob), dev=device(who), conv=CONV, op=teller.sends[name]["op"],
        hash=body_of(blob), size=9, complete_ns=teller.now,
    )


def gets_blob(
    teller: Teller, who: str, blob: str, altered: str | None, issued: str | None, revoked: str | None,
    status: str | None,
) -> None:
    """A download, or the refusal of one; `issued`, `revoked`: seconds ago."""
    issued_ns = teller.now - int(issued or 0) * S
    teller.add(
        "attachment_reads", blob=int(blob), dev=device(who), t_ns=teller.now, issued_ns=issued_ns,
        expires_ns=issued_ns + LINK_LIVES_NS, revoked_ns=teller.now - int(revoked) * S if revoked else None,
        status=int(status or 200), hash=None if status else body_of(blob) + bool(altered),
    )


def policy(teller: Teller, kind: str, keep: str | None = None) -> None:
    """A rule for the whole workspace, in force at once."""
    keep_ns = int(keep.removesuffix("s")) * S if keep and keep != "for ever" else None
    teller.tables["policies"].append({
        "scope": "workspace", "scope_id": 0, "kind": kind, "keep_ns": keep_ns, "effective_server_ns": teller.now,
        "sweep_bound_ns": SWEEP_NS,
    })


def is_kept(teller: Teller, keep: str) -> None:
    """Retention from now on."""
    policy(teller, "retention", keep)


def is_held(teller: Teller) -> None:
    """A hold begins."""
    policy(teller, "hold")


def hold_is_over(teller: Teller) -> None:
    """It is released."""
    policy(teller, "release")


def is_erased(teller: Teller) -> None:
    """Everything so far is erased."""
    policy(teller, "erase")


def probe(teller: Teller, surface: str, verb: str, thing: str, altered: str | None) -> None:
    """A look at one surface from outside."""
    seq = None if thing == "the canary" else int(thing)
    hash_ = teller.events[seq]["body_hash"] + bool(altered) if seq is not None and verb == "finds" else None
    teller.add(
        "surface_probes", surface=surface, conv=CONV, seq=seq, t_ns=teller.now, present=verb == "finds", hash=hash_,
    )


def publishes(teller: Teller, who: str, key: str) -> None:
    """A key is there to be claimed."""
    _key(teller, who, key, "publish")


def claims(teller: Teller, who: str, key: str, again: str | None) -> None:
    """A claim that gets the key; `again`: a retry of the last one."""
    owner = next(row["owner_dev"] for row in teller.tables["keys"] if row["key_id"] == int(key))
    last = [row for row in teller.tables["keys"] if row["by_dev"] == device(who)][-1:]
    _key(teller, who, key, "claim", owner, last[0]["op"] if again else None)


def _key(teller: Teller, who: str, key: str, action: str, owner: int | None = None, op: int | None = None) -> None:
    dev = device(who)
    teller.add(
        "keys", key_id=int(key), owner_dev=dev if owner is None else owner, action=action, by_dev=dev,
        op=op or dev << 32 | next(teller.ids), invoke_ns=teller.now, done_ns=teller.now + MS, outcome="ok",
    )


def queue(teller: Teller, who: str, verb: str, item: str) -> None:
    """An item goes into a device's queue or comes out of it; its number is its name."""
    teller.add(
        "device_queue", dev=device(who), session=teller.session(who), t_ns=teller.now, qseq=int(item),
        item=int(item), action={"takes": "enqueued", "gives": "delivered"}[verb],
    )


TABLES = ("attachments", "attachment_reads", "policies", "surface_probes", "keys", "device_queue")
"""Tables that a story has even where nothing of the kind happens."""

_WHO = r"(?P<who>[a-z]2?)"
SENTENCES: tuple[tuple[str, Callable[..., None]], ...] = (
    (rf"{_WHO} searches (?P<name>\w+) and finds (?P<seqs>nothing|[\d ]+?)(?: of (?P<total>\d+))?", searches),
    (rf"{_WHO} shows (?P<name>\w+) = (?P<seq>\d+) with the canary of (?P<canary>\d+)", shows_canary),
    (rf"{_WHO} uploads blob (?P<blob>\d+) for (?P<name>\w+)", uploads),
    (rf"{_WHO} gets blob (?P<blob>\d+)(?P<altered> altered)?(?: by a link of (?P<issued>\d+)s ago)?"
     r"(?: revoked (?P<revoked>\d+)s ago)?(?:, status (?P<status>\d+))?", gets_blob),
    (r"everything is kept (?P<keep>\d+s|for ever)", is_kept),
    (r"everything is held", is_held),
    (r"the hold is over", hold_is_over),
    (r"everything is erased", is_erased),
    (r"probe of (?P<surface>\w+) (?P<verb>finds|misses) (?P<thing>\d+|the canary)(?P<altered> altered)?", probe),
    (rf"{_WHO} publishes key (?P<key>\d+)", publishes),
    (rf"{_WHO} claims key (?P<key>\d+)(?P<again> again)?", claims),
    (rf"queue of {_WHO} (?P<verb>takes|gives) (?P<item>\d+)", queue),
)
"""Pattern → what is told with its groups."""
