"""The few shapes that a picture is made of, as SVG text. Whatever is written into it is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from html import escape
from typing import Literal


class Shade(Enum):
    """What a colour is for: (class, by day, by night)."""

    PAPER = ("paper", "#ffffff", "#0d1117")
    INK = ("ink", "#1f2328", "#e6edf3")
    FAINT = ("faint", "#59636e", "#9198a1")
    RULE = ("rule", "#d1d9e0", "#3d444d")
    ALARM = ("alarm", "#cf222e", "#ff7b72")
    FAULT = ("fault", "#ffd8b5", "#5a3210")
    PATH_A = ("path-a", "#0969da", "#58a6ff")
    PATH_B = ("path-b", "#8250df", "#bc8cff")
    PATH_C = ("path-c", "#1a7f37", "#3fb950")

    @property
    def word(self) -> str:
        """The class's name."""
        return self.value[0]

    @property
    def day(self) -> str:
        """The colour by day, written into each shape for renderers without style sheets."""
        return self.value[1]


_SHADES: tuple[tuple[str, str, str], ...] = tuple(shade.value for shade in Shade)
_NIGHT = " ".join(f".fill-{word}{{fill:{night}}} .line-{word}{{stroke:{night}}}" for word, _, night in _SHADES)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


def picture(width: int, height: int, title: str, description: str, parts: Iterable[str]) -> str:
    """A whole document."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" font-family="{_FONT}">',
        f"<title>{text_of(title)}</title>",
        f"<desc>{text_of(description)}</desc>",
        f"<style>@media screen and (prefers-color-scheme: dark) {{ {_NIGHT} }}</style>",
        f'<rect width="{width}" height="{height}" {_fill(Shade.PAPER)}/>',
        *parts,
        "</svg>\n",
    ])


def text_of(text: str) -> str:
    """Text that is safe in an SVG document; what XML cannot hold becomes U+FFFD."""
    return escape(_NOT_XML.sub("\ufffd", text))


def label(
    x: int, y: int, text: str, shade: Shade, size: float, *, bold: bool = False,
    anchor: Literal["start", "middle", "end"] = "start",
) -> str:
    """A line of text on its baseline."""
    weight = ' font-weight="600"' if bold else ""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x}" y="{y}" font-size="{size:g}"{weight}{place} {_fill(shade)}>{text_of(text)}</text>'


def line(points: Sequence[tuple[int, int]], shade: Shade) -> str:
    """A thin line through points."""
    path = " ".join(f"{x},{y}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke-width="1.5" {_stroke(shade)}/>'


def dot(x: int, y: int, shade: Shade, *, full: bool) -> str:
    """A mark: full, or hollow."""
    inside = shade if full else Shade.PAPER
    colours = f'fill="{inside.day}" stroke="{shade.day}" class="fill-{inside.word} line-{shade.word}"'
    return f'<circle cx="{x}" cy="{y}" r="5.5" stroke-width="1.5" {colours}/>'


def band(x: int, y: int, width: int, height: int) -> str:
    """A stretch of time under a fault."""
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" {_fill(Shade.FAULT)}/>'


def _fill(shade: Shade) -> str:
    return f'fill="{shade.day}" class="fill-{shade.word}"'


def _stroke(shade: Shade) -> str:
    return f'stroke="{shade.day}" class="line-{shade.word}"'
