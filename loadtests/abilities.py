"""What a plane may ask of a target: what its driver claims, and nothing else."""

from __future__ import annotations

from typing import Literal, NamedTuple

from chatproof.drivers.interface import Driver


class Abilities(NamedTuple):
    """What there is beside sending.

    Attributes:
        asks_again: an operation of unknown outcome may be tried again with its key.
        says_receipts: devices say what they showed.
        reads: the directions in which history can be read.
    """

    asks_again: bool = True
    says_receipts: bool = True
    reads: tuple[Literal["forward", "backward"], ...] = ("forward", "backward")


def abilities_of(driver: Driver) -> Abilities:
    """What this driver's claims allow."""
    claims = driver.claims
    reads: list[Literal["forward", "backward"]] = []
    if claims.get("history"):
        reads += ["forward", "backward"] if driver.reads_backward else ["forward"]
    return Abilities(
        asks_again=int(claims.get("idempotent_window_s", 0)) > 0,
        says_receipts=bool(claims.get("receipts")),
        reads=tuple(reads),
    )
