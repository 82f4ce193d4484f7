"""The deployed rules with windows of seconds: a run of a minute shows whether the alerts fire and end."""

from __future__ import annotations

from chatproof.dashboards.burn_rates import Windows, windows_for

_SHORT_LONG = (("5s", "15s"), ("10s", "30s"), ("15s", "45s"), ("20s", "60s"))


def hurried(days: int) -> Windows:
    """The same factors and severities; only the windows differ."""
    burns = tuple(
        burn._replace(short=short, long=long)
        for burn, (short, long) in zip(windows_for(days).burns, _SHORT_LONG, strict=True)
    )
    return Windows("5s", "5m", burns)
