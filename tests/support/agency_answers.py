"""Answers of agencies for tests."""

from app.assembly.parts import Parts
from app.clock import utc_now
from app.operations.agency_answers import AgencyAnswers
from messages.shapes import AgencyAnswer


def answer(
    parts: Parts, number: str, verdict: str, text: str, suggested_agency: str | None, actor: str = ""
) -> AgencyAnswer:
    """Publish an answer of the agency that has the complaint now."""
    answers = AgencyAnswers(parts.engine, parts.bus, parts.registry, parts.audit_log)
    return answers.publish(number, verdict, text, suggested_agency, utc_now(), actor)
