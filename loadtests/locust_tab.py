"""The tab "chatproof" of Locust's web UI: where the run is, the SLOs so far, and the guarantees judged meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from flask import Response, request
from locust.env import Environment
from locust.web import WebUI

from chatproof.dashboards.openslo import load_slos
from chatproof.loadtests.locust_run import LedRun
from chatproof.loadtests.slo_board import Row, slo_rows

KEY = "chatproof"
_COLUMNS = {"what": "What", "objective": "Objective", "measured": "So far", "state": "State"}
_REQUESTS = "/stats/requests"
_NS = 1e9


def add_tab(web_ui: WebUI, environment: Environment, current: Callable[[], LedRun | None]) -> None:
    """Add the tab, and its rows to what the page asks for every two seconds."""
    app: Any = web_ui.app
    web_ui.template_args |= {
        "extended_tabs": [{"title": KEY, "key": KEY}],
        "extended_tables": [
            {"key": KEY, "structure": [{"key": key, "title": title} for key, title in _COLUMNS.items()]}
        ],
    }

    @app.after_request  # type: ignore[untyped-decorator]
    def add_rows(response: Response) -> Response:
        if request.path.endswith(_REQUESTS) and response.is_json:
            # The page sorts by the field `name`, which is no column of this table.
            rows = [
                {"name": f"{place:03}", **msgspec.structs.asdict(row)}
                for place, row in enumerate(rows_of(environment, current()))
            ]
            more = {"extended_stats": [{"key": KEY, "data": rows}]}
            response.set_data(msgspec.json.encode(response.get_json() | more))
        return response


def rows_of(environment: Environment, run: LedRun | None) -> list[Row]:
    """What the tab shows now."""
    entries = environment.stats.entries.values()
    measured = {entry.name: (entry.response_times, entry.num_failures) for entry in entries}
    slos = run.prepared.slos if run is not None and run.prepared is not None else load_slos()
    return [*_run_rows(run), *slo_rows(slos, measured), *_guarantee_rows(run)]


def _run_rows(run: LedRun | None) -> list[Row]:
    """Where the run is, and what went wrong."""
    if run is None:
        return [Row("run", "", "", "not started")]
    rows = [Row("run", "", run.prepared.run_dir if run.prepared else "", run.phase)]
    if run.going is not None:
        rows.append(Row("devices", "", f"{run.going.live_devices} live", ""))
        rows.append(Row("sends without an outcome", "", str(run.going.unknown), ""))
    rows += [Row("problem", "", problem, "invalid") for problem in run.problems]
    if run.written is not None:
        rows.append(Row("judge it", "", f"chatproof check {run.written.run_dir}", ""))
    return rows


def _guarantee_rows(run: LedRun | None) -> list[Row]:
    """The guarantees that can be judged meanwhile, the broken ones with what broke them first."""
    if run is None or run.prepared is None:
        return []
    judged_s = run.going.judged_ns / _NS if run.going else 0.0
    broken = {each.guarantee: each.told for each in run.going.violations} if run.going else {}
    upto = f"judged up to {judged_s:.1f} s"
    return [
        Row(name, "no violation", broken.get(name, upto), _state(name in broken, judged_s))
        for name in run.prepared.guarantees
    ]


def _state(is_broken: bool, judged_s: float) -> str:
    return "broken" if is_broken else "holds so far" if judged_s else "not judged yet"
