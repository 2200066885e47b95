"""Asks senders if the Ombudsman may have the case, and tells `oversight` of the answers: each once, by derived ids."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, select, update
from sqlmodel import col

from bus.port import Outgoing
from cases.facts.tables import ComplaintFact
from config.conditions import is_one_of
from config.row_insertion import insert_missing_rows
from messages.channels import ReplyForm
from messages.shapes import Channel, OversightEvent
from oversight.notices.consent_messages import (
    AskedCase,
    answer_event,
    event_message,
    question_event,
    question_messages,
)
from oversight.notices.consents import answer_of
from oversight.notices.notice_transaction import notice_transaction
from oversight.notices.publisher import Publish
from oversight.notices.tables import OversightConsent, OversightNotice

# Cases of one transaction. The bus is written to within it.
_CASES_AT_ONCE = 200

_log = structlog.get_logger()


class Asking(NamedTuple):
    """How senders are asked.

    `forms` are the forms of replies by channel: where everybody reads a reply (`post`) nobody is asked, because there
    is no private way back. `link_of` returns the own link to the report of a message, `forgotten` those of some
    complaints whose senders are forgotten.
    """

    forms: Mapping[Channel, ReplyForm]
    link_of: Callable[[UUID], str]
    forgotten: Callable[[Connection, Collection[UUID]], Collection[UUID]]


class ConsentPublisher:
    """Publishes what is due, until `stopping` is set. `NoticeThread` calls it.

    A process that ends between bus and database publishes the same messages again, with the same ids.
    """

    def __init__(
        self,
        engine: Engine,
        publish: Publish,
        stopping: threading.Event,
        asking: Asking,
    ) -> None:
        self._engine = engine
        self._publish = publish
        self._stopping = stopping
        self._asking = asking

    def publish_due(self, until: datetime) -> int:
        """Publish every question and answer whose moment is not after `until`; return the number of events.

        Raises `DatabaseUnavailable` and `Retry`.
        """
        published = 0
        while not self._stopping.is_set():
            cases, events = self._publish_some(until)
            published += events
            if cases < _CASES_AT_ONCE:
                break
        return published

    def _publish_some(self, until: datetime) -> tuple[int, int]:
        """Publish for some cases; return the numbers of cases and of events."""
        with notice_transaction(self._engine) as connection:
            rows = _due_rows(connection, until)
            events, messages = self._due_messages(connection, rows)
            if messages:
                self._publish(messages)
            self._store(connection, [row.complaint_id for row in rows], events)
        for event in events:
            _log.info("ombudsman.consent_told", event_kind=event.event, complaint_id=str(event.subject))
        return len(rows), len(events)

    def _due_messages(
        self, connection: Connection, rows: Sequence[OversightConsent]
    ) -> tuple[Sequence[OversightEvent], Sequence[Outgoing]]:
        cases = _cases(connection, {id_ for row in rows for id_ in (row.complaint_id, row.answer_id) if id_})
        forgotten = self._asking.forgotten(connection, [row.complaint_id for row in rows])
        events: list[OversightEvent] = []
        messages: list[Outgoing] = []
        for row in rows:
            case, answer = cases[row.complaint_id], answer_of(row)
            if answer and answer.complaint_id in cases:
                events.append(answer_event(case, answer, cases[answer.complaint_id].message_id))
                messages.append(event_message(events[-1]))
            elif row.ask_at and case.id not in forgotten and self._asking.forms.get(case.channel) != "post":
                events.append(question_event(case, row.ask_at))
                link = self._asking.link_of(case.message_id)
                messages += question_messages(case, row.ask_at, self._asking.forms, link)
        return events, messages

    def _store(self, connection: Connection, case_ids: Sequence[UUID], events: Sequence[OversightEvent]) -> None:
        """Store the events that are told now; their facts come by the topic. Nobody is asked in the other cases."""
        if not case_ids:
            return
        is_case = is_one_of(col(OversightConsent.complaint_id), case_ids)
        connection.execute(update(OversightConsent).where(is_case).values(next_at=None))
        notices = [{"id": event.id, "complaint_id": event.subject} for event in events]
        insert_missing_rows(connection, OversightNotice, notices)


def _due_rows(connection: Connection, until: datetime) -> Sequence[OversightConsent]:
    columns = OversightConsent.__table__.columns  # type: ignore[attr-defined]
    query = (
        select(*columns)
        .where(col(OversightConsent.next_at) <= until)
        .order_by(col(OversightConsent.next_at), col(OversightConsent.complaint_id))
        .limit(_CASES_AT_ONCE)
    )
    return [OversightConsent(**row) for row in connection.execute(query).mappings()]


def _cases(connection: Connection, report_ids: Collection[UUID]) -> Mapping[UUID, AskedCase]:
    columns: Sequence[Any] = [col(getattr(ComplaintFact, name)) for name in AskedCase._fields]
    rows = connection.execute(select(*columns).where(is_one_of(col(ComplaintFact.id), report_ids)))
    return {row.id: AskedCase(*row) for row in rows}
