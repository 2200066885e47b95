"""The sentences on the page after an act. The address names the act, so the page tells only what is stored."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from desk.acts.answers import OfficerAnswers
from desk.pages import wording
from desk.units.tiers import Tier
from pages.translation.message import Message


class DoneAct(NamedTuple):
    """An act that was just done: the number of its case, by which a browser drops the draft of its text."""

    number: str
    sentences: Sequence[Message]


def done_act(answers: OfficerAnswers, tier: Tier, act_id: str) -> DoneAct | None:
    """Return an act about a case of the tier; `None` for the id of anything else."""
    try:
        act = answers.given(tier, UUID(act_id))
    except ValueError:
        return None
    if act is None:
        return None
    sentence = wording.ACTS_DONE[act.verdict].filled(number=act.tracking)
    return DoneAct(act.tracking, (sentence,) if act.is_published else (sentence, wording.ACT_WAITS))
