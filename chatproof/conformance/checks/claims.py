"""The table of claims by itself: known names, values of the right type."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from chatproof.checkers.history.vocabulary import CLAIMS
from chatproof.conformance.finding import Outcome, ok, wrong_claim

ECHOES = ("none", "other_devices", "all")


def claims(claimed: Mapping[str, Any]) -> Outcome:
    """Every claim is one that there is, with a value that it can have."""
    for name, value in claimed.items():
        if name not in CLAIMS:
            near = get_close_matches(name, CLAIMS, 1)
            advice = f"did you mean {near[0]}?" if near else f"there is: {', '.join(CLAIMS)}"
            return wrong_claim(f"there is no claim {name!r}", advice)
        if type(value) is not CLAIMS[name].type:
            return wrong_claim(
                f"{name} = {value!r} is no {CLAIMS[name].type.__name__}", f"it means: {CLAIMS[name].sentence}"
            )
    if claimed.get("echo", "none") not in ECHOES:
        return wrong_claim(f"echo = {claimed['echo']!r}", f"it is one of {', '.join(ECHOES)}")
    made = [name for name, value in claimed.items() if value and value != "none"]
    return ok(", ".join(made) or "none: only loss, repeats, phantoms and the order of ids are judged")
