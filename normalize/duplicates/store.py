"""The matters that were seen, and the keys by which they are found: bounded for each key, so that no key gets slow.

What grows with the number of complaints is written at its end; what can't be (a key is a hash, and stands anywhere) is
small and little. So a message costs about as much with a million before it as with ten thousand.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Connection,
    Index,
    Integer,
    SmallInteger,
    TextualSelect,
    bindparam,
    delete,
    func,
    or_,
    text,
    update,
)
from sqlmodel import Field, SQLModel, col, select

from config.database import UtcDateTime, insert_statement
from messages.sealing import Sealed, Sealer
from normalize.duplicates.comparable import Comparable, pack, unpack
from normalize.duplicates.lookup_keys import LookupKeys

# A key keeps this many complaints; a later one takes the place of an earlier one.
_SLOTS = 16
# So many of the complaints with the most common keys are compared.
_CANDIDATES = 4
# What a key tells by as many as have it; of one that is full nobody knows how many more have had it.
_TELLS = (0.0, *(1 / count for count in range(1, _SLOTS)), 1 / (4 * _SLOTS))
# Few keys in common, and those many have, are no reason to compare: what they tell, summed, times the part of all the
# keys that are in common. Of those that were one matter this leaves out one in 300.
_LEAST_COMMON = 0.05
# Expired matters that one batch takes away: more than it adds, so that the table stops growing.
_PURGED = 5_000
_FIRST = -(1 << 63)
# Its multiples, of 64 bits, lie evenly (the golden section: Knuth, The Art of Computer Programming 3, 6.4).
_GOLDEN = 0x9E3779B97F4A7C15
# Keys that are looked at for expired ones, for each message: some times as many as it adds.
_SWEPT = 32
# SQLite stores rows in the order of an INTEGER, and of nothing else.
_NUMBER = cast("type[BigInteger]", BigInteger().with_variant(Integer, "sqlite"))


class ComparableRow(SQLModel, table=True):
    """What of a complaint later ones are compared with, sealed.

    `number` counts complaints as they are decided. `root` is the complaint that it belongs to, whoever wrote that;
    `own` the first of the same sender's that it repeats: each may be empty, for itself. `since` is the moment of the
    earliest of all that belong to the root.
    """

    __tablename__ = "normalize_matter"
    # Few complaints belong to others: only those are in these indexes. SQLite takes one only for the very words it has.
    __table_args__ = (
        Index(
            "ix_normalize_matter_root",
            "root",
            sqlite_where=text("root IS NOT NULL"),
            postgresql_where=text("root IS NOT NULL"),
        ),
        Index(
            "ix_normalize_matter_own",
            "own",
            sqlite_where=text("own IS NOT NULL"),
            postgresql_where=text("own IS NOT NULL"),
        ),
        Index("ix_normalize_matter_sender", "sender", sqlite_where=text("joined = 1"), postgresql_where=text("joined")),
    )

    number: int = Field(primary_key=True, sa_type=_NUMBER, sa_column_kwargs={"autoincrement": False})
    complaint_id: UUID = Field(unique=True)
    root: UUID | None
    own: UUID | None
    sender: str
    joined: bool
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    since: datetime = Field(sa_type=UtcDateTime)
    body: str


class LookupKeyRow(SQLModel, table=True):
    """A complaint, by its number, that is found under a key; `at` is when it came, in seconds of the epoch."""

    __tablename__ = "normalize_key"
    __table_args__ = {"sqlite_with_rowid": False}

    key: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    slot: int = Field(primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False})
    number: int = Field(sa_type=BigInteger)
    at: int = Field(sa_type=BigInteger)


@dataclass(frozen=True, slots=True)
class EarlierComplaint:
    """A complaint that was seen; see `ComparableRow`."""

    complaint_id: UUID
    root: UUID
    own: UUID
    since: datetime
    matter: Comparable


@dataclass(frozen=True, slots=True)
class _Statements:
    """What one database is asked in its own words: many values are one parameter, and the text is always the same."""

    keys: str
    keep: str
    matters: TextualSelect


_COLUMNS = "number, complaint_id, root, own, since, body"
_REPLACING = "ON CONFLICT (key, slot) DO UPDATE SET number = excluded.number, at = excluded.at"
_TYPED: tuple[Any, ...] = tuple(col(getattr(ComparableRow, name)) for name in _COLUMNS.split(", "))
_BY_ID = select(*_TYPED).where(col(ComparableRow.complaint_id) == bindparam("complaint_id"))
_STATEMENTS: Mapping[str, _Statements] = MappingProxyType(
    {
        "sqlite": _Statements(
            "SELECT k.key, k.slot, k.number FROM json_each(?) AS asked "
            "CROSS JOIN normalize_key AS k ON k.key = asked.value",
            f"INSERT INTO normalize_key (key, slot, number, at) VALUES (?, ?, ?, ?) {_REPLACING}",  # noqa: S608 - ours
            text(
                f"SELECT {_COLUMNS} FROM (SELECT value FROM json_each(:numbers)) AS asked "  # noqa: S608 - ours
                "CROSS JOIN normalize_matter ON normalize_matter.number = asked.value"
            ).columns(*_TYPED),
        ),
        "postgresql": _Statements(
            "SELECT key, slot, number FROM normalize_key WHERE key = ANY(%s::bigint[])",
            "INSERT INTO normalize_key (key, slot, number, at) SELECT * FROM "  # noqa: S608 - ours
            f"unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[]) {_REPLACING}",
            text(f"SELECT {_COLUMNS} FROM normalize_matter WHERE number = ANY(:numbers)").columns(*_TYPED),  # noqa: S608 - ours
        ),
    }
)


class EarlierComplaints:
    """The matters that a batch of complaints may belong to, and those of the batch itself; one batch, one transaction.

    What is added is found at once, so that it makes no difference where a batch ends.
    """

    def __init__(self, connection: Connection, sealer: Sealer, keys: Sequence[LookupKeys]) -> None:
        self._connection = connection
        self._sealer = sealer
        self._sqlite = connection.dialect.name == "sqlite"
        self._say = _STATEMENTS[connection.dialect.name]
        self._under: dict[int, dict[int, int]] = defaultdict(dict)
        self._rows: dict[int, Sequence[Any]] = {}
        self._known: dict[int, EarlierComplaint] = {}
        self._numbers: dict[UUID, int] = {}
        self._matters: dict[int, dict[str, object]] = {}
        self._keys: dict[tuple[int, int], tuple[int, int]] = {}
        self._fresh: set[int] = set()
        # Where nothing is kept any more it begins anew; an old key then leads to another complaint, which is compared.
        self._next: int = (connection.execute(select(func.max(ComparableRow.number))).scalar_one() or 0) + 1
        asked = sorted({key for each in keys for key in each.asked})
        for key, slot, number in connection.exec_driver_sql(self._say.keys, (self._many(asked),)):
            self._under[key][slot] = number
        self._before = {each: self._likeliest(each) for each in keys}
        self._read({found for likeliest in self._before.values() for found in likeliest})

    def candidates(self, keys: LookupKeys) -> Iterator[EarlierComplaint]:
        """The complaints with the most of these keys, the likeliest first; what few have tells more."""
        before = self._before.get(keys) if self._fresh.isdisjoint(keys.asked) else None
        most = self._likeliest(keys) if before is None else before
        self._read({number for number in most if number not in self._rows and number not in self._known})
        return (known for number in most if (known := self._open(number)))

    def _likeliest(self, keys: LookupKeys) -> Sequence[int]:
        shared: dict[int, float] = {}
        common: Counter[int] = Counter()
        for key in keys.asked:
            if under := self._under.get(key):
                part = _TELLS[len(under)]
                common.update(under.values())
                for number in under.values():
                    shared[number] = shared.get(number, 0.0) + part
        if keys.sender is not None:
            common.update(dict.fromkeys(self._under.get(keys.sender, {}).values(), len(keys)))
        least = _LEAST_COMMON * len(keys)
        enough = [(-share, number) for number, share in shared.items() if share * common[number] >= least]
        return [number for _, number in sorted(enough)[:_CANDIDATES]]

    def get(self, complaint_id: UUID) -> EarlierComplaint | None:
        """A complaint by its id, unless it is not kept any more."""
        if complaint_id not in self._numbers:
            self._note(self._connection.execute(_BY_ID, {"complaint_id": complaint_id}))
        number = self._numbers.get(complaint_id)
        return None if number is None else self._open(number)

    def add(self, known: EarlierComplaint, keys: LookupKeys, at: datetime, *, joined: bool) -> None:
        """What was decided: from now on it is found."""
        number, self._next = self._next, self._next + 1
        self._numbers[known.complaint_id] = number
        self._known[number] = known
        slot, seconds = number % _SLOTS, int(at.timestamp())
        self._fresh.update(keys.kept)
        for key in keys.kept:
            self._under[key][slot] = number
            self._keys[key, slot] = number, seconds
        itself = known.complaint_id
        self._matters[number] = {
            "number": number,
            "complaint_id": itself,
            "root": None if known.root == itself else known.root,
            "own": None if known.own == itself else known.own,
            "sender": known.matter.sender,
            "joined": joined,
            "at": at,
            "since": known.since,
            "body": self._sealer.seal(pack(known.matter), itself),
        }

    def joins_of(self, sender: str, since: datetime) -> int:
        """How many complaints of a sender joined somebody else's since a moment."""
        query = select(func.count()).where(
            col(ComparableRow.sender) == sender, col(ComparableRow.joined), col(ComparableRow.at) >= since
        )
        stored: int = self._connection.execute(query).scalar_one()
        return stored + sum(row["sender"] == sender and bool(row["joined"]) for row in self._matters.values())

    def earlier(self, root: EarlierComplaint, at: datetime) -> None:
        """The matter began before its first complaint came."""
        number = self._numbers[root.complaint_id]
        self._known[number] = replace(root, since=at)
        if number in self._matters:
            self._matters[number]["since"] = at
        else:
            self._connection.execute(update(ComparableRow).where(col(ComparableRow.number) == number).values(since=at))

    def write(self) -> None:
        """Keep what was added."""
        if self._matters:
            statement = insert_statement(self._connection, ComparableRow).on_conflict_do_nothing()
            self._connection.execute(statement, list(self._matters.values()))
        # In their order: neighbours are written together.
        rows = [(key, slot, *self._keys[key, slot]) for key, slot in sorted(self._keys)]
        if rows and self._sqlite:
            self._connection.exec_driver_sql(self._say.keep, rows)
        elif rows:
            self._connection.exec_driver_sql(self._say.keep, tuple(map(list, zip(*rows, strict=True))))

    def delete_expired(self, before: datetime, messages: int) -> None:
        """Take away some of what is older than a moment: the oldest matters, and keys here and there.

        With each batch of so many messages it looks somewhere else at so many times as many keys, the places as far
        from each other as can be: so that all are looked at before a third as many complaints have come as are kept.
        """
        old = (
            select(ComparableRow.number)
            .where(col(ComparableRow.at) < before)
            .order_by(col(ComparableRow.at))
            .limit(_PURGED)
        )
        self._connection.execute(delete(ComparableRow).where(col(ComparableRow.number).in_(old)))
        key, start, count = col(LookupKeyRow.key), self._next * _GOLDEN % (1 << 64) + _FIRST, messages * _SWEPT
        some = delete(LookupKeyRow).where(col(LookupKeyRow.at) < int(before.timestamp()))
        end = _after(self._connection, start, count)
        self._connection.execute(some.where(key >= start) if end is None else some.where(key >= start, key < end))
        if end is None:
            # Beyond the last key it goes on at the first.
            end = _after(self._connection, _FIRST, count)
            self._connection.execute(some if end is None else some.where(key < end))

    def _many(self, values: Collection[int]) -> object:
        """Numbers as one parameter."""
        return json.dumps(list(values)) if self._sqlite else list(values)

    def _read(self, numbers: Collection[int]) -> None:
        """The rows of these numbers, still sealed."""
        if not numbers:
            return
        self._note(self._connection.execute(self._say.matters, {"numbers": self._many(sorted(numbers))}))

    def _note(self, rows: Iterable[Any]) -> None:
        for number, *row in rows:
            self._rows[number] = row
            self._numbers[row[0]] = number

    def _open(self, number: int) -> EarlierComplaint | None:
        if known := self._known.get(number):
            return known
        row = self._rows.get(number)
        if row is None:
            return None
        complaint_id, root, own, since, body = row
        matter = unpack(self._sealer.open(Sealed(body), complaint_id))
        known = EarlierComplaint(complaint_id, root or complaint_id, own or complaint_id, since, matter)
        self._known[number] = known
        return known


def regroup(connection: Connection, complaint_id: UUID, root: UUID) -> None:
    """A person decided what a complaint belongs to: what repeats it or belongs to it goes there too.

    Both matters, the one it leaves and the one it comes to, began with the earliest of what they hold then.
    """
    columns = (col(ComparableRow.complaint_id), col(ComparableRow.root), col(ComparableRow.own))
    these = or_(*(column == complaint_id for column in columns))
    left = set(connection.execute(select(ComparableRow.root).where(these)).scalars())
    connection.execute(update(ComparableRow).where(these).values(root=root))
    for head in {root, *left} - {None}:
        of = or_(col(ComparableRow.complaint_id) == head, col(ComparableRow.root) == head)
        began = connection.execute(select(func.min(ComparableRow.at)).where(of)).scalar_one()
        connection.execute(update(ComparableRow).where(col(ComparableRow.complaint_id) == head).values(since=began))


def _after(connection: Connection, start: int, count: int) -> int | None:
    """The key after so many from a key on, if there are so many."""
    query = (
        select(LookupKeyRow.key)
        .where(col(LookupKeyRow.key) >= start)
        .order_by(col(LookupKeyRow.key))
        .offset(count)
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()
