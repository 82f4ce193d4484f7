"""Which version a program of somebody else is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ASK_S = 10
"""Longest time for a program that prints its version and exits."""


def version_of(program: Path, flag: str) -> str:
    """The version that it prints when asked by this flag, as digits and dots; empty if it does not run or has none."""
    try:
        run = subprocess.run([program, flag], capture_output=True, text=True, timeout=ASK_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"version v?(\d+(?:\.\d+)+)", run.stdout + run.stderr)
    return match[1] if match else ""


def major_minor(version: str) -> tuple[int, ...]:
    """Its first two numbers, to be compared; nothing, which is less than any, where the version is empty."""
    return tuple(int(part) for part in version.split(".")[:2]) if version else ()
