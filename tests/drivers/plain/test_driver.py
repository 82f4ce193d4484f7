"""A dialect as a driver: what its provisioning returns is looked at before anything rests on it."""

import pytest

from chatproof.drivers.errors import DriverError, DriverMistaken
from chatproof.drivers.interface import ConversationSpec, DeviceSpec, Endpoint, Provisioned, Roster
from chatproof.drivers.plain.driver import PlainDriver
from tests.drivers.plain.parrot import Parrot

pytestmark = pytest.mark.trio

ROSTER = Roster(2, (DeviceSpec(0, 0, "a"), DeviceSpec(1, 1, "a")), (ConversationSpec(0, "group", (0, 1)),))
WHOLE = Provisioned({0: "ann", 1: "bob"}, {0: "t0", 1: "t1"}, {0: "tea"})


class Made(Parrot):
    """Returns what it is given, or raises it."""

    def __init__(self, made: Provisioned | Exception) -> None:
        super().__init__()
        self._made = made

    def provision(self, endpoint: Endpoint, roster: Roster, secret: str) -> Provisioned:
        if isinstance(self._made, Exception):
            raise self._made
        return self._made


class MadeByWaiting(Parrot):
    """Provisions without a thread."""

    async def provision(self, endpoint: Endpoint, roster: Roster, secret: str) -> Provisioned:
        return WHOLE


async def provisioned(dialect: Parrot) -> Provisioned:
    """What the driver makes of it."""
    return await PlainDriver(dialect).provision(Endpoint("ws://x/", "http://x"), ROSTER, "s")


@pytest.mark.parametrize("dialect", [Made(WHOLE), MadeByWaiting()], ids=["blocking", "waiting"])
async def test_what_is_whole_is_handed_on(dialect: Parrot) -> None:
    """Whether its method blocks or waits."""
    assert WHOLE == await provisioned(dialect)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (Provisioned({0: "ann"}, WHOLE.tokens, WHOLE.conversations), "made no users 1 (1 missing)"),
        (Provisioned(WHOLE.users, {}, WHOLE.conversations), "made no tokens 0 (2 missing)"),
        (Provisioned(WHOLE.users, WHOLE.tokens, {}), "made no conversations 0 (1 missing)"),
    ],
)
async def test_what_is_missing_is_told(made: Provisioned, sentence: str) -> None:
    """Which part, and which of it first."""
    with pytest.raises(DriverError) as caught:
        await provisioned(Made(made))
    assert f"The driver parrot {sentence}." == str(caught.value)


async def test_a_sentence_of_the_author_stays_as_it_is() -> None:
    """`DriverError` is no mistake of the driver; anything else is, and is told with what was going on."""
    with pytest.raises(DriverError) as caught:
        await provisioned(Made(DriverError("The target wants a licence.")))
    assert (DriverError, "The target wants a licence.") == (type(caught.value), str(caught.value))
    with pytest.raises(DriverMistaken, match="The driver failed when it provisioned: ValueError: no"):
        await provisioned(Made(ValueError("no")))
