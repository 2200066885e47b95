"""Removes words and contacts of a person from every table of `treatments.py` that has some. It may be repeated."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select, update
from sqlmodel import SQLModel, col

from app.operations.forgetting.files import delete_files, delete_upload_parts, delete_uploads, empty_devices
from app.operations.forgetting.person import Person
from cases.facts.tables import DispatchFact
from cases.pictures.tables import AnswerPicture
from cases.words.forgotten import blank_stored_words
from config.conditions import is_one_of
from config.database import changed_rows
from desk.acts.tables import DeskAct, DeskAssignment, DeskNote
from desk.read_model import forgotten as desk
from desk.units.tables import DeskContribution
from ingest.door_store import DetailsRequest, PublicNotice
from ingest.mobile.tables import DeviceMessage
from ingest.twitter.recent_posts import PostRow
from ingest.web.contact_proof.tables import ContactRow
from normalize.conversation.tables import SenderReportRow
from normalize.decision_store import MarkRow
from normalize.duplicates.store.tables import ComparableRow
from router import forgotten as router
from sinks.public.tables import PublicReport
from sinks.replies import forgotten as replies

# Returns the number of rows that were deleted or emptied.
Step = Callable[[Connection, Person], int]


def _rows_deleted(table: type[SQLModel], column: Any, values: Callable[[Person], Collection[Any]]) -> Step:
    def step(connection: Connection, person: Person) -> int:
        return changed_rows(connection.execute(delete(table).where(is_one_of(column, values(person)))))

    return step


def _complaints(person: Person) -> Collection[Any]:
    return person.complaint_ids


def _messages(person: Person) -> Collection[Any]:
    return person.message_ids


def _senders(person: Person) -> Collection[Any]:
    return person.senders


def _of_dispatches(
    table: type[SQLModel], column: Any, values: dict[str, str], *conditions: ColumnElement[bool]
) -> Step:
    """Return the step that empties rows about dispatches of the person's complaints."""

    def step(connection: Connection, person: Person) -> int:
        dispatches = select(col(DispatchFact.id)).where(is_one_of(col(DispatchFact.complaint_id), person.complaint_ids))
        statement = update(table).where(column.in_(dispatches), *conditions)
        return changed_rows(connection.execute(statement.values(values)))

    return step


def _by_complaints(redraw: Callable[[Connection, Collection[Any]], int]) -> Step:
    return lambda connection, person: redraw(connection, person.complaint_ids)


def _by_messages(empty: Callable[[Connection, Collection[Any]], int]) -> Step:
    return lambda connection, person: empty(connection, person.message_ids)


# In this order: files are found by the dispatches, and devices by their messages. The index of words is written with
# the cases.
STEPS: Mapping[str, Step] = MappingProxyType(
    {
        "ingest_attachment": _by_complaints(delete_files),
        "ingest_device": _by_messages(empty_devices),
        "ingest_upload_part": _by_messages(delete_upload_parts),
        "ingest_upload": _by_messages(delete_uploads),
        "ingest_device_message": _rows_deleted(DeviceMessage, col(DeviceMessage.message_id), _messages),
        "ingest_asked_for_more": _rows_deleted(DetailsRequest, col(DetailsRequest.sender), _senders),
        "ingest_public_notice": _rows_deleted(PublicNotice, col(PublicNotice.sender), _senders),
        "ingest_x_post": _rows_deleted(PostRow, col(PostRow.message_id), _messages),
        "web_contact": _rows_deleted(ContactRow, col(ContactRow.message_id), _messages),
        "normalize_seen": _rows_deleted(MarkRow, col(MarkRow.complaint_id), _complaints),
        "normalize_sender_report": _rows_deleted(SenderReportRow, col(SenderReportRow.complaint_id), _complaints),
        "normalize_matter": _rows_deleted(ComparableRow, col(ComparableRow.complaint_id), _complaints),
        "router_dispatch": _by_complaints(router.redraw_dispatches),
        "case_words": _by_complaints(blank_stored_words),
        "case_answer_picture": _rows_deleted(AnswerPicture, col(AnswerPicture.complaint_id), _complaints),
        "public_report": _rows_deleted(PublicReport, col(PublicReport.complaint_id), _complaints),
        "replies_outbox": _by_complaints(replies.empty_replies),
        "replies_recipient": _by_complaints(replies.delete_recipients),
        "desk_act": _of_dispatches(
            DeskAct, col(DeskAct.dispatch_id), {"answer": "{}"}, col(DeskAct.published_at).is_not(None)
        ),
        "desk_assignment": _of_dispatches(DeskAssignment, col(DeskAssignment.dispatch_id), {"why": ""}),
        "desk_note": _rows_deleted(DeskNote, col(DeskNote.complaint_id), _complaints),
        "desk_contribution": _rows_deleted(DeskContribution, col(DeskContribution.complaint_id), _complaints),
        "desk_case": _by_complaints(desk.redraw_cases),
    }
)


def erase(connection: Connection, person: Person) -> dict[str, int]:
    """Remove words and contacts of the person. Return the numbers of rows by table."""
    return {table: step(connection, person) for table, step in STEPS.items()}
