"""The files that are generated from the SLOs and from the declared metrics: `python -m chatproof.dashboards.generated`.

They are committed, so that Prometheus and Grafana can use them as they are; a test says that they agree.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from chatproof.dashboards.boards import grafana_json
from chatproof.dashboards.burn_rates import Windows, windows_for
from chatproof.dashboards.document import metrics_page
from chatproof.dashboards.indicators import Indicator, indicator_of
from chatproof.dashboards.openslo import SLO_DIRECTORY, load_slo
from chatproof.dashboards.panels import run_board, slo_board
from chatproof.dashboards.rules import rules_of

RUN_WINDOW = "1m"
"""Over which the run's dashboard takes rates: four scrapes at Prometheus' usual 15 s."""

_HEAD = "# Generated from dashboards/slos by `make docs`; change those.\n"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def indicators() -> tuple[Indicator, ...]:
    """Every SLO that can be watched, by file name."""
    found = (indicator_of(load_slo(path)) for path in sorted(SLO_DIRECTORY.glob("*.yaml")))
    return tuple(each for each in found if each is not None)


def rule_file(windows_of: Callable[[int], Windows] = windows_for) -> str:
    """The rules of every SLO as YAML; `windows_of` gives the windows of a period of days."""
    rules = rules_of((each, windows_of(each.days)) for each in indicators())
    return _HEAD + yaml.dump(rules, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def files() -> Mapping[str, Callable[[], str]]:
    """Path below the project's root → its text."""
    watched = indicators()
    return {
        "dashboards/generated/rules.yaml": rule_file,
        "dashboards/generated/slos.json": lambda: grafana_json(slo_board(watched, windows_for(watched[0].days))),
        "dashboards/generated/run.json": lambda: grafana_json(run_board(RUN_WINDOW)),
        "docs/METRICS.md": metrics_page,
    }


def main() -> int:
    """Write every file anew."""
    root = Path(__file__).resolve().parent.parent
    for name, text in files().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
