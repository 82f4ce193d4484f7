"""The interface between the harness and a target: provision, sans-I/O sessions, claims, how to start and stop it.

A *session object* is one device over its whole life, links coming and going. It never does I/O: the plane tells it
what happened (`link_up`, `receive`, `link_down`, `tick`), takes what is to be written (`outgoing`) and records what
it observed. Instants are integer ns of one monotonic clock, handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

from msgspec import Struct

from chatproof.drivers.errors import DriverError as DriverError

Outcome = Literal["ok", "fail", "unknown"]
Via = Literal["live", "resume", "repair", "ack"]

# --- who takes part ---------------------------------------------------------------------------------------------


class DeviceSpec(Struct, frozen=True):
    """A device to provision. `dev` is ours; `link` the name of the network link its traffic takes."""

    dev: int
    user: int
    link: str


class ConversationSpec(Struct, frozen=True):
    """A conversation to provision. The first member is its owner."""

    conv: int
    kind: Literal["direct", "group", "hot"]
    members: tuple[int, ...]


class Roster(Struct, frozen=True):
    """Everything that provisioning has to make."""

    users: int
    devices: tuple[DeviceSpec, ...]
    conversations: tuple[ConversationSpec, ...]


class Provisioned(Struct, frozen=True):
    """What provisioning made, in the target's own words; indexes are ours.

    Attributes:
        users: user → target id.
        tokens: device → credential.
        conversations: conversation → target id.
    """

    users: dict[int, str]
    tokens: dict[int, str]
    conversations: dict[int, str]


class Endpoint(Struct, frozen=True):
    """Where the target answers: `ws` a WebSocket URL, `http` an HTTP base URL without a trailing slash.

    Through a link to a TLS target both stay the target's own, and `ws_at`, `http_at` say where (HOST:PORT) to connect;
    `ca` is a file of the authorities to check it against, empty for those of the system.
    """

    ws: str
    http: str
    ws_at: str = ""
    http_at: str = ""
    ca: str = ""


# --- what a session is asked to do ------------------------------------------------------------------------------


class Operation(Struct, frozen=True):
    """Something to try. `conv` and `user` are ours; `u` is the idempotency key; unused fields keep their default.

    Attributes:
        op: 64-bit id, also carried in a message's body.
        seq: for a receipt, the marker's new value.
    """

    op: int
    kind: Literal["send", "receipt", "join", "leave", "kick", "presence"]
    conv: int = -1
    u: str = ""
    body: str = ""
    user: int = -1
    seq: int = 0
    marker: Literal["delivered", "read"] = "read"
    state: Literal["online", "offline"] = "online"


class Read(Struct, frozen=True):
    """A history page to ask for. `after` is a seq; a walk is driven by the plane from page to page."""

    read: int
    conv: int
    after: int
    limit: int
    direction: Literal["forward", "backward"] = "forward"


# --- what a session observed ------------------------------------------------------------------------------------


class Attempting(NamedTuple):
    """Bytes of this attempt are in the frame that `outgoing` returns it with: commit it before writing."""

    op: int
    attempt: int


class Outgoing(NamedTuple):
    """One WebSocket text frame to write, and the attempts it carries."""

    frame: bytes
    attempts: tuple[Attempting, ...]


class Ready(NamedTuple):
    """The session is accepted."""

    node: str
    incarnation: int


class Answered(NamedTuple):
    """One attempt got an answer. `code` is empty for ok; `definite` only matters for errors."""

    op: int
    attempt: int
    outcome: Outcome
    code: str
    definite: bool
    epoch: int
    seq: int
    msg_id: int
    duplicate: bool


class Settled(NamedTuple):
    """The client gave up or got its final answer: the operation's outcome. `by`: ack or retry; none while unknown."""

    op: int
    outcome: Outcome
    code: str
    by: Literal["ack", "retry", "none"]
    epoch: int
    seq: int
    msg_id: int


class Arrived(NamedTuple):
    """A raw incoming item, before dedupe and repair; `shown` says what the timeline did with it.

    `conv` is -1 for a conversation that the roster does not know; `scope` tells the conversation's stream from `me`.
    `frame` numbers the WebSocket frames of the session. `view` grows at each announced reset or reload of the stream.
    """

    scope: Literal["conv", "me"]
    conv: int
    view: int
    frame: int
    epoch: int
    seq: int
    msg_id: int
    event: str
    by: int
    user: int
    u: str
    body: str
    via: Via
    shown: bool
    server_ts_ns: int


class ResumeStarted(NamedTuple):
    """A subscription was asked for from a cursor; `own_contiguous_seq` is what the device has without a hole."""

    conv: int
    from_seq: int
    epoch: int
    own_contiguous_seq: int


class ResumeAnswered(NamedTuple):
    """The server's word on the resume: its head then is the frontier."""

    conv: int
    outcome: Literal["recovered", "refused", "aborted"]
    reason: str
    frontier_seq: int


class CaughtUp(NamedTuple):
    """The stream is live: its replay ended at `upto_seq`."""

    conv: int
    upto_seq: int


class HeadSeen(NamedTuple):
    """The server said where a conversation's head is."""

    conv: int
    epoch: int
    seq: int
    source: Literal["push", "pong", "resume", "read"]


class MarkerSeen(NamedTuple):
    """A member's markers, as seen."""

    conv: int
    user: int
    delivered: int
    read: int
    source: Literal["push", "snapshot", "read"]


