"""The sentences on the page after an act. The address names the act, so the page tells only what is stored."""

from collections.abc import Sequence
from uuid import UUID

from desk.acts.answers import OfficerAnswers
from desk.pages import wording
from pages.translation.message import Message


def done_sentences(answers: OfficerAnswers, agency: str, act_id: str) -> Sequence[Message]:
    """Return the sentences about an act of the agency's officers; none for the id of anything else."""
    try:
        act = answers.given(agency, UUID(act_id))
    except ValueError:
        return ()
    if act is None:
        return ()
    sentence = wording.ACTS_DONE[act.verdict].filled(number=act.tracking)
    return (sentence,) if act.is_published else (sentence, wording.ACT_WAITS)
