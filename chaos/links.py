"""The network links between users and the target: Toxiproxy proxies, broken and mended by fault kind, and read back.

A link stands for one network path and has one proxy per port of the target. Blocking calls run in threads; once
begun they are not abandoned, so that a cancelled caller knows that its call took effect or failed, never either.

Toxiproxy is not a packet filter: in a partition it drops data but hands on that an end closed its connection, and a
connection that was in a partition is closed when that ends. So a partition is no half-open link, and costs a reconnect.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import trio

from chatproof.chaos.errors import LinkError
from chatproof.chaos.faults import LinkFault
from chatproof.chaos.toxiproxy_api import Stream, Toxic, ToxicType, ToxiproxyApi
from chatproof.drivers.interface import Endpoint

_T = TypeVar("_T")

BOTH: tuple[Stream, ...] = ("upstream", "downstream")

TOXIC_OF: dict[LinkFault, tuple[ToxicType, dict[str, int]]] = {
    "partition": ("timeout", {"timeout": 0}),
    "stall": ("bandwidth", {"rate": 0}),
    "reset": ("reset_peer", {"timeout": 0}),
    "latency": ("latency", {"latency": 0, "jitter": 0}),
}
"""Fault kind → the toxic that makes it, both ways, with its attributes (ms, KB/s)."""


class Leftover(NamedTuple):
    """Something still broken: a toxic of a proxy, or `disabled`."""

    proxy: str
    what: str


class Links:
    """The links of one run. Methods raise `LinkError`."""

    def __init__(self, api: ToxiproxyApi) -> None:
        self._api = api
        self._proxies: dict[str, tuple[str, ...]] = {}

    async def create(self, name: str, target: Endpoint) -> Endpoint:
        """Make the link `name` to a target; returns the target as seen through it. Its first proxy bears its name."""
        made: dict[str, str] = {}
        for url in (target.ws, target.http):
            upstream = _address(url)
            if upstream not in made:
                proxy = name if not made else f"{name}.{len(made)}"
                made[upstream] = (await self._run(partial(self._api.create, proxy, "127.0.0.1:0", upstream))).listen
                self._proxies[name] = (*self._proxies.get(name, ()), proxy)
        (ws, ws_at), (http, http_at) = _through(target.ws, made), _through(target.http, made)
        return Endpoint(ws, http, ws_at, http_at, target.ca)

    async def break_link(self, name: str, kind: LinkFault, latency_ms: int = 0) -> None:
        """Apply a fault to every proxy of a link; returns once every toxic was read back.

        A toxic `reset_peer` acts on a connection at its next byte only, so for `reset` the proxies are also closed
        and opened again: every open connection is cut now, and new ones are reset until the link is mended.
        """
        for proxy in self._of(name):
            for toxic in toxics_of(kind, latency_ms):
                await self._run(partial(self._api.add, proxy, toxic))
            if kind == "reset":
                await self._run(partial(self._cycle, proxy))
            await self._run(partial(self._expect, proxy, kind, latency_ms))

    async def mend_link(self, name: str, kind: LinkFault) -> None:
        """Undo a fault that was applied wholly, in part or not at all; returns once its absence was read back."""
        for proxy in self._of(name):
            for toxic in toxics_of(kind):
                await self._run(partial(self._api.remove, proxy, toxic.name))
            await self._run(partial(self._api.enable, proxy, enabled=True))
            await self._run(partial(self._expect_none, proxy, kind))

    async def leftovers(self) -> list[Leftover]:
        """Every toxic and closed proxy that there is now."""
        proxies = await self._run(self._api.proxies)
        found = [Leftover(name, toxic.name) for name, proxy in proxies.items() for toxic in proxy.toxics]
        return found + [Leftover(name, "disabled") for name, proxy in proxies.items() if not proxy.enabled]

    async def mend_all(self) -> None:
        """Undo everything that `leftovers` finds; an error if something is left after that."""
        for leftover in await self.leftovers():
            if leftover.what == "disabled":
                await self._run(partial(self._api.enable, leftover.proxy, enabled=True))
            else:
                await self._run(partial(self._api.remove, leftover.proxy, leftover.what))
        if left := await self.leftovers():
            raise LinkError("left broken: " + ", ".join(f"{one.what} of {one.proxy}" for one in left))

    def _of(self, name: str) -> tuple[str, ...]:
        """The proxies of a link."""
        if name not in self._proxies:
            raise LinkError(f"there is no link {name}")
        return self._proxies[name]

    def _cycle(self, proxy: str) -> None:
        """Cut every open connection of a proxy, and listen again."""
        self._api.enable(proxy, enabled=False)
        self._api.enable(proxy, enabled=True)

    def _expect(self, proxy: str, kind: LinkFault, latency_ms: int) -> None:
        """Check that a proxy really has the toxics of a fault."""
        present = self._api.toxics(proxy)
        for toxic in toxics_of(kind, latency_ms):
            if toxic not in present:
                raise LinkError(f"toxic {toxic.name} was accepted by proxy {proxy} but is not there")

    def _expect_none(self, proxy: str, kind: LinkFault) -> None:
        """Check that a proxy has no toxic of a fault."""
        names = {toxic.name for toxic in toxics_of(kind)}
        if left := [toxic.name for toxic in self._api.toxics(proxy) if toxic.name in names]:
            raise LinkError(f"toxics {', '.join(left)} of proxy {proxy} are still there after their removal")

    async def _run(self, call: Callable[[], _T]) -> _T:
        """Run a blocking call in a thread."""
        return await trio.to_thread.run_sync(call)


def toxics_of(kind: LinkFault, latency_ms: int = 0) -> tuple[Toxic, ...]:
    """The toxics of a fault, one each way, named after it so that different faults on one link do not meet."""
    type_, attributes = TOXIC_OF[kind]
    if kind == "latency":
        attributes = {**attributes, "latency": latency_ms}
    return tuple(Toxic(f"{kind}.{stream}", type_, stream, attributes) for stream in BOTH)


def _through(url: str, listens: dict[str, str]) -> tuple[str, str]:
    """`url` with its host and port replaced by where the proxy listens; or, where TLS needs the target's own name, as
    it is, and where to connect instead."""
    at, parts = listens[_address(url)], urlsplit(url)
    return (url, at) if parts.scheme in {"https", "wss"} else (parts._replace(netloc=at).geturl(), "")


def _address(url: str) -> str:
    """Host and port of a URL; without a port, its scheme's own."""
    parts = urlsplit(url)
    return parts.netloc if parts.port else f"{parts.netloc}:{443 if parts.scheme in {'https', 'wss'} else 80}"
