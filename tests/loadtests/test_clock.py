"""The clock of another machine: the shortest round says it best."""

from collections.abc import Iterator

from chatproof.loadtests.clock import ROUNDS, Offset, machine, measured


def rounds() -> Iterator[tuple[int, int]]:
    """Way there and back, in ns: one round is short."""
    for turn in range(ROUNDS):
        yield (10, 30) if turn == 5 else (1_000, 9_000)


def test_the_shortest_round_counts_and_half_of_it_is_the_error() -> None:
    """The other clock is 5,000 ahead; the way there and back differ by less than the error."""
    ways, now_ns = rounds(), [0]
    back_ns = [0]

    def ask() -> int:
        there_ns, back_ns[0] = next(ways)
        now_ns[0] += there_ns
        answer = now_ns[0] + 5_000
        now_ns[0] += back_ns[0]
        return answer

    offset = measured(ask, lambda: now_ns[0])
    assert Offset(4_990, 20) == offset
    assert abs(offset.offset_ns - 5_000) <= offset.err_ns


def test_processes_of_one_machine_need_not_ask() -> None:
    """They see the same name."""
    assert machine() == machine() != ""
