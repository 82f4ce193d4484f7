"""What a load is, as a value: who takes part, what they do per second, and when they do it together."""

from __future__ import annotations

from msgspec import Struct

from chatproof.loadtests.personas import Persona


class SizeClass(Struct, frozen=True):
    """A row of the conversation table: so many conversations of so many members that share `sends_per_s`."""

    kind: str
    members: int
    count: int
    sends_per_s: float


class KillBurst(Struct, frozen=True):
    """Sends around a kill.

    `first` users send at `at_s`; at the `acks`-th of their acks another `second` users send and the plane signals
    `trigger`. `stay_away` users lose their link at the kill and stay away until the end of main; their later sends are
    drawn for others.
    """

    at_s: float
    trigger: str
    first: int = 60
    acks: int = 20
    second: int = 60
    stay_away: int = 0


class LoadProfile(Struct, frozen=True, kw_only=True):
    """An open-model load of `main_s` seconds, of which the first `warm_up_s` are left out of the SLOs.

    Rates are per second over the whole run; `*_total` are spread evenly over main after the warm-up.
    """

    name: str
    users: int
    main_s: float
    warm_up_s: float
    second_device_share: float
    lurker_share: float
    sizes: tuple[SizeClass, ...]
    hot_burst_size: int = 10
    hot_burst_every_s: float = 1.0
    presence_sets_per_s: float = 2.0
    presence_cycles_per_s: float = 1.0
    """Clean disconnects of `cycle_away_s`; each is two presence changes and one resume."""
    cycle_away_s: float = 3.0
    watched_per_device: int = 20
    refused_not_member_total: int = 30
    refused_other_body_total: int = 30
    refused_oversize_total: int = 10
    backward_receipts_total: int = 40
    retries_total: int = 60
    kicks_total: int = 25
    rejoin_after_s: float = 2.0
    """A kicked user retries its effective send with the same key, then rejoins after this time."""
    history_reads_per_s: float = 2.0
    kill_bursts: tuple[KillBurst, ...] = ()
    give_up_s: float = 20.0
    """A send that is still unacknowledged this long after its intended time is unknown."""
    personas: tuple[Persona, ...] = ()
    """Beside the chatty and the lurkers; their shares add up to 1 at most."""
    links: int = 6
    """Network links (Toxiproxy proxies); users are spread over them by index, all devices of a user on one link."""

    @property
    def sends_per_s(self) -> float:
        """Ordinary sends per second."""
        return sum(size.sends_per_s for size in self.sizes)
