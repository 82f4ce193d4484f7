"""The driver of the reference server."""

from __future__ import annotations

import secrets
import sys
from typing import Any

from chatproof.drivers.interface import DeviceSpec, Endpoint, Provisioned, Roster, StartCommand
from chatproof.drivers.names import Names
from chatproof.drivers.reference.provisioning import provision
from chatproof.drivers.reference.session import ReferenceSession
from chatproof.protocol import limits
from chatproof.protocol.backoff import mix

_HOST = "127.0.0.1"


class ReferenceDriver:
    """See `drivers.interface.Driver`. A local target is this very installation's `chatproof serve`."""

    name = "reference"
    reads_backward = True

    def __init__(self) -> None:
        self._named: tuple[Provisioned, Names] | None = None

    @property
    def claims(self) -> dict[str, Any]:
        """What the reference server guarantees."""
        return {
            "dense_ids": True,
            "idempotent_window_s": limits.MAX_RETRY_HOURS * 3600,
            "resume": True,
            "contiguous_push": True,
            "echo": "all",
            "pipelined_fifo": True,
            "total_order": True,
            "receipts": True,
            "presence": True,
            "survives_process_crash": True,
            "survives_power_loss": True,
            "history": True,
            "membership": True,
            "private_presence": True,
            # No scenario has shown these yet, so they are not promised.
            "causal_order": False,
            "read_your_writes": False,
            "edits": False,
            "unread": False,
            "typing": False,
            "told_drops": False,
            "search": False,
            "attachments": False,
            "retention": False,
            "one_time_keys": False,
        }

    def start_command(
        self, *, node: str, directory: str, ws_port: int, http_port: int, variant: str, storage: str = ""
    ) -> StartCommand:
        """See the interface. The admin key is new at each call and never on the command line."""
        key = secrets.token_urlsafe(24)
        ports = ("--ws-port", str(ws_port), "--http-port", str(http_port))
        mutant = ("--mutant", variant) if variant else ()
        unsynced = f"{directory}/unsynced" if storage else ""
        stored = ("--storage", storage, "--unsynced", unsynced) if storage else ()
        base = f"http://{_HOST}:{http_port}"
        return StartCommand(
            node=node,
            argv=(
                sys.executable, "-m", "chatproof.cli.main", "serve",
                *ports, "--data", directory, "--node", node, *mutant, *stored,
            ),
            # "random" is what an unset hash seed means: a server whose order hangs on hashes must be found out.
            env={"CHATPROOF_ADMIN_KEY": key, "PYTHONHASHSEED": "random"},
            ready_url=f"{base}/readyz",
            endpoint=Endpoint(ws=f"ws://{_HOST}:{ws_port}/v1/ws", http=base),
            secret=key,
            unsynced=unsynced,
        )

    async def provision(self, endpoint: Endpoint, roster: Roster, secret: str) -> Provisioned:
        """See the interface."""
        return await provision(endpoint, roster, secret)

    def session(
        self, *, device: DeviceSpec, roster: Roster, provisioned: Provisioned, seed: int  # noqa: ARG002
    ) -> ReferenceSession:
        """See the interface. Sessions of one `provisioned` share its names."""
        token = provisioned.tokens[device.dev]
        return ReferenceSession(
            token=token, names=self._names_of(provisioned), user=device.user, seed=mix(seed ^ mix(device.dev))
        )

    def _names_of(self, provisioned: Provisioned) -> Names:
        """The names of a roster, made once."""
        if self._named is None or self._named[0] is not provisioned:
            self._named = (provisioned, Names(provisioned))
        return self._named[1]
