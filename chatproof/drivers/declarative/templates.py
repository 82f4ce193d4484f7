"""Templates of a file: JSON with placeholders in its texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chatproof.drivers.errors import DriverUnknown

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class Template:
    """One template: `key` is where it stands. Raises `DriverUnknown` for a placeholder that has no meaning there."""

    __slots__ = ("_value",)

    def __init__(self, file: str, key: str, value: Any, known: Sequence[str]) -> None:
        for text in _texts(value):
            for name in _PLACEHOLDER.findall(text):
                if name not in known:
                    listed = ", ".join(f"{{{each}}}" for each in known)
                    raise DriverUnknown(f"In {file}, {key}: {{{name}}} is no placeholder there; there are {listed}.")
        self._value = value

    def fill(self, **values: Any) -> Any:
        """The template with its placeholders replaced."""
        return _filled(self._value, values)


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        alone = _PLACEHOLDER.fullmatch(value)
        return values[alone[1]] if alone else _PLACEHOLDER.sub(lambda found: str(values[found[1]]), value)
    if isinstance(value, dict):
        return {name: _filled(each, values) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
