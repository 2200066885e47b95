"""Builds the parts of oversight from the parts of the process."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import datetime

from app.assembly.parts import Parts
from app.assembly.queues import existing_queues
from bus.port import Outgoing
from cases.derivations.position import read_lags
from config.database import read_transaction
from oversight.notices.consent_publisher import Asking, ConsentPublisher
from oversight.notices.notice_thread import NoticeThread
from oversight.notices.publisher import DeadlinePublisher
from oversight.notices.rating_publisher import RatingPublisher
from oversight.notices.read_progress import read_until
from oversight.read_model.derivation import DERIVATION
from privacy.forgotten import forgotten_complaints

_GROUP = "cases"
# Pause between two searches for deadlines.
_SEARCH_SECONDS = 60.0


def threads(parts: Parts, stopping: threading.Event) -> Iterable[tuple[str, Callable[[], None]]]:
    """Return what runs beside the stage, with the names of the threads."""

    def tell_deadlines() -> None:
        with closing(parts.core.door_producer()) as producer:
            deadlines = DeadlinePublisher(parts.engine, producer.publish, stopping)
            consents = consent_publisher(parts, producer.publish, stopping)
            ratings = rating_publisher(parts, producer.publish, stopping)
            searches = (deadlines.publish_due, consents.publish_due, ratings.publish_due)
            NoticeThread(searches, lambda: _read_until(parts), stopping, _SEARCH_SECONDS).run()

    yield "deadlines", tell_deadlines


def consent_publisher(
    parts: Parts, publish: Callable[[Sequence[Outgoing]], None], stopping: threading.Event
) -> ConsentPublisher:
    """Return what asks senders if the Ombudsman may have the case."""
    return ConsentPublisher(parts.engine, publish, stopping, _asking(parts))


def rating_publisher(
    parts: Parts, publish: Callable[[Sequence[Outgoing]], None], stopping: threading.Event
) -> RatingPublisher:
    """Return what asks the senders of closed cases for a rating."""
    return RatingPublisher(parts.engine, publish, stopping, _asking(parts))


def _asking(parts: Parts) -> Asking:
    return Asking(parts.channels.answer_forms, parts.keys.link_of, forgotten_complaints)


def _read_until(parts: Parts) -> datetime:
    """Return the moment until which the derivation has everything that the topics have. Raises `Retry`."""
    # The clock is read first: a record that comes meanwhile is later.
    now = parts.now()
    with closing(parts.bus.reader()) as reader:
        stored = read_until(reader, _GROUP, parts.consumer_groups[_GROUP].topics_with(existing_queues(reader)), now)
    # Then the log: what is stored meanwhile waits in it.
    with read_transaction(parts.engine) as connection:
        waiting = [lag.waiting_since for lag in read_lags(connection, [DERIVATION]) if lag.waiting_since]
    return min([stored, *waiting])
