"""What all devices of one link share: where they come in, whom they trust, who carries their requests."""

from __future__ import annotations

import ssl
from typing import NamedTuple

from chatproof.drivers.interface import Endpoint
from chatproof.loadtests.plane.errands import Errands


class Door(NamedTuple):
    """How the devices of one link come in.

    Attributes:
        endpoint: the target, as seen through the link.
        tls: whom to trust, None where there is no TLS.
        node: the target's process, for sessions that are not told which one serves them.
    """

    endpoint: Endpoint
    tls: ssl.SSLContext | None
    node: str
    errands: Errands
