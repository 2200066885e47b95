"""Builds the hand-over of cases to the Ombudsman from the parts of the process."""

from collections.abc import Callable, Sequence

from app.assembly.parts import Parts
from app.operations.ombudsman.case_reader import CaseReader
from app.operations.ombudsman.hand_over import HandOver
from bus.port import Outgoing


def hand_over(parts: Parts, publish: Callable[[Sequence[Outgoing]], None]) -> HandOver:
    """Return the hand-over. `publish` returns when the bus has the messages."""
    reader = CaseReader(parts.engine, parts.ledger, parts.deadlines, parts.sealer.open)
    return HandOver(parts.engine, reader, parts.audit_log, publish)
