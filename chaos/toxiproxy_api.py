"""Toxiproxy's HTTP API as typed, blocking calls that time out and never swallow an error.

Wraps toxiproxy-python, whose client keeps host and port in the class, has no timeouts and takes a 5xx for success.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import msgspec
import requests
from msgspec import Struct
from toxiproxy.api import APIConsumer
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

from chatproof.chaos.errors import LinkError

_T = TypeVar("_T")

ToxicType = Literal["timeout", "bandwidth", "reset_peer", "latency"]
Stream = Literal["upstream", "downstream"]

TIMEOUT_S = 15.0
"""Longest time for one call. Removing a toxic may flush what it held, for which Toxiproxy allows itself 5 s."""


class Toxic(Struct, frozen=True):
    """One toxic of a proxy. `toxicity` is the share of *connections* that it acts on, not of messages."""

    name: str
    type: ToxicType
    stream: Stream
    attributes: dict[str, int]
    toxicity: float = 1.0


class Proxy(Struct, frozen=True):
    """One proxy: `listen` and `upstream` are `host:port`."""

    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: tuple[Toxic, ...] = ()


class ToxiproxyApi:
    """The calls that breaking links needs, against one server. Every method raises `LinkError`, nothing else."""

    def __init__(self, host: str, port: int, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self.address = (host, port)
        # A class of its own per server: the library reads host and port from the class that it is called on.
        self._consumer = type("BoundConsumer", (APIConsumer,), {"host": host, "port": port})
        self._no_web_proxy = {"no_proxy": host}

    def version(self) -> str:
        """The server's version."""
        return str(self._call("get", "/version", dict[str, str])["version"])

    def create(self, name: str, listen: str, upstream: str) -> Proxy:
        """Make a proxy; port 0 in `listen` picks a free one. It is an error if the name exists."""
        body = {"name": name, "listen": listen, "upstream": upstream, "enabled": True}
        return self._call("post", "/proxies", Proxy, json=body)

    def proxies(self) -> dict[str, Proxy]:
        """Every proxy with its toxics, by name."""
        return self._call("get", "/proxies", dict[str, Proxy])

    def enable(self, name: str, *, enabled: bool) -> Proxy:
        """Open or close a proxy; closing cuts its connections at once. Already so is no error."""
        proxy = self._call("post", _path(name), Proxy, json={"enabled": enabled})
        if proxy.enabled != enabled:
            raise LinkError(f"proxy {name} says enabled={proxy.enabled} after it was asked for {enabled}")
        return proxy

    def toxics(self, name: str) -> tuple[Toxic, ...]:
        """The toxics of a proxy, as it has them now."""
        return self._call("get", f"{_path(name)}/toxics", tuple[Toxic, ...])

    def add(self, name: str, toxic: Toxic) -> None:
        """Add a toxic to a proxy and its open connections. It is an error if its name exists."""
        self._call("post", f"{_path(name)}/toxics", Toxic, json=msgspec.to_builtins(toxic))

    def remove(self, name: str, toxic: str) -> None:
        """Remove a toxic; one that is not there is no error."""
        self._delete(f"{_path(name)}/toxics/{quote(toxic, safe='')}")

    def destroy(self, name: str) -> None:
        """Remove a proxy and cut its connections; one that is not there is no error."""
        self._delete(_path(name))

    def _call(self, verb: str, path: str, answer: type[_T], **arguments: Any) -> _T:
        """One request whose answer is read as the type `answer`."""
        try:
            return msgspec.convert(self._send(verb, path, **arguments).json(), answer)
        except NotFound as error:
            raise LinkError(f"Toxiproxy does not know {path}: {_text(error)}") from error
        except (ValueError, msgspec.ValidationError) as error:
            raise LinkError(f"Toxiproxy's answer to {verb} {path} is not understood: {error}") from error

    def _delete(self, path: str) -> None:
        """Remove what is at `path`, if anything is."""
        with suppress(NotFound):
            self._send("delete", path)

    def _send(self, verb: str, path: str, **arguments: Any) -> requests.Response:
        """One request with its bound, and its status checked. Lets the library's `NotFound` through."""
        send = getattr(self._consumer, verb)
        try:
            reply: requests.Response = send(path, timeout=self._timeout_s, proxies=self._no_web_proxy, **arguments)
        except (ProxyExists, InvalidToxic) as error:
            raise LinkError(f"Toxiproxy refused {verb} {path}: {_text(error)}") from error
        except requests.RequestException as error:
            raise LinkError(f"Toxiproxy did not answer {verb} {path}: {error}") from error
        if reply.status_code >= 400:
            raise LinkError(f"Toxiproxy answered {reply.status_code} to {verb} {path}: {reply.text.strip()[:200]}")
        return reply


def _path(name: str) -> str:
    """The path of a proxy."""
    return f"/proxies/{quote(name, safe='')}"


def _text(error: Exception) -> str:
    """What the server said: the library raises with the raw body."""
    body = error.args[0] if error.args else b""
    return body.decode(errors="replace").strip() if isinstance(body, bytes) else str(body)
