"""What comes back to an agency: a case of the same topic and place soon after another one was closed."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from oversight.read_model.tables import OversightCase

# A case comes back if it arrives within so many days after the end of one of the same topic and place.
RETURN_DAYS = 90
# Parts of the code of a district: a place that is known less exactly is compared with none.
_DISTRICT_PARTS = 3


class Arrival(NamedTuple):
    """A case by topic and place. `ended_at` is `None` while it is open."""

    complaint_id: UUID
    topic: str
    region: str
    tracking: str
    received_at: datetime
    ended_at: datetime | None


class Return(NamedTuple):
    """A topic and a place to which cases came back: `latest` is the last one, `closed` the one that ended before."""

    topic: str
    region: str
    times: int
    latest: str
    closed: str


def read_arrivals(
    connection: Connection,
    agency: str,
    now: datetime,
    complaint_ids: Select[tuple[UUID]] | None = None,
    topic: str = "",
) -> Sequence[Arrival]:
    """Return the cases of an agency from which `find_returns` finds those that came back in the last `RETURN_DAYS`.

    `complaint_ids` selects ids: only these cases. `topic`: only cases of it.
    """
    columns = (col(getattr(OversightCase, name)) for name in Arrival._fields)
    query = select(*columns).where(
        *(col(OversightCase.agency) == agency, col(OversightCase.is_own_case), col(OversightCase.topic) != ""),
        *(col(OversightCase.is_withdrawn).is_(False), col(OversightCase.is_archived).is_(False)),
    )
    if topic:
        query = query.where(col(OversightCase.topic) == topic)
    if complaint_ids is not None:
        query = query.where(col(OversightCase.complaint_id).in_(complaint_ids))
    conditions = (
        col(OversightCase.received_at) >= now - timedelta(days=RETURN_DAYS),
        col(OversightCase.ended_at) >= now - timedelta(days=2 * RETURN_DAYS),
    )
    cases = (Arrival(*row) for condition in conditions for row in connection.execute(query.where(condition)))
    return list({case.complaint_id: case for case in cases}.values())


def find_returns(cases: Iterable[Arrival], now: datetime, region: str = "") -> Sequence[Return]:
    """Return the topics and places within a region to which cases came back in the last `RETURN_DAYS`. Pure.

    The most frequent one is first; of equal ones, by topic and place.
    """
    since = now - timedelta(days=RETURN_DAYS)
    places: defaultdict[tuple[str, str], list[Arrival]] = defaultdict(list)
    for case in cases:
        if case.region.count(".") + 1 >= _DISTRICT_PARTS and _is_within(case.region, region):
            places[case.topic, case.region].append(case)
    returns: list[Return] = []
    for (topic, place), of_place in places.items():
        ended = sorted((case.ended_at, case.tracking) for case in of_place if case.ended_at)
        ends = [at for at, _ in ended]
        back: list[tuple[datetime, str, str]] = []
        for case in of_place:
            # A case that ended before this one arrived, and not long before.
            after = bisect_right(ends, case.received_at)
            first = bisect_left(ends, case.received_at - timedelta(days=RETURN_DAYS))
            if case.received_at >= since and after > first:
                back.append((case.received_at, case.tracking, ended[after - 1][1]))
        if back:
            _, latest, closed = max(back)
            returns.append(Return(topic, place, len(back), latest, closed))
    return sorted(returns, key=lambda item: (-item.times, item.topic, item.region))


def _is_within(code: str, region: str) -> bool:
    return not region or code == region or code.startswith(f"{region}.")
