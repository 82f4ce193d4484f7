"""The reference driver, deaf to one kind of observation each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatproof.drivers.interface import DeviceSpec, MarkerSeen, Observation, PresenceSeen, Provisioned, Roster
from chatproof.drivers.reference import ReferenceDriver


class Deaf:
    """A session that keeps one kind of observation to itself."""

    def __init__(self, session: Any, kind: type) -> None:
        self._session = session
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def receive(self, frame: bytes, now_ns: int) -> Sequence[Observation]:
        return [each for each in self._session.receive(frame, now_ns) if not isinstance(each, self._kind)]


class SeesNoMarker(ReferenceDriver):
    """Receipts are claimed and never seen."""

    def session(self, *, device: DeviceSpec, roster: Roster, provisioned: Provisioned, seed: int) -> Any:
        made = super().session(device=device, roster=roster, provisioned=provisioned, seed=seed)
        return Deaf(made, MarkerSeen)


class SeesNoPresence(ReferenceDriver):
    """Presence is claimed and never seen."""

    def session(self, *, device: DeviceSpec, roster: Roster, provisioned: Provisioned, seed: int) -> Any:
        made = super().session(device=device, roster=roster, provisioned=provisioned, seed=seed)
        return Deaf(made, PresenceSeen)
