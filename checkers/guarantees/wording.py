"""How things of a history are called in sentences: operations, seqs, devices, durations."""

from __future__ import annotations

from collections.abc import Sequence

from chatproof.checkers.guarantee import name_op

_SHOWN = 4


def listed(items: Sequence[object]) -> str:
    """At most four items, and how many more there are."""
    text = ", ".join(str(item) for item in items[:_SHOWN])
    return f"{text} and {len(items) - _SHOWN} more" if len(items) > _SHOWN else text


def messages(ops: Sequence[int]) -> str:
    """`message 3#7`, `messages 3#7, 4#1`; `an unknown message` for none."""
    if not ops:
        return "an unknown message"
    return f"message{'s' if len(ops) > 1 else ''} {listed([name_op(op) for op in ops])}"


def operations(ops: Sequence[int]) -> str:
    """`operation 3#7`, `operations 3#7, 4#1`."""
    return f"operation{'s' if len(ops) > 1 else ''} {listed([name_op(op) for op in ops])}"


def seqs(numbers: Sequence[int]) -> str:
    """`seq 5`, `seqs 5, 6 and 4 more`."""
    return f"seq{'s' if len(numbers) > 1 else ''} {listed(numbers)}"


def devices(devs: Sequence[int]) -> str:
    """`device 3`, `devices 3, 4`; `no device` for none."""
    if not devs:
        return "no device"
    return f"device{'s' if len(devs) > 1 else ''} {listed(devs)}"


def seconds(duration_ns: int) -> str:
    """`2.4 s`: integer arithmetic, cut to a tenth."""
    return f"{duration_ns // 1_000_000_000}.{duration_ns % 1_000_000_000 // 100_000_000} s"
