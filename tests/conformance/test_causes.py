"""What the world said, found in the exceptions of whatever library a driver uses."""

import ssl
import urllib.error
from email.message import Message

import httpx
import pytest

from chatproof.conformance.causes import cause_of, cause_of_status
from chatproof.drivers.errors import DriverMistaken


def answered(status: int) -> httpx.HTTPStatusError:
    """An HTTP answer as httpx raises it."""
    request = httpx.Request("POST", "http://chat.example/users")
    return httpx.HTTPStatusError("no", request=request, response=httpx.Response(status, request=request))


def behind(cause: BaseException) -> DriverMistaken:
    """It, as the border to a driver's code wraps it."""
    try:
        raise DriverMistaken("The driver failed when it provisioned.") from cause
    except DriverMistaken as problem:
        return problem


@pytest.mark.parametrize(
    ("problem", "found"),
    [
        (answered(429), "HTTP 429: the target limits how often it is asked"),
        (answered(401), "HTTP 401: the target does not accept the credential"),
        (urllib.error.HTTPError("http://chat.example", 429, "no", Message(), None), "HTTP 429: the target limits"),
        (ConnectionRefusedError(), "nothing listens there"),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "TLS fails"),
        (ExceptionGroup("several", [ValueError(), answered(403)]), "HTTP 403"),
    ],
)  # fmt: skip
def test_a_cause_is_found_behind_what_was_raised(problem: Exception, found: str) -> None:
    """However deep it lies."""
    cause = cause_of(behind(behind(problem)))
    assert cause is not None
    assert cause.found.startswith(found)


def test_what_has_no_name_has_no_cause() -> None:
    """A bug of the driver, an answer that is about the question, success."""
    assert [None] * 4 == [cause_of(behind(KeyError())), cause_of(answered(404)), *map(cause_of_status, (200, 500))]
