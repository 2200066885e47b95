"""Heads of the audit log on the bus: whoever writes the database alone cannot shorten or rewrite the log unnoticed."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime

from bus.port import Bus, Outgoing, Producer
from messages import codec, ids
from messages.shapes import AuditHead
from messages.topics import AUDIT_HEADS

_SOURCE = "/satu-pintu/operations"
_KEY = "audit-log"


class AuditHeads:
    """Publishes and reads heads. `open_bus` is called at the first use. Call `close` at the end."""

    def __init__(self, open_bus: Callable[[], Bus]) -> None:
        self._open_bus = open_bus
        self._producer: Producer | None = None

    def publish(self, rows: int, head: str, at: datetime) -> None:
        """Publish the number and the hash of the last row. Raises the errors of `bus.port.Producer`."""
        id_ = ids.audit_head_id(rows, head)
        audit_head = AuditHead(id=id_, message_id=id_, at=at, rows=rows, hash=head)
        if self._producer is None:
            self._producer = self._open_bus().producer()
        self._producer.publish([Outgoing(AUDIT_HEADS, *codec.encode(audit_head, _KEY, _SOURCE))])

    def read(self) -> list[AuditHead]:
        """Return all heads in the order of the topic. Raises `CodecError` for a record that is no head."""
        with closing(self._open_bus().reader()) as reader:
            return [codec.decode(AuditHead, record.value, record.headers) for record in reader.read([AUDIT_HEADS])]

    def close(self) -> None:
        """Close the producer, if a head was published."""
        if self._producer is not None:
            self._producer.close()
            self._producer = None
