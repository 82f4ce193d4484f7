"""The foreign example server with a limit on reading: every page is answered with 429."""

import argparse
import asyncio
import importlib.util
from http import HTTPStatus
from pathlib import Path

described = importlib.util.spec_from_file_location(
    "foreign_server", Path(__file__).resolve().parents[2] / "examples" / "foreign_server" / "server.py"
)
assert described is not None
assert described.loader is not None
foreign = importlib.util.module_from_spec(described)
described.loader.exec_module(foreign)


class Limiting(foreign.Chat):
    """Says that it is asked too often, whoever asks."""

    def serve_http(self, link, request):
        if request.path.startswith("/rooms/"):
            return link.respond(HTTPStatus.TOO_MANY_REQUESTS, "slow down\n")
        return super().serve_http(link, request)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--data")
    options = parser.parse_args()
    foreign.Chat = Limiting
    asyncio.run(foreign.run(options.port, options.data))
