"""Links over a real WebSocket: who ended it and how, as the history will say it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect, ws_create_server

from chatproof.loadtests.plane.link import Link


@dataclass
class Owner:
    """Remembers what it was told, and wakes whoever waits for the end."""

    frames: list[bytes] = field(default_factory=list)
    ups: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    def link_up(self) -> None:
        """Count it."""
        self.ups += 1

    def frame_came(self, frame: bytes) -> None:
        """Keep it."""
        self.frames.append(frame)

    def link_down(self, link: Link) -> None:
        """Wake the test."""
        self.gone.set()


class Peer(WSListener):
    """A server that echoes text, answers a close, and does as it is told otherwise."""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """`drop` and `close` end the link from this side."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
            return
        text = frame.get_payload_as_bytes()
        if text == b"drop":
            transport.disconnect(graceful=False)
        elif text == b"close":
            transport.send_close(3001, b"drained")  # type: ignore[arg-type]
        else:
            transport.send(WSMsgType.TEXT, text)


def over_a_link(act: Callable[[Link, Owner], None]) -> tuple[Link, Owner]:
    """Connect, act, wait for the end."""

    async def run() -> tuple[Link, Owner]:
        server = await ws_create_server(lambda _: Peer(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        owner = Owner()
        link = Link(owner, 1)
        await ws_connect(lambda: link, f"ws://127.0.0.1:{port}/")
        act(link, owner)
        async with asyncio.timeout(5):
            await owner.gone.wait()
        server.close()
        return link, owner

    return asyncio.run(run())


def test_a_clean_close_is_ours_and_agreed() -> None:
    """The instant of the wish is kept."""
    link, _ = over_a_link(lambda link, _: link.close(50))
    assert ("client", "clean", 1000, 50, True) == (
        link.close_by, link.recorded_close_kind, link.close_code, link.close_invoke_ns, link.ended_cleanly,
    )


def test_an_abort_is_ours_and_agreed_by_nobody() -> None:
    """Without a close frame."""
    link, _ = over_a_link(lambda link, _: link.abort(50, "half_open"))
    assert ("client", "half_open", 1006, False) == (
        link.close_by, link.recorded_close_kind, link.close_code, link.ended_cleanly,
    )


def test_a_link_that_breaks_is_nobodys_wish() -> None:
    """Code 1006, by the link."""
    link, _ = over_a_link(lambda link, _: link.write(b"drop"))
    assert ("link", "abort", 1006) == (link.close_by, link.recorded_close_kind, link.close_code)
    assert "the connection was lost" == link.ending


def test_the_servers_close_code_is_kept() -> None:
    """Also one that picows has no name for, with the reason beside it."""
    link, _ = over_a_link(lambda link, _: link.write(b"close"))
    assert ("server", "clean", 3001) == (link.close_by, link.recorded_close_kind, link.close_code)
    assert "the target closed its link with 3001: drained" == link.ending


def test_text_goes_both_ways_until_the_end() -> None:
    """And a link that is gone takes nothing any more."""

    def act(link: Link, owner: Owner) -> None:
        link.write(b"hello")
        link.close(0)

    link, owner = over_a_link(act)
    assert ([b"hello"], 1, False) == (owner.frames, owner.ups, link.is_up)
    link.write(b"into the void")
