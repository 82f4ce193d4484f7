"""Which metric carries each sample of an SLO, and with that the ratio of bad events of an SLO as PromQL.

A live metric is coarser than the judge: it knows no faults and no calm, and what never arrives it cannot count. It is
for watching and for alarms; the verdict comes from the history alone.
"""

from __future__ import annotations

from typing import NamedTuple

from chatproof.dashboards.openslo import Document, OpenSloError
from chatproof.metrics import load
from chatproof.metrics.metric import Metric

CARRIERS: dict[str, Metric] = {
    "send_ack": load.SEND_ACK, "delivery": load.DELIVERY, "presence": load.PRESENCE, "caught_up": load.CAUGHT_UP,
}  # fmt: skip
"""Sample → its histogram."""


class Indicator(NamedTuple):
    """An SLO that can be watched: its bad events are those of `carrier` that are not below `threshold_s`."""

    name: str
    title: str
    service: str
    objective: float
    objective_text: str
    days: int
    carrier: Metric
    threshold_s: float

    def error_ratio(self, window: str) -> str:
        """The share of bad events over a window; no sample at all where nothing happened.

        Without the comparison an idle time would be 0/0, and one such NaN would spoil every longer average over it.
        """
        total = f"sum(rate({self.carrier.name}_count[{window}]))"
        good = f'sum(rate({self.carrier.name}_bucket{{le="{self.threshold_s}"}}[{window}]))'
        return f"(\n  {total} - {good}\n)\n/\n(\n  {total} > 0\n)"


def indicator_of(document: Document) -> Indicator | None:
    """The indicator of an SLO; None where its bad events have no threshold. Raises `OpenSloError`.

    Without one only the end of a run tells: what was never shown is an event that no counter sees.
    """
    spec, objective = document.spec, document.spec.objectives[0]
    threshold, ratio = spec.indicator.spec.thresholdMetric, spec.indicator.spec.ratioMetric
    if threshold is not None:
        source, within_ms = threshold.metricSource.spec, objective.value
    elif ratio is not None:
        source, within_ms = ratio.good.metricSource.spec, ratio.good.metricSource.spec.within_ms
    if within_ms is None:
        return None
    return Indicator(
        document.metadata.name, document.metadata.displayName, spec.service, objective.target, objective.displayName,
        _days(spec.timeWindow[0].duration), CARRIERS[source.sample], within_ms / 1000,
    )


def _days(duration: str) -> int:
    """`28d` and `4w` are 28; an SLO over hours or months has no days, and is refused."""
    factors = {"d": 1, "w": 7}
    if duration[-1] not in factors:
        raise OpenSloError(f"the time window {duration} is not one of days or weeks")
    return int(duration[:-1]) * factors[duration[-1]]
