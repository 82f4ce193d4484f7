"""Support agents beside ordinary users: `locust -f examples/personas/locustfile.py -u 60 -r 20 -t 30s --headless`."""

from chatproof.loadtests.locustfile import ChatUser
from chatproof.loadtests.personas import Persona

__all__ = ["ChatUser", "SupportAgent"]


class SupportAgent(ChatUser):
    """Two in twelve. Answers in one-to-one conversations, reads up on them, and marks what was read at once."""

    weight = 2
    persona = Persona(
        name="support-agent", sends_per_s=0.5, reads_per_s=0.2, receipt_interval_s=0.2, kinds=("direct",)
    )
