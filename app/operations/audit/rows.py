"""Rows of the audit log and their chain of hashes. The checks are pure."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlmodel import Field, Index, SQLModel

from config.table_declaration import declared, kept
from messages.shapes import AuditHead, iso

# Previous hash of the first row.
FIRST_PREVIOUS_HASH = "0" * 64


class AuditLogRow(SQLModel, table=True):
    """One row per action. `at` is the text that the hash covers: RFC 3339, UTC, milliseconds."""

    __tablename__ = "audit_log"
    # Leads to the latest acts of one kind by one person.
    __table_args__ = (
        Index("ix_audit_log_action", "action", "actor", "seq"),
        declared(
            kept("acts of staff; a changed row would break the chain, and reasons name no citizen"),
            retention="staff-acts",
        ),
    )

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: str
    actor: str
    action: str
    subject: str
    why: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class StaffAction:
    """Action of a person. `action` is a name such as `dead_letters.redrive`; `subject` holds the ids of its objects."""

    at: str
    actor: str
    action: str
    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class ChainedAction:
    """Action as stored. `hash` covers everything, including `previous`, the hash of the row before."""

    seq: int
    act: StaffAction
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class ChainVerification:
    """Number of valid rows and the hash of the last one. `fault` describes the first invalid row; empty without one.

    `heads` is the number of published heads that the log was compared with.
    """

    rows: int
    head: str
    fault: str = ""
    heads: int = 0


def chain_action(seq: int, act: StaffAction, previous: str) -> ChainedAction:
    """Return the action with its hash: SHA-256 of a JSON with sorted names, no spaces and only ASCII."""
    fields = {"seq": seq, "previous": previous, **asdict(act)}
    # SQLite can hold bytes in a text column, if somebody writes them there; `repr` makes them hashable.
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), default=repr)
    return ChainedAction(seq, act, previous, hashlib.sha256(canonical.encode()).hexdigest())


def verify_chain(
    rows: Iterable[ChainedAction], noted_hash: str = "", heads: Sequence[AuditHead] = ()
) -> ChainVerification:
    """Check all rows in their order.

    `noted_hash` is an earlier last hash that some row must still have. `heads` are the published ones.
    """
    count, head = 0, FIRST_PREVIOUS_HASH
    noted_hash_exists = noted_hash in {"", FIRST_PREVIOUS_HASH}
    heads_by_row = _heads_by_row(heads)
    confirmed_row = 0
    for row in rows:
        row_heads = heads_by_row.pop(row.seq, ())
        if fault := _fault_of_row(row, count + 1, head) or _fault_of_heads(row, row_heads, confirmed_row):
            return ChainVerification(count, head, fault, len(heads))
        count, head = row.seq, row.hash
        confirmed_row = count if row_heads else confirmed_row
        noted_hash_exists = noted_hash_exists or head == noted_hash
    fault = "" if noted_hash_exists else _fault_of_noted_hash(noted_hash, count)
    return ChainVerification(count, head, _fault_of_length(count, heads_by_row) or fault, len(heads))


def _heads_by_row(heads: Iterable[AuditHead]) -> dict[int, Sequence[AuditHead]]:
    heads_by_row: defaultdict[int, list[AuditHead]] = defaultdict(list)
    for head in heads:
        heads_by_row[head.rows].append(head)
    return dict(heads_by_row)


def _fault_of_heads(row: ChainedAction, heads: Iterable[AuditHead], confirmed_row: int) -> str:
    """Return the fault of a row whose hash is not that of a published head. Rows up to `confirmed_row` agree."""
    differing_head = next((head for head in heads if head.hash != row.hash), None)
    if differing_head is None:
        return ""
    return (
        f"Row {row.seq} has another hash than the head that was published on {iso(differing_head.at)}: "
        f"the log was rewritten after row {confirmed_row}."
    )


def _fault_of_length(count: int, later_heads: Mapping[int, Sequence[AuditHead]]) -> str:
    """Return the fault of a log that has fewer rows than published heads say."""
    if not later_heads:
        return ""
    head = later_heads[max(later_heads)][0]
    return (
        f"The head that was published on {iso(head.at)} has {head.rows} rows: the rows after row {count} were deleted."
    )


def _fault_of_noted_hash(noted_hash: str, count: int) -> str:
    return f"No row has the hash {noted_hash}: the rows after row {count} were deleted, or the log was rewritten."


def _fault_of_row(row: ChainedAction, expected_seq: int, expected_previous: str) -> str:
    if row.seq != expected_seq:
        return f"Row {row.seq} is in the place of row {expected_seq}."
    if row != chain_action(row.seq, row.act, row.previous):
        return f"Row {row.seq} does not match its hash: it was changed, inserted or moved."
    if row.previous != expected_previous:
        return f"Row {row.seq} does not follow the row before it: one of the two was replaced."
    return ""
