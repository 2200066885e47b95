"""Answers of agencies for tests."""

from typing import Any

from app.assembly.parts import Parts
from app.clock import utc_now
from app.operations.agency_answers import AgencyAnswers
from messages import ids
from messages.answer_check import content_id
from messages.shapes import AgencyAnswer, Dispatch, Verdict
from tests.conftest import NOW
from tests.support.stages import ANSWER_KEYS


def unsigned_answer(
    dispatch: Dispatch, verdict: Verdict, suggested_agency: str | None = None, **changed: Any
) -> AgencyAnswer:
    """Return an answer of the agency that has the dispatch, as it was published before authenticators existed."""
    answer = AgencyAnswer(
        id=ids.answer_id(dispatch.id, verdict, "", suggested_agency),
        message_id=dispatch.message_id,
        at=NOW,
        complaint_id=dispatch.complaint_id,
        dispatch_id=dispatch.id,
        agency=dispatch.agency,
        verdict=verdict,
        suggested_agency=suggested_agency,
    )
    return answer.model_copy(update=changed)


def signed(answer: AgencyAnswer) -> AgencyAnswer:
    """Return the answer as its agency publishes it, for stages of `tests.support.stages`."""
    return ANSWER_KEYS.sign(answer.model_copy(update={"id": content_id(answer.dispatch_id, answer)}))


def answer(
    parts: Parts, number: str, verdict: str, text: str, suggested_agency: str | None, actor: str = "petugas-1"
) -> AgencyAnswer:
    """Publish an answer of the agency that has the complaint now."""
    answers = AgencyAnswers(parts.engine, parts.bus, parts.registry, parts.audit_log, parts.keys.answer_keys)
    return answers.publish(number, verdict, text, suggested_agency, utc_now(), actor)
