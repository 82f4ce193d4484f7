"""The JSON Schema of verdict.json, generated from the types that write it."""

from __future__ import annotations

from typing import Any

import msgspec

from chatproof.checkers.results import Verdict


def verdict_schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) that every verdict.json satisfies."""
    schema = msgspec.json.schema(Verdict)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "chatproof verdict",
        "description": "The result of one run: verdict.json",
        **schema,
    }
