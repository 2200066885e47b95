"""Words of the public view for states."""

from collections.abc import Callable

from pages.translation.message import Message
from pages.wording.cases import REPORT_STATES
from sinks.public.queries import ShownReport

# A report in any other state, as one that is at triage again, is shown as the first of these.
_PUBLIC_STATES = ("diteruskan", "ditangani", "menunggu-anda", "dijawab", "selesai", "dibuka-lagi")

# Characters of a heading that is made of the text.
_MAX_HEADING = 70


def state_label(state: str) -> Message:
    """Return the words for a state."""
    return REPORT_STATES[state if state in _PUBLIC_STATES else _PUBLIC_STATES[0]]


def heading(report: ShownReport, topic_name: Callable[[str], str]) -> str:
    """Return the heading of a report: its title, or the first words of its text, or its topic.

    A heading from the text ends after a whole word. All of it is masked already.
    """
    if report.title:
        return report.title
    words = report.text.split()
    heading_words: list[str] = []
    for word in words:
        if len(" ".join((*heading_words, word))) > _MAX_HEADING:
            break
        heading_words.append(word)
    if not heading_words:
        return topic_name(report.topic)
    return " ".join(heading_words) + ("" if len(heading_words) == len(words) else " …")
