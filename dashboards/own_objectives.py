"""Objectives of one's own: other numbers than those of `slos/` for the same SLOs, for the runs of one configuration.

Dashboards, rules and alerts are made of `slos/` and do not know them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from chatproof.dashboards.openslo import OpenSloError


class OwnObjective(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is set otherwise; None: as it is.

    Attributes:
        below_ms: the latency that `share` of the samples must be below; only of an SLO that is a latency.
        share: of the samples; they are below that latency or, where the SLO is a ratio, good.
    """

    below_ms: Annotated[float, Meta(gt=0)] | None = None
    share: Annotated[float, Meta(gt=0, lt=1)] | None = None


def with_own(slos: Sequence[dict[str, Any]], own: Mapping[str, OwnObjective]) -> tuple[dict[str, Any], ...]:
    """The documents, as `load_slos` gives them, with one's own objectives; name → objective.

    Raises `OpenSloError` for a name that none has, and for a latency of an SLO that is a ratio.
    """
    names = [slo["metadata"]["name"] for slo in slos]
    for name in own:
        if name not in names:
            raise OpenSloError(f"There is no SLO {name}; there are {', '.join(names)}")
    return tuple(_with(slo, own.get(slo["metadata"]["name"], OwnObjective())) for slo in slos)


def _with(slo: dict[str, Any], own: OwnObjective) -> dict[str, Any]:
    """One document; its sentence says the numbers that are judged."""
    (objective,) = slo["spec"]["objectives"]
    target = own.share or objective["target"]
    if "value" not in objective:
        if own.below_ms is not None:
            raise OpenSloError(f"The SLO {slo['metadata']['name']} is a share of good samples and has no below_ms")
        what = objective["displayName"].rpartition(" ≥ ")[0]
        changed = {"target": target, "displayName": f"{what} ≥ {_percent(target)} %"}
    else:
        below_ms = own.below_ms or objective["value"]
        changed = {
            "target": target, "value": below_ms, "displayName": f"p{_percent(target)} < {_duration(below_ms)}"
        }  # fmt: skip
    return {**slo, "spec": {**slo["spec"], "objectives": ({**objective, **changed},)}}


def _percent(share: float) -> str:
    """0.999 → 99.9."""
    return f"{100 * share:.6g}"


def _duration(ms: float) -> str:
    """3000 → `3 s`, 200 → `200 ms`."""
    return f"{ms / 1000:g} s" if ms % 1000 == 0 else f"{ms:g} ms"
