"""Bytes to frames and back, and what is refused."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatproof.protocol import codec, limits
from chatproof.protocol.errors import WireError
from chatproof.protocol.frames import (
    COMMANDS,
    Advance,
    Cursor,
    Event,
    Hello,
    History,
    Join,
    Kick,
    Leave,
    Ping,
    Presence,
    Receipt,
    Request,
    Send,
    SendOk,
    Sub,
    Unsub,
)

KEY = "0190aaaa-0000-7000-8000-000000000000"


def test_a_request_line_is_what_the_server_decodes() -> None:
    """Id and tail together are the request of the protocol."""
    send = Send("c1", KEY, 'hello "you"\nthere')
    line = codec.request_line(7, codec.encode_tail(send))
    assert Request(7, send=send) == msgspec.json.decode(line, type=Request)


def test_every_command_is_encoded_under_its_name() -> None:
    """What is encoded as a command is decoded as that command, for all there are."""
    cursor = Cursor(1, 2)
    commands = [
        Hello("token"), Sub("c1", cursor), Unsub("c1"), Send("c1", KEY, "hi"), Receipt("c1", 2, 1),
        Presence("offline", ("u1",)), History("c1", cursor), Advance("c1", cursor), Ping(), Join("c1", KEY),
        Leave("c1", KEY), Kick("c1", KEY, "u2"),
    ]  # fmt: skip
    for name, command in zip(COMMANDS, commands, strict=True):
        line = codec.request_line(1, codec.encode_tail(command))
        assert command == getattr(msgspec.json.decode(line, type=Request), name)


def test_a_command_that_no_frame_can_hold_is_refused() -> None:
    """Above the frame limit there is nothing to write."""
    with pytest.raises(WireError) as caught:
        codec.encode_tail(Send("c1", KEY, "x" * limits.MAX_FRAME_BYTES))
    assert "too_large" == caught.value.code


def test_a_line_of_the_longest_tail_fits_into_a_frame() -> None:
    """The room for the id is kept free."""
    frame = len(codec.encode_tail(Send("c1", KEY, "")))
    tail = codec.encode_tail(Send("c1", KEY, "x" * (codec.MAX_TAIL_BYTES - frame)))
    assert limits.MAX_FRAME_BYTES >= len(codec.request_line(2**53, tail))


@given(st.lists(st.integers(1, limits.MAX_FRAME_BYTES), max_size=8), st.integers(0, 600))
def test_lines_are_packed_whole_in_order_and_within_the_limits(sizes: list[int], small: int) -> None:
    """Frames partition the lines; none is above a limit, and none could have taken the next line too."""
    lines = [b"x" * size for size in sizes] + [b"y"] * small
    ends = list(codec.frame_ends(lines))
    starts = [0, *ends[:-1]] if ends else []
    assert ([len(lines)] if lines else []) == ends[-1:]
    for start, end in zip(starts, ends, strict=True):
        size = len(b"\n".join(lines[start:end]))
        assert end - start <= limits.MAX_REQUESTS_PER_FRAME
        assert size <= limits.MAX_FRAME_BYTES
        is_full = end - start == limits.MAX_REQUESTS_PER_FRAME
        assert end == len(lines) or is_full or size + 1 + len(lines[end]) > limits.MAX_FRAME_BYTES


def test_several_objects_share_a_frame() -> None:
    """Newline-separated objects come out in their order; empty lines are nothing."""
    event = Event("c1", 1, 2, 3, "message", "u1")
    frame = b'{"ev":%b}\n\n{"id":4,"ok":{}}\n' % msgspec.json.encode(event)
    first, second = codec.decode_frame(frame)
    assert (event, 4, b"{}") == (first.ev, second.id, bytes(second.ok))


def test_what_a_newer_server_adds_is_passed_over() -> None:
    """Unknown pushes and fields are no error."""
    [item] = codec.decode_frame(b'{"confetti":{"colour":"red"}}')
    assert (0, None) == (item.id, item.ev)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"hello", "bad_frame"),
        (b'{"ev":', "bad_frame"),
        (b"\xff\xfe", "bad_frame"),
        (b'{"confetti":' + b"[" * 100_000, "bad_frame"),
        (b"[1]", "bad_request"),
        (b'{"ev":{"stream":1}}', "bad_request"),
        (b'{"id":"seven"}', "bad_request"),
        (b" " * (limits.MAX_FRAME_BYTES + 1), "too_large"),
    ],
)
def test_what_is_not_the_protocol_is_named(frame: bytes, code: str) -> None:
    """Every other input is a `WireError` of the table."""
    with pytest.raises(WireError) as caught:
        codec.decode_frame(frame)
    assert code == caught.value.code


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_a_wire_error(frame: bytes) -> None:
    """Nothing else is ever raised."""
    with contextlib.suppress(WireError):
        codec.decode_frame(frame)


def test_a_reply_has_the_type_of_its_command() -> None:
    """The `ok` is decoded with what the command promises, else refused."""
    ok = SendOk("c1", 1, 2, 2, 1000)
    assert ok == codec.decode_reply("send", msgspec.Raw(msgspec.json.encode(ok)))
    with pytest.raises(WireError):
        codec.decode_reply("send", msgspec.Raw(b'{"conv":"c1"}'))
    with pytest.raises(WireError):
        codec.decode_reply("ping", msgspec.Raw())


def test_a_tail_is_the_same_at_every_write() -> None:
    """Only the id differs between two attempts."""
    tails = {codec.encode_tail(Sub("c1", Cursor(1, 5))) for _ in range(3)}
    assert {b'"sub":{"stream":"c1","cursor":{"epoch":1,"seq":5}}}'} == tails
    assert b'{"id":9,"ping":{}}' == codec.request_line(9, codec.encode_tail(Ping()))
