"""Stage that forgets persons: at the request of a sender on `complaints`, and by the tombstones on `forgotten`."""

from collections.abc import Iterator, Sequence

import structlog
from sqlalchemy import Engine

from app.operations.forgetting.forgetting import Forgetting, tombstones
from app.operations.forgetting.person import sender_of
from bus.errors import Reject
from bus.port import Outgoing, Record
from config.database import read_transaction, write_transaction
from messages import codec
from messages.forgotten import Forgotten
from messages.shapes import Complaint
from messages.topics import COMPLAINTS
from normalize.revision import lock_decisions
from privacy.forgetting_store import end_wait, keep_waiting, known_requests
from privacy.forgotten import forgotten_complaints, forgotten_senders
from privacy.tables import WaitingRequest

_log = structlog.get_logger()


class ForgetStage:
    """See `bus.worker.Stage`. A request is on `complaints`: there the own link or the device has proven its sender.

    A tombstone that was applied has no effect. The same request gives the same tombstones again. A request may come
    before its report, which is at another door, or in its spool: it waits for the report.
    """

    def __init__(self, engine: Engine, forgetting: Forgetting) -> None:
        self._engine = engine
        self._forgetting = forgetting

    def handle(self, records: Sequence[Record]) -> Sequence[Outgoing]:
        """Forget each person who asks for it. Return the tombstones."""
        outputs = [*self._waiting()]
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
        request = WaitingRequest(complaint_id=report_id, message_id=complaint.message_id, at=complaint.at)
        with read_transaction(self._engine) as connection:
            sender = sender_of(connection, report_id)
        if sender is None:
            sender = self._wait(request)
        return () if sender is None else self._forget(request, sender)

    def _wait(self, request: WaitingRequest) -> str | None:
        """Let a request wait for its report; return the sender if the report was decided meanwhile."""
        with write_transaction(self._engine) as connection:
            # No report is decided between the look for it and the row.
            lock_decisions(connection)
            sender = sender_of(connection, request.complaint_id)
            if sender is None:
                keep_waiting(connection, request)
        _log.info("person.not_known_yet", complaint_id=str(request.complaint_id))
        return sender

    def _waiting(self) -> Iterator[Outgoing]:
        """Forget each person whose request has waited, and whose report is known now."""
        with read_transaction(self._engine) as connection:
            known = known_requests(connection)
        for request, sender in known:
            yield from self._forget(request, sender)

    def _forget(self, request: WaitingRequest, sender: str) -> Sequence[Outgoing]:
        erasure = self._forgetting.forget(sender, request.at, "sender")
        _log.info("person.forgotten", complaint_id=str(request.complaint_id), messages=len(erasure.person.messages))
        return tombstones(erasure.person, request.at, "sender", request.message_id)

    def _apply(self, tombstone: Forgotten) -> None:
        with write_transaction(self._engine) as connection:
            end_wait(connection, tombstone.complaint_ids)
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
