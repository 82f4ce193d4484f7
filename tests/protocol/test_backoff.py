"""Waits between tries."""

from hypothesis import given
from hypothesis import strategies as st

from chatproof.protocol.backoff import Backoff, mix

MS = 1_000_000


def reconnects(seed: int) -> Backoff:
    """As the client uses it."""
    return Backoff(seed, floor_ns=100 * MS, first_ns=200 * MS, cap_ns=5_000 * MS)


@given(st.integers(0, 2**64 - 1))
def test_waits_stay_between_floor_and_a_doubling_width(seed: int) -> None:
    """The n-th wait is at least the floor and at most floor + width, and never above the cap."""
    backoff = reconnects(seed)
    for failures in range(70):
        width = min(200 * MS << failures, 4_900 * MS)
        assert 100 * MS <= backoff.next_ns() <= 100 * MS + width


def test_a_success_starts_over() -> None:
    """After a reset the next wait is a first one."""
    backoff = reconnects(1)
    for _ in range(20):
        backoff.next_ns()
    backoff.reset()
    assert backoff.next_ns() <= 300 * MS


def test_a_seed_is_a_sequence() -> None:
    """Equal seeds wait equally, also after a reset in the same place."""
    one, other = reconnects(5), reconnects(5)
    assert [one.next_ns() for _ in range(9)] == [other.next_ns() for _ in range(9)]


def test_clients_that_lose_one_server_spread_over_the_whole_wait() -> None:
    """Neighbouring seeds fill every tenth of the first wait about equally."""
    tenths = [0] * 10
    for seed in range(2_000):
        tenths[(reconnects(seed).next_ns() - 100 * MS) * 10 // (200 * MS + 1)] += 1
    assert min(tenths) > 140
    assert max(tenths) < 260


def test_the_hash_is_the_finaliser_of_splitmix64() -> None:
    """The published first outputs for seed 0 come out."""
    gamma = 0x9E3779B97F4A7C15
    assert [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F] == [mix(gamma * n) for n in range(3)]
