"""Builds the parts of the desk from the parts of the process. Each is built at its first use."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from uuid import UUID

from accounts.account_store import AccountStore
from app.assembly.desk.institutions import RegistryInstitutions
from app.assembly.desk.mail import MailParts
from app.assembly.desk.officers import AccountRecipients, DigestFacts, desk_links
from app.assembly.desk.own_figures import WeeklyNumbers, summary_reader
from app.assembly.desk.telling import contribution_teller, teller, unit_teller
from app.assembly.desk.webhooks import delivery_worker
from app.assembly.parts import Parts
from app.assembly.pictures import open_file
from app.operations.audit.log import AuditLog
from app.operations.corrections import Corrections
from app.operations.duplicates.decision_publisher import DecisionPublisher
from bus.errors import Retry
from bus.port import Outgoing, Producer
from desk.acts.act_publisher import ActPublisher, answer_message
from desk.acts.act_queue import ActQueue
from desk.acts.answer_pictures import AnswerPictures
from desk.acts.answers import OfficerAnswers
from desk.acts.case_work import CaseWork
from desk.acts.divisions import Divisions
from desk.acts.public_release import ReleaseActs
from desk.acts.recommendation_answers import RecommendationAnswers
from desk.acts.releases import EndedReleases, Releases
from desk.acts.unopposed_closing import UnopposedClosing
from desk.escalation.unit_deadlines import UnitDeadlines
from desk.units.contributions import UnitContributions
from desk.units.passing import UnitPassing
from desk.units.units import Units
from desk.webhooks.worker import SwitchedOffWebhook
from messages.sealing import Sealed
from messages.shapes import AgencyAnswer, Contact, Correction
from sinks.public.releases import PublicReleases

# Errors after which an act is published later: the bus is away.
_PUBLISH_RETRIES = (Retry,)
# Pause between two searches for acts that are not published yet.
_PUBLISHER_SECONDS = 5.0
_CLOSING_SECONDS = 60.0
# Days end at midnight: whoever comes in the morning finds the cases released.
_RELEASE_SECONDS = 60.0
_UNIT_DEADLINES_SECONDS = 60.0


class DeskParts:
    """Parts of the desk in one process."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @cached_property
    def institutions(self) -> RegistryInstitutions:
        """The registry, as the desk needs it."""
        return RegistryInstitutions(lambda: self._parts.registry)

    @cached_property
    def audit_log(self) -> AuditLog:
        """The audit log for persons who have signed in. Their names stand for themselves."""
        return AuditLog(self._parts.engine, self._parts.audit_heads)

    @cached_property
    def answers(self) -> OfficerAnswers:
        """The answers of officers."""
        parts = self._parts
        return OfficerAnswers(
            parts.engine, self.institutions, self.audit_log.append, self._act_queue, parts.deadlines, parts.now
        )

    @cached_property
    def recommendation_answers(self) -> RecommendationAnswers:
        """The answers of officers to recommendations of overseers."""
        parts = self._parts
        return RecommendationAnswers(self.answers, self.audit_log.append, self.publish_messages, parts.now)

    @cached_property
    def divisions(self) -> Divisions:
        """The divisions of reports by officers."""
        return Divisions(self.audit_log.append, self.publish_messages, self._parts.now)

    @cached_property
    def release_acts(self) -> ReleaseActs | None:
        """The acts of officers about the public view; `None` without one."""
        parts = self._parts
        if not parts.settings.public_view:
            return None
        return ReleaseActs(PublicReleases(parts.engine, parts.now), self.audit_log.append, parts.now)

    def publish_messages(self, messages: Sequence[Outgoing]) -> None:
        """Publish messages. Raises the errors of the bus."""
        self.producer.publish(messages)

    @cached_property
    def answer_pictures(self) -> AnswerPictures:
        """The pictures of answers. Institutions share places and space for files with the doors of the process."""
        parts, doors = self._parts, self._parts.doors
        return AnswerPictures(parts.engine, parts.sealer, self._place, doors.file_space.take, parts.now)

    def _place(self, agency: str) -> AbstractContextManager[None]:
        return self._parts.doors.file_limit.slot(client=agency)

    @cached_property
    def _act_queue(self) -> ActQueue:
        parts = self._parts
        return ActQueue(parts.engine, parts.keys.answer_keys, self.publish, parts.now, _PUBLISH_RETRIES)

    @cached_property
    def case_work(self) -> CaseWork:
        """Notes, templates, units and officers."""
        return CaseWork(self._parts.engine, self.audit_log.append, self._parts.now, self._parts.randomness.new_id)

    @cached_property
    def units(self) -> Units:
        """The trees of the institutions' units."""
        return Units(self._parts.engine, self.audit_log.append, self._parts.now)

    @cached_property
    def passing(self) -> UnitPassing:
        """The steps of cases between units."""
        parts = self._parts
        tell = unit_teller(parts)
        return UnitPassing(parts.engine, self.audit_log.append, parts.now, parts.randomness.new_id, tell)

    @cached_property
    def contributions(self) -> UnitContributions:
        """The contributions of units to cases."""
        parts = self._parts
        tell = contribution_teller(parts)
        return UnitContributions(parts.engine, self.audit_log.append, parts.now, parts.randomness.new_id, tell)

    @cached_property
    def producer(self) -> Producer:
        """The producer of the acts. An officer waits for it, as a citizen does at a door."""
        return self._parts.core.door_producer()

    def publish(self, answer: AgencyAnswer) -> None:
        """Publish an answer. Raises the errors of the bus."""
        self.producer.publish([answer_message(answer)])

    def open_contact(self, sealed: str, message_id: UUID) -> Contact:
        """Return the identity of a sender. Who calls it has checked the right and recorded the act."""
        return Contact.model_validate_json(self._parts.sealer.open(Sealed(sealed), message_id))

    def open_file(self, file_id: UUID) -> bytes | None:
        """Return the bytes of a file of a report or of an answer; `None` if it was deleted."""
        return open_file(self._parts.engine, self._parts.sealer, file_id)

    def threads(self, stopping: threading.Event) -> Iterable[tuple[str, Callable[[], None]]]:
        """Return what runs beside the stage, with the names of the threads."""
        parts = self._parts
        publisher = ActPublisher(self._act_queue, parts.now, stopping, _PUBLISHER_SECONDS)
        yield "desk-acts", publisher.run
        decisions = DecisionPublisher(parts.engine, self._publish_correction, parts.now, stopping, _PUBLISHER_SECONDS)
        yield "desk-decisions", decisions.run
        releases = Releases(parts.engine, self.audit_log.append, parts.now, parts.randomness.new_id)
        yield "desk-releases", EndedReleases(releases, stopping, _RELEASE_SECONDS).run
        closing = UnopposedClosing(parts.engine, self.answers, parts.now, stopping, _CLOSING_SECONDS, parts.deadlines)
        yield "desk-closing", closing.run
        units = UnitDeadlines(
            parts.engine,
            teller(parts),
            parts.deadlines.calendar,
            parts.now,
            stopping,
            _UNIT_DEADLINES_SECONDS,
        )
        yield "desk-unit-deadlines", units.run
        mail = self._mail()
        on_switched_off = mail.on_switched_off if mail else _tell_nobody
        yield (
            "webhooks",
            delivery_worker(parts.doors, on_switched_off, stopping).run,
        )
        if mail:
            yield from mail.threads(stopping)

    def _publish_correction(self, correction: Correction) -> None:
        """Publish a stored decision. The producer connects at its first use."""
        Corrections(self._parts.engine, self.producer, self.audit_log).publish(correction)

    def close(self) -> None:
        """Close the producer, if it was used."""
        if "producer" in vars(self):
            self.producer.close()

    def _mail(self) -> MailParts | None:
        """Return the e-mail to officers, `None` without a mail server."""
        parts = self._parts
        if not parts.settings.smtp_host:
            return None
        facts = DigestFacts(parts.engine, parts.now, self.institutions)
        recipients = AccountRecipients(AccountStore(parts.engine, parts.now), parts.now)
        links = desk_links(parts.settings.desk_reached_at)
        return MailParts(
            parts.engine,
            parts.sealer,
            parts.settings,
            parts.now,
            recipients,
            facts.counts,
            facts.zone,
            links,
            self.institutions.name,
            parts.randomness.token_hex,
            recipients.leaders,
            WeeklyNumbers(summary_reader(parts, self.institutions), parts.now).facts,
        )


def _tell_nobody(_webhook: SwitchedOffWebhook) -> None:
    """Do nothing: there is no mail server. The log event and the alert remain."""
