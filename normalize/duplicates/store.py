"""The matters that were seen, and the keys by which they are found: bounded for each key, so that no key gets slow."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Connection, delete, func, or_, tuple_, update
from sqlmodel import Field, SQLModel, col, select

from config.database import UtcDateTime, chunks, insert
from messages.sealing import Sealed, Sealer
from normalize.duplicates.matter import Matter, pack, unpack

# A key keeps this many complaints; a later one may take the place of an earlier one.
_SLOTS = 16
# So many of the complaints with the most common keys are compared.
_CANDIDATES = 8
# One key that many have is no reason to compare: a key counts by the part of it that a complaint is.
_LEAST_SHARED = 0.12
# Expired rows that one batch takes away: more than it adds, so that the tables stop growing.
_PURGED = 5_000


class MatterRow(SQLModel, table=True):
    """What of a complaint later ones are compared with, sealed.

    `root` is the complaint that it belongs to, whoever wrote that; `own` the first of the same sender's that it
    repeats: each may be itself. `since` is the moment of the earliest of all that belong to the root.
    """

    __tablename__ = "normalize_matter"

    complaint_id: UUID = Field(primary_key=True)
    root: UUID = Field(index=True)
    own: UUID = Field(index=True)
    sender: str = Field(index=True)
    joined: bool
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    since: datetime = Field(sa_type=UtcDateTime)
    body: str


class KeyRow(SQLModel, table=True):
    """A complaint that is found under a key."""

    __tablename__ = "normalize_key"

    key: int = Field(primary_key=True, sa_type=BigInteger)
    slot: int = Field(primary_key=True)
    complaint_id: UUID
    at: datetime = Field(sa_type=UtcDateTime, index=True)


@dataclass(frozen=True, slots=True)
class Known:
    """A complaint that was seen; see `MatterRow`."""

    complaint_id: UUID
    root: UUID
    own: UUID
    since: datetime
    matter: Matter


class SeenMatters:
    """The matters that a batch of complaints may belong to, and those of the batch itself; one batch, one transaction.

    What is added is found at once, so that it makes no difference where a batch ends.
    """

    def __init__(self, connection: Connection, sealer: Sealer, keys: Sequence[Sequence[int]]) -> None:
        self._connection = connection
        self._sealer = sealer
        self._under: dict[int, dict[int, UUID]] = defaultdict(dict)
        self._known: dict[UUID, Known] = {}
        self._matters: list[dict[str, object]] = []
        self._keys: dict[tuple[int, int], dict[str, object]] = {}
        for some in chunks(sorted({key for each in keys for key in each})):
            query = select(KeyRow.key, KeyRow.slot, KeyRow.complaint_id).where(col(KeyRow.key).in_(some))
            for key, slot, complaint_id in connection.execute(query):
                self._under[key][slot] = complaint_id
        self._load({found for each in keys for found in self._likeliest(each)})

    def candidates(self, keys: Sequence[int]) -> Sequence[Known]:
        """The complaints with the most of these keys, the likeliest first; what few have tells more."""
        most = self._likeliest(keys)
        self._load({found for found in most if found not in self._known})
        return [self._known[found] for found in most if found in self._known]

    def _likeliest(self, keys: Sequence[int]) -> Sequence[UUID]:
        shared: defaultdict[UUID, float] = defaultdict(float)
        for key in keys:
            if under := self._under.get(key):
                for found in under.values():
                    shared[found] += 1 / len(under)
        enough = [found for found, share in shared.items() if share >= _LEAST_SHARED]
        return sorted(enough, key=lambda found: (-shared[found], found))[:_CANDIDATES]

    def get(self, complaint_id: UUID) -> Known | None:
        """A complaint by its id, unless it is not kept any more."""
        self._load(set() if complaint_id in self._known else {complaint_id})
        return self._known.get(complaint_id)

    def add(self, known: Known, keys: Iterable[int], at: datetime, *, joined: bool) -> None:
        """What was decided: from now on it is found."""
        self._known[known.complaint_id] = known
        slot = known.complaint_id.int % _SLOTS
        for key in keys:
            self._under[key][slot] = known.complaint_id
            self._keys[key, slot] = {"key": key, "slot": slot, "complaint_id": known.complaint_id, "at": at}
        self._matters.append(
            {
                "complaint_id": known.complaint_id,
                "root": known.root,
                "own": known.own,
                "sender": known.matter.sender,
                "joined": joined,
                "at": at,
                "since": known.since,
                "body": self._sealer.seal(pack(known.matter), known.complaint_id),
            }
        )

    def joins_of(self, sender: str, since: datetime) -> int:
        """How many complaints of a sender joined somebody else's since a moment."""
        query = select(func.count()).where(
            col(MatterRow.sender) == sender, col(MatterRow.joined), col(MatterRow.at) >= since
        )
        stored: int = self._connection.execute(query).scalar_one()
        return stored + sum(row["sender"] == sender and bool(row["joined"]) for row in self._matters)

    def earlier(self, root: Known, at: datetime) -> None:
        """The matter began before its first complaint came."""
        self._known[root.complaint_id] = replace(root, since=at)
        for row in self._matters:
            if row["complaint_id"] == root.complaint_id:
                row["since"] = at
        of = col(MatterRow.complaint_id) == root.complaint_id
        self._connection.execute(update(MatterRow).where(of).values(since=at))

    def write(self) -> None:
        """Keep what was added."""
        if self._matters:
            self._connection.execute(insert(self._connection, MatterRow).on_conflict_do_nothing(), self._matters)
        if self._keys:
            statement = insert(self._connection, KeyRow)
            newer = {"complaint_id": statement.excluded.complaint_id, "at": statement.excluded.at}
            rows = [self._keys[place] for place in sorted(self._keys)]
            replacing = statement.on_conflict_do_update(index_elements=["key", "slot"], set_=newer)
            self._connection.execute(replacing, rows)

    def _load(self, wanted: Collection[UUID]) -> None:
        names = ("complaint_id", "root", "own", "since", "body")
        for some in chunks(sorted(wanted)):
            query = select(*(col(getattr(MatterRow, name)) for name in names))
            for row in self._connection.execute(query.where(col(MatterRow.complaint_id).in_(some))):
                matter = unpack(self._sealer.open(Sealed(row.body), row.complaint_id))
                self._known[row.complaint_id] = Known(row.complaint_id, row.root, row.own, row.since, matter)


def regroup(connection: Connection, complaint_id: UUID, root: UUID) -> None:
    """A person decided what a complaint belongs to: what repeats it or belongs to it goes there too."""
    columns = (col(MatterRow.complaint_id), col(MatterRow.root), col(MatterRow.own))
    these = or_(*(column == complaint_id for column in columns))
    connection.execute(update(MatterRow).where(these).values(root=root))


def forget(connection: Connection, before: datetime) -> None:
    """Take away some of what is older than a moment, the oldest first."""
    for table, key in ((KeyRow, (KeyRow.key, KeyRow.slot)), (MatterRow, (MatterRow.complaint_id,))):
        old = select(*key).where(col(table.at) < before).order_by(col(table.at)).limit(_PURGED)
        connection.execute(delete(table).where(tuple_(*key).in_(old)))