class PresenceSeen(NamedTuple):
    """A subject's presence, as seen."""

    user: int
    state: Literal["online", "offline", "unknown"]
    incarnation: int
    ver: int
    source: Literal["push", "snapshot", "read"]


class Noticed(NamedTuple):
    """An announcement of the server."""

    kind: Literal["gap", "limits", "drain", "bye"]
    conv: int
    from_seq: int
    to_seq: int
    level: str


class Item(NamedTuple):
    """One event of a read page, in order."""

    epoch: int
    seq: int
    msg_id: int
    event: str
    by: int
    u: str
    body: str
    server_ts_ns: int


class PageRead(NamedTuple):
    """The answer to a `Read`. `next_after` continues the walk; `head` is the conversation's head then."""

    read: int
    outcome: Outcome
    code: str
    epoch: int
    items: Sequence[Item]
    next_after: int
    head: int
    complete: bool


class RepairStarted(NamedTuple):
    """The timeline asks for a hole by history: a read of its own (`purpose` repair).

    `read` is the id of the `PageRead` that will answer it: negative, and unique within the session object.
    """

    conv: int
    after: int
    limit: int
    read: int


class MustClose(NamedTuple):
    """The session wants its link closed (silence, protocol error). The plane closes it."""

    code: int
    reason: str


Observation = (
    Ready | Answered | Settled | Arrived | ResumeStarted | ResumeAnswered | CaughtUp | HeadSeen | MarkerSeen
    | PresenceSeen | Noticed | PageRead | RepairStarted | MustClose
)


class Session(Protocol):
    """One device, sans-I/O. Methods return what was observed, in order; none of them blocks or raises on bad input."""

    def link_up(self, now_ns: int) -> Sequence[Observation]:
        """The WebSocket is open: the handshake and resumes are queued for `outgoing`."""
        ...

    def link_down(self, now_ns: int, code: int, *, clean: bool) -> Sequence[Observation]:
        """The WebSocket is gone: pending attempts become unknown and will be tried again after the resume."""
        ...

    def receive(self, frame: bytes, now_ns: int) -> Sequence[Observation]:
        """One WebSocket text frame came in."""
        ...

    def tick(self, now_ns: int) -> Sequence[Observation]:
        """Time passed (called about every 50 ms): timeouts, pings, coalesced receipts."""
        ...

    def outgoing(self, now_ns: int) -> Sequence[Outgoing]:
        """What to write now, in order; empty while there is no link."""
        ...

    def follow(self, conversations: Sequence[int], watch: Sequence[int]) -> None:
        """Which conversations to subscribe to (resuming where known) and whose presence to watch, on every link."""
        ...

    def do(self, operation: Operation, now_ns: int, give_up_ns: int) -> bool:
        """Queue an operation, to be retried with the same key until `give_up_ns`; False when the outbox is full."""
        ...

    def mark(self, conv: int, delivered: int, read: int) -> None:
        """Raise the own markers; coalesced to one command per conversation and 500 ms."""
        ...

    def read(self, request: Read) -> None:
        """Queue a history page read."""
        ...

    def reconnect_at_ns(self) -> int | None:
        """When the next connect should be tried (backoff with jitter), or None while the link is up."""
        ...

    def contiguous(self, conv: int) -> int:
        """The seq up to which the timeline has everything of this conversation."""
        ...

    def pending(self) -> int:
        """Operations queued or in flight."""
        ...


class StartCommand(Struct, frozen=True):
    """How to start the target as a local process; `ready_url` answers 200 when it serves.

    Attributes:
        node: the name under which faults and history know the process.
        secret: what `Driver.provision` authenticates with at this target.
        cwd: the folder to start it in; empty for the own one.
        unsynced: a file whose first eight bytes (little-endian) say how many bytes the process has written and would
            lose at kill -9, because its storage drops what was not synced; empty where the storage does not.
        clock_offset: a file that moves its clock, see `chaos.injectors.clock`; empty where it cannot be moved.
    """

    node: str
    argv: tuple[str, ...]
    env: dict[str, str]
    ready_url: str
    endpoint: Endpoint
    secret: str = ""
    unsynced: str = ""
    clock_offset: str = ""
    cwd: str = ""


class Driver(Protocol):
    """One kind of target. `reads_backward`: its history can be read from the newest event backward, too."""

    name: str
    reads_backward: bool

    @property
    def claims(self) -> dict[str, Any]:
        """What the target guarantees: keys of `checkers.history.vocabulary.CLAIMS`."""
        ...

    def start_command(
        self, *, node: str, directory: str, ws_port: int, http_port: int, variant: str, storage: str = ""
    ) -> StartCommand:
        """The command that starts a local target with its data in `directory`. Raises `DriverError` if there is none.

        Args:
            variant: empty, or a mutant's name.
            storage: empty, or `lossy`: the target must lose at kill -9 what it wrote and did not sync.
        """
        ...

    async def provision(self, endpoint: Endpoint, roster: Roster, secret: str) -> Provisioned:
        """Create users, credentials and conversations; idempotent. Raises `DriverError`. Runs under trio or asyncio."""
        ...

    def session(self, *, device: DeviceSpec, roster: Roster, provisioned: Provisioned, seed: int) -> Session:
        """A session object for one device; `seed` feeds its backoff jitter."""
        ...
