"""What a page is made of, before there is any HTML: sections of figures and tables, with every number in its cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from chatproof.report.wording import number

Tone = Literal["", "good", "bad", "open", "faint"]
Form = Literal["text", "code", "number"]


class Cell(NamedTuple):
    """One cell of a table.

    Attributes:
        text: what a person reads.
        value: the number as verdict.json or a table has it, for machines; empty for what is no number.
        note: a second line in small print.
        link: the anchor on this page that it leads to.
    """

    text: str
    value: str = ""
    note: str = ""
    tone: Tone = ""
    form: Form = "text"
    link: str = ""


class Table(NamedTuple):
    """Rows under a heading; the first cell of a row is its name. `is_folded`: a reader opens it."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    is_folded: bool = False

    def form(self, column: int) -> Form:
        """How a column is set: as its first cell is."""
        return self.rows[0][column].form if self.rows else "text"


class Key(NamedTuple):
    """An entry of a figure's key: a colour of the style sheet (without its dashes) and what it stands for."""

    colour: str
    text: str


class Figure(NamedTuple):
    """A picture: what it shows, a sentence on how to read it, its SVG (trusted: made by us), its numbers."""

    title: str
    caption: str
    svg: str
    keys: Sequence[Key] = ()
    numbers: Table | None = None


class Section(NamedTuple):
    """A part of the page. `absent` says why there is nothing to show, where there is nothing."""

    anchor: str
    title: str
    lead: str = ""
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    absent: str = ""


def count_cell(value: int, tone: Tone = "") -> Cell:
    """A count."""
    return Cell(number(value), str(value), tone=tone, form="number")


def not_recorded(anchor: str, title: str, absent: Sequence[str]) -> Section:
    """A section of a run that lacks the tables it rests on."""
    return Section(anchor, title, absent=f"Not recorded: this run has no table {', '.join(absent)}.")
