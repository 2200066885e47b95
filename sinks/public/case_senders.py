"""Senders of the cases of the public view, and which of the answered reports are theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from sinks.ledger.case_course import CaseCourse
from sinks.ledger.relations.relation_links import RelationLinks, SenderCase
from sinks.ledger.relations.sender_acts import SenderFacts, read_sender_facts


@dataclass(frozen=True, slots=True)
class CaseSenders:
    """The sender of each case and of each report that an agency answered, and what the senders of cases did."""

    senders: Mapping[UUID, SenderCase]
    facts: Mapping[SenderCase, SenderFacts]

    def hides(self, case_id: UUID) -> bool:
        """Return whether the sender withdrew the case, made it confidential, or asked to forget it, by any report."""
        facts = self.facts[self.senders[case_id]]
        return facts.withdrawn_at is not None or facts.is_confidential or facts.asks_to_be_forgotten

    def is_private(self, case_id: UUID) -> bool:
        """Return whether one of the sender's reports about the matter is anonymous or confidential."""
        return self.facts[self.senders[case_id]].is_private

    def is_theirs(self, case_id: UUID, complaint_id: UUID | None) -> bool:
        """Return whether the sender of the case wrote this report. A report that a person merged may be another's."""
        return complaint_id is not None and self.senders[complaint_id] == self.senders[case_id]


def read_case_senders(connection: Connection, courses: Mapping[UUID, CaseCourse]) -> CaseSenders:
    """Return the senders of cases, given their courses."""
    answered = {step.answered_id for course in courses.values() for step in course.steps if step.answered_id}
    links = RelationLinks(connection)
    facts = read_sender_facts(connection, links, (), courses.keys())
    return CaseSenders(links.sender_cases({*courses, *answered}), facts)
