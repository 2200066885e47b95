"""Order of the changes of cases: numbers that agencies' programs continue from without missing a change.

The bus's time cannot serve as such a number: a case may be committed later than another one with a later time. Numbers
are assigned under a lock that is held until the commit, so a reader that sees a number sees all lower ones.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, JSON, ColumnElement, Connection, Integer, Row, Select, String, bindparam, func, select
from sqlmodel import col

from cases.facts.tables import ComplaintFact
from cases.words.tables import CaseWords
from config.conditions import is_one_of
from config.database import DatabaseLock, lock_until_commit
from config.row_insertion import insert_or_replace_rows
from desk.acts.tables import DeskHolder
from desk.read_model.documents import is_document_of
from desk.read_model.tables import DeskCase, DeskCaseChange
from desk.units.tiers import HOLDING, Tier, is_in_tier

# Changes that one call reads when it looks for cases in one state. It bounds the work of a call.
_MAX_SCANNED = 1000
_CASE_COLUMNS = tuple(col(getattr(DeskCase, name)) for name in DeskCase.model_fields)
_DETAILS = (col(CaseWords.document), col(CaseWords.shape_version), col(ComplaintFact.received_at))
_CASES = select(col(DeskCase.dispatch_id), col(DeskCase.agency)).where(
    is_one_of(col(DeskCase.complaint_id), bindparam("ids"))
)
_CHANGES = (
    select(col(DeskCaseChange.dispatch_id), col(DeskCaseChange.seq))
    .where(col(DeskCaseChange.agency) == bindparam("agency"), col(DeskCaseChange.seq) > bindparam("after"))
    .order_by(col(DeskCaseChange.seq))
    .limit(bindparam("limit", type_=Integer))
)
_CHANGED_CASES: Select[*tuple[Any, ...]] = (
    select(*_CASE_COLUMNS, *_DETAILS, *HOLDING)
    .outerjoin(DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id))
    .join(CaseWords, is_document_of(DeskCase))
    .outerjoin(ComplaintFact, col(ComplaintFact.id) == col(DeskCase.complaint_id))
    .where(is_one_of(col(DeskCase.dispatch_id), bindparam("ids")))
)


@dataclass(frozen=True, slots=True)
class ChangedCases:
    """Cases in the order of their last change, after a number.

    A row has the columns of `DeskCase` and `HOLDING`, `document`, `shape_version` and `received_at`. `last_seq` is the
    number to continue from; `None` if nothing has changed after the given number.
    """

    rows: Sequence[Row[Any]]
    last_seq: int | None


def number_changes(connection: Connection, cases: Mapping[UUID, str]) -> None:
    """Give each of these cases the next number of its agency. `cases` has the agency of each dispatch."""
    if not cases:
        return
    lock_until_commit(connection, DatabaseLock.DESK)
    by_agency: defaultdict[str, list[UUID]] = defaultdict(list)
    for dispatch_id, agency in cases.items():
        by_agency[agency].append(dispatch_id)
    last_seqs = _last_seqs(connection, by_agency)
    rows = [
        {"dispatch_id": dispatch_id, "agency": agency, "seq": seq}
        for agency, dispatch_ids in sorted(by_agency.items())
        for seq, dispatch_id in enumerate(dispatch_ids, start=last_seqs[agency] + 1)
    ]
    insert_or_replace_rows(connection, DeskCaseChange, rows)


def number_cases_of(connection: Connection, complaint_ids: Collection[UUID]) -> None:
    """Number a change of all cases of these complaints. It is for facts from which no row of `DeskCase` is derived."""
    if complaint_ids:
        rows = connection.execute(_CASES, {"ids": complaint_ids})
        number_changes(connection, {row.dispatch_id: row.agency for row in rows})


def read_changes(
    connection: Connection,
    tier: Tier,
    after: int,
    limit: int,
    states: Collection[str] = (),
    *,
    danger_waits: bool = False,
) -> ChangedCases:
    """Return the tier's cases that changed after a number, at most `limit`; each case once, as it is now.

    `states` are the states that are asked for; none for all. `danger_waits`: only cases with a danger to life without
    an answer. With one of them, and in a tier of units, a call may return fewer cases, or none, and yet a number to
    continue from. A number that the agency has not reached, after its database was restored, is taken for 0: no change
    may be missed.
    """
    agency = tier.agency
    most = limit if tier.is_whole and not states and not danger_waits else _MAX_SCANNED
    scanned = _scan(connection, agency, after, most)
    if not scanned and after > _last_seqs(connection, [agency])[agency]:
        scanned = _scan(connection, agency, 0, most)
    if not scanned:
        return ChangedCases((), None)
    numbers = {row.dispatch_id: row.seq for row in scanned}
    conditions = [
        *([is_one_of(col(DeskCase.state), states)] if states else []),
        *([col(DeskCase.danger_since).is_not(None)] if danger_waits else []),
        *([] if tier.is_whole else [is_in_tier(tier)]),
    ]
    rows = sorted(_cases(connection, list(numbers), conditions), key=lambda row: numbers[row.dispatch_id])
    if len(rows) > limit:
        return ChangedCases(rows[:limit], numbers[rows[limit - 1].dispatch_id])
    return ChangedCases(rows, scanned[-1].seq)


def _scan(connection: Connection, agency: str, after: int, limit: int) -> Sequence[Row[UUID, int]]:
    return connection.execute(_CHANGES, {"agency": agency, "after": after, "limit": limit}).all()


def _cases(
    connection: Connection, dispatch_ids: Sequence[UUID], conditions: Sequence[ColumnElement[bool]]
) -> Sequence[Row[Any]]:
    query = _CHANGED_CASES.where(*conditions) if conditions else _CHANGED_CASES
    return connection.execute(query, {"ids": dispatch_ids}).all()


def _last_seqs(connection: Connection, agencies: Collection[str]) -> Mapping[str, int]:
    """Return the highest number of each agency; 0 without one."""
    rows = connection.execute(_last_seqs_query(connection.dialect.name), {"agencies": list(agencies)})
    return {agency: seq or 0 for agency, seq in rows}


@cache
def _last_seqs_query(dialect: str) -> Select[Any]:
    """Return the query, built once. It looks into the index once for each agency; a maximum by group would read all."""
    if dialect == "postgresql":
        array = bindparam("agencies", type_=ARRAY(String))
        agencies = func.unnest(array).table_valued("value").render_derived()
    else:
        agencies = func.json_each(bindparam("agencies", type_=JSON)).table_valued("value")
    seqs = select(col(DeskCaseChange.seq)).where(col(DeskCaseChange.agency) == agencies.c.value)
    return select(agencies.c.value, seqs.order_by(col(DeskCaseChange.seq).desc()).limit(1).scalar_subquery())
