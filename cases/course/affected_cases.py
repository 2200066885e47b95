"""Cases that may change with a fact about a complaint. Pure."""

from collections.abc import Callable, Collection, Iterable
from uuid import UUID


def with_affected_cases(
    complaint_ids: Iterable[UUID], read_cases: Callable[[Collection[UUID]], Iterable[UUID | None]]
) -> set[UUID]:
    """Return the complaints with all cases that they, and those cases, have ever accompanied.

    A message to a case that was merged later belongs to the history of the case that has it now. `read_cases` returns
    the cases that some complaints accompanied, `None` for one that accompanied none.
    """
    affected = set(complaint_ids)
    level: set[UUID] = set(affected)
    while level:
        level = {case_id for case_id in read_cases(level) if case_id is not None} - affected
        affected |= level
    return affected
