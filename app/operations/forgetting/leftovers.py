"""What forgetting cannot take back: copies of agencies and the Ombudsman, posts, records until their end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, select
from sqlmodel import col

from app.operations.forgetting.person import Person
from app.operations.ombudsman.tables import OmbudsmanExport
from cases.facts.conditions import IS_SET_ASIDE
from cases.facts.tables import ComplaintFact, DispatchFact, EventFact
from config.conditions import is_one_of
from desk.mail.tables import NoticeRow
from desk.webhooks.tables import DeliveryRow
from messages.topics import RETENTION_DAYS

_RETENTION = timedelta(days=RETENTION_DAYS)
_POSTS = "twitter"
_TRIAGE = "triage"


@dataclass(frozen=True, slots=True)
class AgencyCopy:
    """An agency that had a report in its queue. `told_by` are the further ways: `webhook`, `mail`."""

    number: str
    agency: str
    since: datetime
    told_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leftovers:
    """The list for the person and for the officer.

    `post_numbers` are reports that stand on X as their sender's own posts. `on_topics_until` is the day on which the
    last record of the person expires: until then its words on `complaints` and `agency-…` are in clear, and so are the
    archives. `shared_seal_numbers` are messages whose contact can be opened until then. `ombudsman_numbers` are reports
    of which a file for the Ombudsman was made, with name and contact.
    """

    agencies: tuple[AgencyCopy, ...]
    post_numbers: tuple[str, ...]
    on_topics_until: datetime | None
    shared_seal_numbers: tuple[str, ...]
    ombudsman_numbers: tuple[str, ...]


def read_leftovers(connection: Connection, person: Person) -> Leftovers:
    """Return what stays elsewhere of the messages of a person."""
    ids = sorted(person.complaint_ids)
    numbers: dict[UUID, str] = {}
    posts: list[str] = []
    columns = (col(ComplaintFact.id), col(ComplaintFact.tracking), col(ComplaintFact.channel))
    for id_, tracking, channel in connection.execute(select(*columns).where(is_one_of(columns[0], ids))):
        numbers[id_] = tracking
        if channel == _POSTS:
            posts.append(tracking)
    sent = (col(DispatchFact.complaint_id), col(DispatchFact.agency), col(DispatchFact.at))
    is_agency = (is_one_of(sent[0], ids), sent[1] != _TRIAGE)
    rows = connection.execute(select(*sent).where(*is_agency).order_by(sent[2]))
    dispatches = [(row[0], row[1], row[2]) for row in rows]
    handed_over = _handed_over(connection, ids)
    numbers |= _set_aside_numbers(connection, person)
    received_at = [message.received_at for message in person.messages if message.received_at]
    shared = [message.complaint_id for message in person.messages if message.has_shared_seal]
    return Leftovers(
        agencies=_copies(connection, numbers, dispatches),
        post_numbers=tuple(sorted(posts)),
        on_topics_until=max(received_at) + _RETENTION if received_at else None,
        shared_seal_numbers=tuple(sorted(numbers[id_] for id_ in shared if id_ in numbers)),
        ombudsman_numbers=tuple(sorted(numbers[id_] for id_ in handed_over if id_ in numbers)),
    )


def _handed_over(connection: Connection, complaint_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these complaints of which a file was made; the event may not be on the topic yet."""
    exported = select(col(OmbudsmanExport.complaint_id)).where(
        is_one_of(col(OmbudsmanExport.complaint_id), complaint_ids)
    )
    is_event = (
        is_one_of(col(EventFact.subject), complaint_ids),
        col(EventFact.event) == "handed-to-ombudsman",
    )
    told = select(col(EventFact.subject)).where(*is_event)
    return {*connection.execute(exported).scalars(), *connection.execute(told).scalars()}


def _copies(
    connection: Connection, numbers: dict[UUID, str], dispatches: Sequence[tuple[UUID, str, datetime]]
) -> tuple[AgencyCopy, ...]:
    notices = _notices(connection, numbers.values())
    first: dict[tuple[str, str], datetime] = {}
    for complaint_id, agency, at in dispatches:
        first.setdefault((numbers[complaint_id], agency), at)
    return tuple(
        AgencyCopy(number, agency, at, tuple(kind for kind in ("webhook", "mail") if (number, agency, kind) in notices))
        for (number, agency), at in first.items()
    )


def _notices(connection: Connection, numbers: Collection[str]) -> set[tuple[str, str, str]]:
    notices: set[tuple[str, str, str]] = set()
    is_delivered = (is_one_of(col(DeliveryRow.number), numbers), col(DeliveryRow.status) == "delivered")
    delivered = select(col(DeliveryRow.number), col(DeliveryRow.agency)).where(*is_delivered)
    notices.update((row.number, row.agency, "webhook") for row in connection.execute(delivered))
    is_notified = (is_one_of(col(NoticeRow.number), numbers), col(NoticeRow.notified_at).is_not(None))
    notified = select(col(NoticeRow.number), col(NoticeRow.agency)).where(*is_notified)
    notices.update((row.number, row.agency, "mail") for row in connection.execute(notified))
    return notices


def _set_aside_numbers(connection: Connection, person: Person) -> dict[UUID, str]:
    by_message = {message.message_id: message.complaint_id for message in person.messages if message.message_id}
    numbers: dict[UUID, str] = {}
    columns = (col(EventFact.message_id), col(EventFact.tracking))
    is_of_person = (is_one_of(columns[0], by_message), IS_SET_ASIDE)
    for message_id, tracking in connection.execute(select(*columns).where(*is_of_person)):
        numbers[by_message[message_id]] = tracking
    return numbers
