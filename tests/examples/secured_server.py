"""The foreign server behind TLS, for tests: it notes the names under which it is asked for, and serves only its own.

    python secured_server.py --port P --data FILE --pem FILE --name HOST
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
import sys
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from chatproof.gate.priority import claim_priority

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples/foreign_server"))
from server import Chat


async def run(options: argparse.Namespace) -> None:
    """Serve until killed; whoever asks for another host, in TLS or in HTTP, is refused."""
    chat = Chat(options.data)

    def note(_socket: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        return None if name == options.name else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    def check(link: ServerConnection, request: Request) -> Response | None:
        if request.headers["Host"].partition(":")[0] != options.name:
            return link.respond(HTTPStatus.MISDIRECTED_REQUEST, "not here\n")
        return chat.serve_http(link, request)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.pem)
    context.sni_callback = note
    async with serve(chat.talk, "127.0.0.1", options.port, ssl=context, process_request=check, compression=None) as it:
        await it.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int)
    parser.add_argument("--data")
    parser.add_argument("--pem")
    parser.add_argument("--name")
    options = parser.parse_args()
    claim_priority()  # as the targets that the gate starts itself, whatever the niceness of the tests
    asyncio.run(run(options))
