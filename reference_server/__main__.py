"""`python -m chatproof.reference_server DIRECTORY`: one healthy node on free ports, for a quick look."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from chatproof.reference_server.composition import StartError, healthy_parts, run
from chatproof.reference_server.settings import Settings

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m chatproof.reference_server DIRECTORY")
    settings = Settings(directory=Path(sys.argv[1]), admin_key=os.environ.get("CHATPROOF_ADMIN_KEY", ""))
    try:
        run(settings, healthy_parts(), lambda line: print(line, flush=True))
    except StartError as error:
        sys.exit(str(error))
