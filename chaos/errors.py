"""What can go wrong while breaking things. Each message is one sentence for a person.

    ChaosError
    ├── LinkError           Toxiproxy refused, did not answer, or a toxic is not what was asked for
    ├── ProbeError          what a probe met instead of a round trip
    │   ├── ProbeSilent     no answer in time
    │   ├── ProbeCut        the connection was refused, reset or closed
    │   ├── HandshakeRefused  what answers there makes no WebSocket of it
    │   ├── TurnedAway      the target works, and lets nobody in without a credential
    │   └── Distrusted      the target's certificate is not trusted
    ├── EffectNotSeen       the fault is applied and no probe sees it
    └── TargetError         about the processes of the target
        ├── PortTaken       something else listens where it should
        ├── NeverReady      it runs and does not serve in time, or ended before it served
        └── TargetDied      it ended though nobody asked it to
"""

from __future__ import annotations


class ChaosError(Exception):
    """Something could not be broken, mended or looked at."""


class LinkError(ChaosError):
    """Toxiproxy refused, did not answer, or a toxic is not what was asked for."""


class ProbeError(ChaosError):
    """What a probe met instead of a round trip."""


class ProbeSilent(ProbeError):
    """No answer in time."""


class ProbeCut(ProbeError):
    """The connection was refused, reset or closed."""


class HandshakeRefused(ProbeError):
    """Something answers, and makes no WebSocket of the connection."""


class TurnedAway(ProbeError):
    """The target answers, and lets nobody in without a credential."""


class Distrusted(ProbeError):
    """The target's certificate is not trusted, or is not of its name."""


class EffectNotSeen(ChaosError):
    """The fault is applied and no probe sees it."""


class TargetError(ChaosError):
    """About the processes of the target."""


class PortTaken(TargetError):
    """Something else listens where the target should."""


class NeverReady(TargetError):
    """It runs and does not serve in time, or ended before it served; the message ends with its last words."""


class TargetDied(TargetError):
    """It ended though nobody asked it to; the message ends with its last words."""
