"""The sender of a complaint and of the case that it accompanies, by what repeats what. Pure.

Whoever repeats a complaint is its sender, so a chain of repeats has one sender.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from uuid import UUID


def is_from_case_sender(complaint_id: UUID, case_id: UUID, parents: Mapping[UUID, UUID | None]) -> bool:
    """Return whether the sender of a complaint is that of the case.

    `parents` has the complaint that each one repeats, `None` if it repeats none. A complaint that is not in it is not
    known yet.
    """
    chain = list(_chain(complaint_id, parents))
    return case_id in chain or chain[-1] == list(_chain(case_id, parents))[-1]


def parents_of_chains(
    complaint_ids: Iterable[UUID], read_parents: Callable[[Collection[UUID]], Mapping[UUID, UUID | None]]
) -> Mapping[UUID, UUID | None]:
    """Return the complaint that each one repeats, for these and for all in their chains.

    `read_parents` returns it for those of some complaints that are known. It is asked once for each complaint: one that
    is not known would otherwise be asked for without end.
    """
    parents: dict[UUID, UUID | None] = {}
    asked: set[UUID] = set()
    missing = set(complaint_ids)
    while missing:
        asked |= missing
        parents |= read_parents(missing)
        missing = {parent for parent in parents.values() if parent is not None} - asked
    return parents


def _chain(complaint_id: UUID, parents: Mapping[UUID, UUID | None]) -> Iterator[UUID]:
    """Yield a complaint, and those that it repeats, the last one first."""
    passed: set[UUID] = set()
    next_id: UUID | None = complaint_id
    while next_id is not None and next_id not in passed:
        yield next_id
        passed.add(next_id)
        next_id = parents.get(next_id)
