"""Store of earlier complaints and their lookup keys.

The number of complaints under one key is limited, so no key becomes slow. Rows that grow with the number of complaints
are written at the end of their table. Keys are hashes and lie anywhere, so their rows are small and few. So a message
costs about as much with a million earlier complaints as with ten thousand.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Uuid, bindparam, update
from sqlmodel import col, select

from config.row_insertion import insert_missing_rows
from normalize.duplicates.lookup_keys import LookupKeys
from normalize.duplicates.store.closed_cases import is_closed, is_closing_of
from normalize.duplicates.store.comparable_forms import ComparableForms
from normalize.duplicates.store.complaint_rows import ComplaintRows, EarlierComplaint
from normalize.duplicates.store.expiry import delete_expired_complaints
from normalize.duplicates.store.link_counts import LinkCounts
from normalize.duplicates.store.statements import STATEMENTS
from normalize.duplicates.store.tables import ClosedComplaint, ComparableRow

# Complaints under one key; a later complaint replaces an earlier one.
_SLOTS = 16
# Complaints under one key that belong to one matter, besides its root.
_SLOTS_OF_MATTER = 4
# Candidates that a complaint is compared with: those with the highest weight of common keys.
_MAX_CANDIDATES = 6
# Complaints of closed cases that a complaint without an open matter is compared with.
_MAX_CLOSED_CANDIDATES = 2
# Complaints that are looked through for candidates. Those of closed cases are none, and may be many equal ones.
_MAX_RANKED = 4 * _SLOTS
# Complaints of one matter that a newcomer is compared with, besides its root.
_MAX_MEMBERS = 8
# Weight of a common key by the number of complaints under it. A full key may have had many more.
_KEY_WEIGHTS = (0.0, *(1 / count for count in range(1, _SLOTS)), 1 / (4 * _SLOTS))
# Least value of a candidate: the summed weight of the common keys times their number. It leaves out complaints that
# share one or two keys of many complaints only, like the name of a district.
_MIN_COMMON_KEYS = 0.1
# Open complaints of the same sender that are compared besides the candidates, the latest first.
_MAX_OF_SENDER = 3

# Built once: some complaints of most batches ask it.
_COMPLAINT_ID = bindparam("complaint_id", type_=Uuid())
_IS_CLOSED = select(is_closed(_COMPLAINT_ID))
_CLOSED_AT = select(ClosedComplaint.closed_at).where(is_closing_of(_COMPLAINT_ID))


class ClosedCandidate(NamedTuple):
    """A complaint of a closed case, and the time of the closing; `None` if it is not known."""

    complaint: EarlierComplaint
    closed_at: datetime | None


class EarlierComplaints:
    """Earlier complaints that a batch may belong to, including those of the batch.

    `connection` reads them, in one transaction. `keys` are the keys of the batch, `senders` its proven senders. What
    came before `expiry` has expired, whether its rows are deleted or not. An added complaint is a candidate at once, so
    the end of a batch changes no decision. Call `write` once at the end. `counts` are those of joins and suggestions,
    with those of the batch.
    """

    def __init__(
        self,
        connection: Connection,
        forms: ComparableForms,
        keys: Sequence[LookupKeys],
        expiry: datetime,
        senders: AbstractSet[str] = frozenset(),
    ) -> None:
        self._connection = connection
        self._forms = forms
        self._expiry = expiry
        self._statements = STATEMENTS[connection.dialect.name]
        # Numbers of complaints by key and slot.
        self._numbers_by_key: dict[int, dict[int, int]] = defaultdict(dict)
        self._rows = ComplaintRows(connection, forms, expiry)
        # Numbers of the complaints that belong to a root, by the root: all of them, and those of the batch.
        self._members: dict[UUID, list[int]] = {}
        self._new_members: dict[UUID, list[int]] = defaultdict(list)
        # Rows to write, and the keys that were added since the batch began.
        self._new_complaints: dict[int, dict[str, object]] = {}
        self._new_keys: dict[tuple[int, int], tuple[int, int]] = {}
        # Starts of matters that were moved, by the numbers of their roots.
        self._moved_starts: dict[int, datetime] = {}
        self._changed_keys: set[int] = set()
        # In an empty table the numbers begin anew. An old key then leads to another complaint, which is compared.
        self._next_number = 1
        search_keys = sorted({key for lookup_keys in keys for key in lookup_keys.search_keys})
        parameters = (self._statements.list_parameter(search_keys), int(expiry.timestamp()))
        for key, slot, number in connection.exec_driver_sql(self._statements.select_keys, parameters):
            if key is not None:
                self._numbers_by_key[key][slot] = number
            elif number is not None:
                self._next_number = number + 1
        self._stored_candidates = {lookup_keys: self._rank_candidates(lookup_keys) for lookup_keys in keys}
        first_candidates = (
            (*numbers[:_MAX_CANDIDATES], *self._numbers_of_sender(lookup_keys)[:_MAX_OF_SENDER])
            for lookup_keys, numbers in self._stored_candidates.items()
        )
        self._rows.load({number for numbers in first_candidates for number in numbers})
        self.counts = LinkCounts(connection, self._rows.root_ids(), senders)
        self._members.update((root_id, []) for root_id in self.counts.roots_without_members)

    def candidates(self, keys: LookupKeys, full_roots: Collection[UUID] = frozenset()) -> Iterator[EarlierComplaint]:
        """Yield the open complaints with the highest weight of common keys.

        A key with few complaints weighs more than one with many. Complaints of `full_roots` are left out.
        """
        return islice(self._free(self._ranked_numbers(keys), full_roots), _MAX_CANDIDATES)

    def last_of_sender(
        self, keys: LookupKeys, full_roots: Collection[UUID] = frozenset()
    ) -> Iterator[EarlierComplaint]:
        """Yield the sender's last open complaints, some of which may be among the candidates.

        A sender who tells a matter again in other words may have no other key in common.
        """
        return islice(self._free(self._numbers_of_sender(keys), full_roots), _MAX_OF_SENDER)

    def _free(self, numbers: Sequence[int], full_roots: Collection[UUID]) -> Iterator[EarlierComplaint]:
        return (complaint for complaint in self._open_in_order(numbers) if complaint.root_id not in full_roots)

    def _numbers_of_sender(self, keys: LookupKeys) -> Sequence[int]:
        """Return the numbers of the sender's complaints, the latest first; none for an unproven sender."""
        if keys.sender_key is None:
            return ()
        return sorted(self._numbers_by_key.get(keys.sender_key, {}).values(), reverse=True)

    def closed_candidates(self, keys: LookupKeys) -> Iterator[ClosedCandidate]:
        """Yield the likeliest of the complaints of closed cases that the search for open ones has passed.

        There are at most `_MAX_CLOSED_CANDIDATES`. Nothing is read for them: call it after `candidates`.
        """
        closed_numbers = filter(self._rows.is_closed, self._ranked_numbers(keys))
        for number in islice(closed_numbers, _MAX_CLOSED_CANDIDATES):
            if complaint := self._rows.open(number):
                yield ClosedCandidate(complaint, self._rows.closed_at(number))

    def _ranked_numbers(self, keys: LookupKeys) -> Sequence[int]:
        is_unchanged = self._changed_keys.isdisjoint(keys.search_keys)
        stored_candidates = self._stored_candidates.get(keys) if is_unchanged else None
        return self._rank_candidates(keys) if stored_candidates is None else stored_candidates

    def _open_in_order(self, numbers: Sequence[int]) -> Iterator[EarlierComplaint]:
        for first in range(0, len(numbers), _MAX_CANDIDATES):
            chunk = numbers[first : first + _MAX_CANDIDATES]
            self._rows.load(chunk)
            open_numbers = (number for number in chunk if not self._rows.is_closed(number))
            yield from (complaint for number in open_numbers if (complaint := self._rows.open(number)))

    def _rank_candidates(self, keys: LookupKeys) -> Sequence[int]:
        weights: dict[int, float] = {}
        common_keys: Counter[int] = Counter()
        for key in keys.search_keys:
            if numbers := self._numbers_by_key.get(key):
                key_weight = _KEY_WEIGHTS[len(numbers)]
                common_keys.update(numbers.values())
                for number in numbers.values():
                    weights[number] = weights.get(number, 0.0) + key_weight
        # Of equal weights the latest goes first: most reports of one matter come soon after another.
        ranked = [
            (-weight, -number) for number, weight in weights.items() if weight * common_keys[number] >= _MIN_COMMON_KEYS
        ]
        return [-negative_number for _, negative_number in sorted(ranked)[:_MAX_RANKED]]

    def get(self, complaint_id: UUID) -> EarlierComplaint | None:
        """Return a complaint by its id, or `None` if it has expired."""
        number = self._rows.number_of(complaint_id)
        return None if number is None else self._rows.open(number)

    def members(self, root_id: UUID) -> Iterator[EarlierComplaint]:
        """Yield the root of a matter and the complaints that belong to it, the latest first, at most `_MAX_MEMBERS`."""
        if root := self.get(root_id):
            yield root
        for number in self._member_numbers(root_id)[: -_MAX_MEMBERS - 1 : -1]:
            if member := self._rows.open(number):
                yield member

    def _member_numbers(self, root_id: UUID) -> list[int]:
        """Return the numbers of the last complaints of a matter, in the order of their decisions."""
        if root_id not in self._members:
            stored_numbers = self._rows.load_members(root_id, _MAX_MEMBERS)
            self._members[root_id] = [*stored_numbers, *self._new_members[root_id]]
        return self._members[root_id]

    def is_closed(self, complaint_id: UUID) -> bool:
        """Return True if a complaint belongs to a closed case, also after its comparable form has expired."""
        return bool(self._connection.execute(_IS_CLOSED, {"complaint_id": complaint_id}).scalar_one())

    def closed_at(self, complaint_id: UUID) -> datetime | None:
        """Return the time at which the case of a complaint was closed; `None` for an open one and if unknown."""
        closed_at: datetime | None = self._connection.execute(
            _CLOSED_AT, {"complaint_id": complaint_id}
        ).scalar_one_or_none()
        return closed_at

    def add(
        self,
        complaint: EarlierComplaint,
        keys: LookupKeys,
        received_at: datetime,
        *,
        joined: bool,
        parent_id: UUID | None = None,
        suggested_id: UUID | None = None,
        claim: str = "",
    ) -> None:
        """Add a decided complaint: it is a candidate from now on.

        `parent_id` is the complaint of its relation. `suggested_id` is the case that it is perhaps the same as. `claim`
        is the keyed hash of the address that an unproven sender gives.
        """
        number, self._next_number = self._next_number, self._next_number + 1
        complaint_id = complaint.complaint_id
        self._rows.add(number, complaint)
        if complaint.root_id == complaint_id:
            # No stored complaint belongs to a new root: its members need no query.
            self._members[complaint_id] = []
            self.counts.add_root(complaint_id)
        else:
            self._new_members[complaint.root_id].append(number)
            if complaint.root_id in self._members:
                self._members[complaint.root_id].append(number)
        seconds, members = int(received_at.timestamp()), self._members_with_keys(complaint)
        self._changed_keys.update(keys.stored_keys)
        for key in keys.stored_keys:
            slot = self._slot(key, number, members)
            self._numbers_by_key[key][slot] = number
            self._new_keys[key, slot] = number, seconds
        self._new_complaints[number] = row = {
            "number": number,
            "complaint_id": complaint_id,
            "root": _id_unless_equal(complaint.root_id, complaint_id),
            "own": _id_unless_equal(complaint.first_of_sender_id, complaint_id),
            "parent": parent_id,
            "sender": complaint.comparable.sender,
            "joined": joined,
            "at": received_at,
            "since": complaint.since,
            "claimed": claim,
            "suggested": suggested_id,
            "body": self._forms.seal(complaint_id, complaint.comparable),
        }
        self.counts.add(row)

    def _members_with_keys(self, complaint: EarlierComplaint) -> Collection[int]:
        """Return the numbers of the last complaints of its matter, without the root; none for a new matter."""
        if complaint.root_id == complaint.complaint_id:
            return ()
        return self._member_numbers(complaint.root_id)[-_MAX_MEMBERS:]

    def _slot(self, key: int, number: int, members: Collection[int]) -> int:
        """Return the slot of a complaint under a key.

        A matter with `_SLOTS_OF_MATTER` members under the key replaces its own oldest one. So copies of one report do
        not push the reports of other matters, or the root of their own, out of the search.
        """
        numbers = self._numbers_by_key[key]
        own_slots = [slot for slot, stored_number in numbers.items() if stored_number in members]
        if len(own_slots) < _SLOTS_OF_MATTER:
            return number % _SLOTS
        return min(own_slots, key=numbers.__getitem__)

    def move_start(self, root: EarlierComplaint, since: datetime) -> None:
        """Set the start of a matter to a time before its root came."""
        number = self._rows.number_of(root.complaint_id)
        if number is None:
            return
        self._rows.replace(number, replace(root, since=since))
        if number in self._new_complaints:
            self._new_complaints[number]["since"] = since
        else:
            self._moved_starts[number] = since

    def write(self, connection: Connection) -> None:
        """Write the added complaints and keys, the moved starts, and the limits that were reached."""
        for number, since in self._moved_starts.items():
            is_root = col(ComparableRow.number) == number
            connection.execute(update(ComparableRow).where(is_root).values(since=since))
        insert_missing_rows(connection, ComparableRow, list(self._new_complaints.values()))
        # Sorted, so that neighbouring rows are written together.
        key_rows = [(key, slot, *self._new_keys[key, slot]) for key, slot in sorted(self._new_keys)]
        if key_rows:
            parameter = self._statements.key_rows_parameter(key_rows)
            connection.exec_driver_sql(self._statements.upsert_keys, parameter)
        self.counts.write(connection)

    def delete_expired(self, connection: Connection, message_count: int) -> None:
        """Delete a part of what has expired. `message_count` messages have come since the last call."""
        delete_expired_complaints(connection, self._expiry, self._next_number, message_count)


def _id_unless_equal(related_id: UUID, complaint_id: UUID) -> UUID | None:
    return None if related_id == complaint_id else related_id
