"""Whom to trust at a target behind TLS: the same for devices, provisioning and whoever looks at a driver."""

from __future__ import annotations

import ssl

from chatproof.drivers.interface import Endpoint


def trusting(endpoint: Endpoint) -> ssl.SSLContext | None:
    """The endpoint's authorities, or the system's; None where there is no TLS. Raises `OSError` for a bad `ca`."""
    is_secure = endpoint.ws.startswith("wss://") or endpoint.http.startswith("https://")
    return ssl.create_default_context(cafile=endpoint.ca or None) if is_secure else None
