"""Sentences of the ledger's pages that follow from a report's state."""

from messages.replies.reply_texts import UNNAMED_AGENCY
from messages.replies.report_states import SET_ASIDE_SENTENCES, STATE_SENTENCES
from pages.translation.message import Message
from sinks.ledger.status import ReportStatus


def page_sentence(status: ReportStatus, *, names_agency: bool, to_sender: bool = False) -> Message:
    """Return the state in a sentence, as in SMS, with the agency's name however long it is. Pages translate it.

    `to_sender`: nobody but the sender of the report reads it.
    """
    values = {"number": status.tracking, "agency": status.agency or UNNAMED_AGENCY}
    if status.set_aside:
        return Message(SET_ASIDE_SENTENCES.get(status.set_aside, SET_ASIDE_SENTENCES[""]), values)
    sentence = (status.sender_sentences if to_sender else STATE_SENTENCES)[status.state]
    return Message(sentence.named if names_agency and status.agency else sentence.unnamed, values)
