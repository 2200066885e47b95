"""Words of the public view for states and headings."""

from collections.abc import Callable

from pages.translation.message import Message
from pages.wording.cases import REPORT_STATES, report_heading
from sinks.public.queries import ShownReport

# A report in any other state, as one that is at triage again, is shown as the first of these.
_PUBLIC_STATES = ("diteruskan", "ditangani", "menunggu-anda", "dijawab", "selesai", "dibuka-lagi")


def state_label(state: str) -> Message:
    """Return the words for a state."""
    return REPORT_STATES[state if state in _PUBLIC_STATES else _PUBLIC_STATES[0]]


def heading(report: ShownReport, topic_name: Callable[[str], str]) -> str:
    """Return the heading of a report: its title, or the first words of its text, or its topic. All of it is masked."""
    return report_heading(report.title, report.text) or topic_name(report.topic)
