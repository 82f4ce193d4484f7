"""The main job on the real server, and what becomes of its verdict when somebody tampers with its history."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from playwright.sync_api import Page

from chatproof.checkers.history.history import History
from chatproof.checkers.judge import judge
from chatproof.checkers.results import Verdict
from chatproof.scenarios.catalogue import EVERY_GUARANTEE
from tests.report.html.opened import MAX_BYTES, OPENS_MS, open_page, shown_numbers, verdict_numbers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

LAST_DELIVERY = """
    SELECT d.dev, d.conv, d.seq FROM deliveries d JOIN operations o USING (op)
    WHERE o.outcome = 'ok' AND o.kind = 'send' AND d.via = 'live' AND d.dev <> o.dev
      AND d.t_ns < (SELECT min(start_req_ns) FROM faults)
    ORDER BY d.rec DESC LIMIT 1
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of one default run."""
    out = tmp_path_factory.mktemp("default")
    command = [sys.executable, "-m", "chatproof.cli.main", "gate", "--out", str(out), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=360, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return next(out.iterdir())


def verdict_of(run: Path) -> Verdict:
    """The verdict that the run ended with."""
    return msgspec.json.decode((run / "verdict.json").read_bytes(), type=Verdict)


@pytest.fixture
def tables(run: Path, tmp_path: Path) -> Path:
    """A copy of only the tables and run.json, without its segments."""
    shutil.copytree(run / "history", tmp_path / "history")
    document = json.loads((run / "run.json").read_text())
    document["segments"] = []
    (tmp_path / "run.json").write_text(json.dumps(document))
    return tmp_path


def rewrite(tables: Path, name: str, query: str) -> None:
    """Replace a table by what a query over the tables of the run gives; `FROM` names are tables."""
    part = tables / "history" / f"{name}.part"
    with duckdb.connect() as sql:
        for path in sorted((tables / "history").glob("*.parquet")):
            sql.execute(f"CREATE VIEW {path.stem} AS SELECT * FROM read_parquet('{path}')")
        sql.execute(f"COPY ({query}) TO '{part}' (FORMAT parquet)")
    part.rename(tables / "history" / f"{name}.parquet")


def judged(tables: Path) -> Verdict:
    """What the judge says of the tables now."""
    with History.open(tables) as history:
        return judge(history)


def broken(verdict: Verdict) -> set[str]:
    """The names of the broken guarantees."""
    return {result.name for result in verdict.guarantees if result.result == "broken"}


def test_the_run_did_what_was_promised(run: Path) -> None:
    """Sends, deliveries, resumes and faults reach their numbers; every guarantee is held and every SLO met."""
    verdict = verdict_of(run)
    assert verdict.verdict == "pass"
    assert verdict.totals["acked_sends"] >= 11_000
    assert verdict.totals["deliveries_judged"] >= 120_000
    assert verdict.totals["resumes_with_gap"] >= 60
    held = {result.name for result in verdict.guarantees if result.result == "held"}
    assert set() == set(EVERY_GUARANTEE) - held
    assert {"met"} == {slo.result for slo in verdict.slos}
    assert [] == [fault for fault in verdict.faults if None in (fault.effect_seen_ns, fault.stop_confirmed_ns)]


def test_tables_and_run_document_alone_give_the_same_verdict(run: Path, tables: Path) -> None:
    """`chatproof check` on the copy writes the same results, times of judging aside."""
    command = [sys.executable, "-m", "chatproof.cli.main", "check", str(tables), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr

    def timeless(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "guarantees": [{**each, "seconds": 0} for each in document["guarantees"]]}

    assert timeless(json.loads((run / "verdict.json").read_text())) == timeless(json.loads(done.stdout))


def remove_last_delivery(tables: Path) -> None:
    """The last delivery of an acked op at one device is gone."""
    rewrite(
        tables, "deliveries",
        f"WITH victim AS ({LAST_DELIVERY}) SELECT d.* FROM deliveries d "
        "ANTI JOIN victim v ON v.dev = d.dev AND v.conv = d.conv AND v.seq = d.seq AND d.scope = 'conv'",
    )  # fmt: skip


def show_again(tables: Path) -> None:
    """One shown row is appended again with a fresh `rec`."""
    rewrite(
        tables, "deliveries",
        f"WITH victim AS ({LAST_DELIVERY}), fresh AS (SELECT max(rec) + 1000000 AS rec FROM deliveries) "
        "SELECT * FROM deliveries UNION ALL "
        "SELECT d.* REPLACE (f.rec AS rec) FROM deliveries d JOIN victim v ON v.dev = d.dev AND v.conv = d.conv "
        "AND v.seq = d.seq AND d.scope = 'conv' AND d.shown, fresh f",
    )  # fmt: skip


def exchange_two(tables: Path) -> None:
    """All columns but worker, rec and t_ns of two live rows of one device and conversation change places."""
    rewrite(
        tables, "deliveries",
        f"""
        WITH victim AS ({LAST_DELIVERY}), pair AS (
            SELECT d.worker, d.rec, d.t_ns, row_number() OVER (ORDER BY d.rec) AS place, count(*) OVER () AS n
            FROM deliveries d JOIN victim v ON v.dev = d.dev AND v.conv = d.conv
            WHERE d.scope = 'conv' AND d.via = 'live' AND d.seq <= v.seq
        ), two AS (
            SELECT a.worker, a.rec AS at, b.rec AS takes FROM pair a JOIN pair b ON a.worker = b.worker
            WHERE (a.place = a.n AND b.place = a.n - 1) OR (a.place = a.n - 1 AND b.place = a.n)
        )
        SELECT d.* FROM deliveries d ANTI JOIN two ON two.worker = d.worker AND two.at = d.rec
        UNION ALL
        SELECT other.* REPLACE (here.rec AS rec, here.t_ns AS t_ns)
        FROM two JOIN deliveries here ON here.worker = two.worker AND here.rec = two.at
        JOIN deliveries other ON other.worker = two.worker AND other.rec = two.takes
        ORDER BY worker, rec
        """,
    )  # fmt: skip


def change(column: str) -> Callable[[Path], None]:
    """One value of a column of one live delivery is another."""

    def tamper(tables: Path) -> None:
        rewrite(
            tables, "deliveries",
            f"WITH victim AS ({LAST_DELIVERY}) SELECT d.* REPLACE (CASE WHEN v.dev IS NULL THEN d.{column} "
            f"ELSE (d.{column} + 1)::{'BIGINT' if column == 'body_hash' else 'INTEGER'} END AS {column}) "
            "FROM deliveries d LEFT JOIN victim v ON v.dev = d.dev AND v.conv = d.conv AND v.seq = d.seq "
            "AND d.scope = 'conv' AND d.via = 'live'",
        )  # fmt: skip

    return tamper


@pytest.mark.parametrize(
    ("tamper", "name"),
    [
        (remove_last_delivery, "no-lost-message"),
        (show_again, "shown-once"),
        (exchange_two, "ordered-stream"),
        (change("body_hash"), "no-phantom"),
        (change("seq"), "one-id-per-seq"),
    ],
    ids=["removed", "again", "exchanged", "body", "seq"],
)
def test_one_altered_row_is_found(tables: Path, tamper: Callable[[Path], None], name: str) -> None:
    """One row among two hundred thousand is altered: the guarantee names it."""
    tamper(tables)
    verdict = judged(tables)
    assert ("fail", 10) == (verdict.verdict, verdict.exit)
    assert name in broken(verdict)


def test_without_its_faults_the_run_is_no_pass(tables: Path) -> None:
    """An emptied faults table: what was promised was not done."""
    rewrite(tables, "faults", "SELECT * FROM faults WHERE false")
    assert judged(tables).verdict in {"invalid", "inconclusive"}


def test_a_repeated_operation_is_no_evidence(tables: Path) -> None:
    """Two operations with one id: the history is invalid."""
    rewrite(
        tables, "operations",
        "SELECT * FROM operations UNION ALL SELECT * REPLACE (rec + 1000000 AS rec) FROM operations "
        "WHERE op = (SELECT min(op) FROM operations)",
    )  # fmt: skip
    assert judged(tables).verdict == "invalid"


def test_an_empty_history_is_no_pass(tables: Path) -> None:
    """Tables without a row: nothing was judged."""
    for path in sorted((tables / "history").glob("*.parquet")):
        rewrite(tables, path.stem, f"SELECT * FROM {path.stem} WHERE false")
    assert judged(tables).verdict in {"invalid", "inconclusive"}


def test_the_report_opens_and_says_what_the_verdict_says(run: Path, page: Page) -> None:
    """In under two seconds, under 3 MB, without a word on the console, with the numbers of verdict.json."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    assert open_page(page, run) < OPENS_MS
    assert [] == said
    assert (run / "report.html").stat().st_size < MAX_BYTES
    assert verdict_numbers(json.loads((run / "verdict.json").read_text())) == shown_numbers(page)
