"""Stage that forgets persons: at the request of a sender on `complaints`, and by the tombstones on `forgotten`."""

from collections.abc import Sequence

import structlog
from sqlalchemy import Engine

from app.operations.forgetting.forgetting import Forgetting, tombstones
from app.operations.forgetting.person import sender_of
from bus.errors import Reject
from bus.port import Outgoing, Record
from config.database import read_transaction
from messages import codec
from messages.forgotten import Forgotten
from messages.shapes import Complaint
from messages.topics import COMPLAINTS
from privacy.forgotten import forgotten_complaints, forgotten_senders

_log = structlog.get_logger()


class ForgetStage:
    """See `bus.worker.Stage`. A request is on `complaints`: there the own link or the device has proven its sender.

    A tombstone that was applied has no effect. The same request gives the same tombstones again.
    """

    def __init__(self, engine: Engine, forgetting: Forgetting) -> None:
        self._engine = engine
        self._forgetting = forgetting

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Forget each person who asks for it. Return the tombstones."""
        outputs: list[Outgoing] = []
        for record in records:
            if record.topic == COMPLAINTS:
                outputs += self._requested(_decode(Complaint, record))
            else:
                self._apply(_decode(Forgotten, record))
        return outputs

    def _requested(self, complaint: Complaint) -> Sequence[Outgoing]:
        report_id = complaint.relation.of
        if complaint.follow_up.act != "asks-to-be-forgotten" or report_id is None:
            return ()
        with read_transaction(self._engine) as connection:
            sender = sender_of(connection, report_id)
        if sender is None:
            _log.error("person.not_known", complaint_id=str(report_id))
            return ()
        erasure = self._forgetting.forget(sender, complaint.at, "sender")
        _log.info("person.forgotten", complaint_id=str(report_id), messages=len(erasure.person.messages))
        return tombstones(erasure.person, complaint.at, "sender", complaint.message_id)

    def _apply(self, tombstone: Forgotten) -> None:
        with read_transaction(self._engine) as connection:
            forgotten_at = forgotten_senders(connection, [tombstone.sender]).get(tombstone.sender)
            is_marked = forgotten_complaints(connection, tombstone.complaint_ids) == set(tombstone.complaint_ids)
        if is_marked and forgotten_at is not None and forgotten_at >= tombstone.at:
            return
        self._forgetting.forget(tombstone.sender, tombstone.at, tombstone.requested_by, tombstone.complaint_ids)
        _log.info("person.forgotten", complaint_id="", messages=len(tombstone.complaint_ids))


def _decode(shape: type[codec.T], record: Record) -> codec.T:
    try:
        return codec.decode(shape, record.value, record.headers)
    except codec.CodecError as error:
        raise Reject(error.reason, error.field) from error
