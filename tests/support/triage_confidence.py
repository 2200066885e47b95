"""The rule of the confidence at triage, checked on every output of a router under test."""

from collections.abc import Sequence

from bus.port import Outgoing
from messages import codec
from messages.shapes import Dispatch
from messages.topics import TRIAGE

# The threshold of the shipped tables; that of the small tables is lower.
_THRESHOLD = 0.6


def check_confidence_at_triage(outputs: Sequence[Outgoing]) -> None:
    """Check that each dispatch to triage has a smaller confidence than an agency would need."""
    queued = [output for output in outputs if output.topic == f"agency-{TRIAGE}"]
    confidences = [codec.decode(Dispatch, output.value, output.headers).confidence for output in queued]
    assert all(confidence < _THRESHOLD for confidence in confidences), confidences
