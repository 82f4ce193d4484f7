"""Two verdicts beside each other, for the terminal: what changed, then every SLO with its interval."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chatproof.checkers.results import GuaranteeResult, SloResult
from chatproof.report.comparison import Change, Comparison
from chatproof.report.wording import interval, number, quantity

_STYLES: dict[Change, str] = {"worse": "bold red", "better": "green", "unclear": "yellow", "same": "dim"}


def print_comparison(compared: Comparison, console: Console) -> None:
    """Print the sentence, the caveats, the guarantees that changed and all SLOs."""
    style = "bold red" if compared.regressions else "bold green"
    console.print(Text(compared.sentence, style=style), soft_wrap=True)
    for caveat in compared.caveats:
        console.print(Text(f"! {caveat}", style="yellow"))
    if any(pair.change != "same" for pair in compared.guarantees):
        console.print(_guarantees(compared))
    if compared.slos:
        console.print(_slos(compared))


def _guarantees(compared: Comparison) -> Table:
    table = Table("guarantee", "before", "after", "", box=None, title="Guarantees that changed", title_justify="left")
    for pair in compared.guarantees:
        if pair.change != "same":
            table.add_row(pair.name, _result(pair.before), _result(pair.after), Text(pair.change, _STYLES[pair.change]))
    return table


def _slos(compared: Comparison) -> Table:
    table = Table("SLO", "before", "after", "", box=None, title="SLOs, with 95 % intervals", title_justify="left")
    for pair in compared.slos:
        table.add_row(pair.name, _value(pair.before), _value(pair.after), Text(pair.change, _STYLES[pair.change]))
    return table


def _result(result: GuaranteeResult | None) -> Text:
    if result is None:
        return Text("–")
    return Text(f"broken {number(result.violation_count)}×" if result.result == "broken" else result.result)


def _value(slo: SloResult | None) -> Text:
    return Text("–" if slo is None else f"{quantity(slo.value, slo.unit)} {interval(slo)}, {slo.result}")
