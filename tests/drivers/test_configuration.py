"""What chatproof.toml says of the target."""

from functools import partial

import pytest

from chatproof.drivers.configuration import Start, TargetConfiguration, filled, http_of, started
from chatproof.drivers.errors import DriverError
from chatproof.drivers.interface import Endpoint, StartCommand
from chatproof.drivers.reference import ReferenceDriver


def command(start: Start, folder: str) -> StartCommand:
    """The table, filled."""
    return filled(
        start, folder=folder, secret="s", ca="ca.pem", node="node-0", directory=f"{folder}/data", ws_port=7, http_port=8
    )


def test_placeholders_are_filled(tmp_path: object) -> None:
    """Everywhere, and the HTTP side is that of the WebSocket where it is not named."""
    start = Start(
        argv=("{python}", "server.py", "{ws_port}", "{directory}"), env={"KEY": "{secret}"},
        ready_url="http://127.0.0.1:{ws_port}/health", ws="ws://127.0.0.1:{ws_port}/chat",
    )  # fmt: skip
    made = command(start, str(tmp_path))
    assert ("server.py", "7", f"{tmp_path}/data") == made.argv[1:]
    assert ({"KEY": "s"}, str(tmp_path)) == (made.env, made.cwd)
    assert Endpoint("ws://127.0.0.1:7/chat", "http://127.0.0.1:7", ca="ca.pem") == made.endpoint


@pytest.mark.parametrize("text", ["{port}", "{}", "{", "{ws_port.port}", "{ws_port[0]}"])
def test_an_unknown_placeholder_is_told(text: str, tmp_path: object) -> None:
    """With those that there are."""
    start = Start(argv=("run", text), ready_url="", ws="ws://x/")
    with pytest.raises(DriverError) as caught:
        command(start, str(tmp_path))
    assert f"[start] has {text!r}, which cannot be filled in; known: {{ws_port}}" in str(caught.value)


def test_the_http_side_of_a_websocket() -> None:
    """Same host and port, and as secure."""
    assert ("http://a:1", "https://b") == (http_of("ws://a:1/ws"), http_of("wss://b/ws?x=1"))


def test_start_comes_before_what_the_driver_knows(tmp_path: object) -> None:
    """The table says how, with the rest of the configuration; without it the driver is asked, for a variant too."""
    start = Start(argv=("serve",), ready_url="", ws="ws://x/")
    configured = TargetConfiguration(start=start, folder=str(tmp_path), secret="s", ca="ca.pem")
    ask = partial(started, node="node-0", directory=f"{tmp_path}/data", ws_port=7, http_port=8, variant="ghost")
    made = ask(configured, ReferenceDriver())
    assert (("serve",), "s", f"{tmp_path}/ca.pem") == (made.argv, made.secret, made.endpoint.ca)
    own = ask(TargetConfiguration(), ReferenceDriver())
    assert ("--mutant", "ghost") == own.argv[-2:]
