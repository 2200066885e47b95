"""Words of the public view for states."""

from pages.translation.message import Message
from pages.wording.cases import REPORT_STATES

# A report in any other state, as one that is at triage again, is shown as the first of these.
_PUBLIC_STATES = ("diteruskan", "ditangani", "menunggu-anda", "dijawab", "selesai", "dibuka-lagi")


def state_label(state: str) -> Message:
    """Return the words for a state."""
    return REPORT_STATES[state if state in _PUBLIC_STATES else _PUBLIC_STATES[0]]
