"""Reports of forgotten persons in the router: no dispatch with their words is published or stays stored."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import Connection, select, update
from sqlmodel import col

from config.conditions import is_one_of
from config.database import changed_rows
from messages.codec import decode_stored
from messages.forgotten import forgotten_complaint, forgotten_dispatch
from messages.shapes import AgencyAnswer, Complaint, Dispatch
from privacy.forgotten import forgotten_complaints
from router.store import RoutedDispatch


def unless_forgotten(complaints: Mapping[str, Complaint], forgotten_ids: Collection[UUID]) -> Mapping[str, Complaint]:
    """Return the complaints by the same keys; of forgotten persons, what remains of theirs."""
    return {
        key: forgotten_complaint(complaint) if complaint.id in forgotten_ids else complaint
        for key, complaint in complaints.items()
    }


def answer_unless_forgotten(connection: Connection, answer: AgencyAnswer) -> AgencyAnswer:
    """Return the answer; to a forgotten person, without its words."""
    is_forgotten = forgotten_complaints(connection, [answer.complaint_id])
    return answer.model_copy(update={"text": ""}) if is_forgotten else answer


def redraw_dispatches(connection: Connection, complaint_ids: Collection[UUID]) -> int:
    """Remove the words from the stored dispatches of these complaints. Return the number of dispatches."""
    columns = (col(RoutedDispatch.complaint_id), col(RoutedDispatch.hop))
    count = 0
    query = select(*columns, col(RoutedDispatch.shape_version), col(RoutedDispatch.dispatch))
    for complaint_id, hop, version, stored in connection.execute(
        query.where(is_one_of(columns[0], complaint_ids))
    ).all():
        dispatch = forgotten_dispatch(decode_stored(Dispatch, version, stored))
        values = {"dispatch": dispatch.model_dump_json(), "shape_version": Dispatch.version}
        statement = update(RoutedDispatch).where(columns[0] == complaint_id, columns[1] == hop)
        count += changed_rows(connection.execute(statement.values(values)))
    return count
