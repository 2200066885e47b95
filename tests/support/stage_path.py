"""The path of a message through normalizer, router and ledger, with a clock and without a bus."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.port import Outgoing, Record
from config.reference.duplicate_weights import load_duplicate_weights
from messages import codec
from messages.shapes import Complaint, Dispatch, OversightEvent, Reply, Verdict
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, OVERSIGHT, REPLIES
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.matcher import Matcher
from sinks.ledger.status import ReportStatus, StatusReader
from tests.conftest import NOW
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.records import at
from tests.support.rules import SMALL, cached_rules, fixed_rules_source, language_of
from tests.support.stages import make_ledger_sink, make_normalizer, make_router

# Words of the agencies' answers.
ANSWER_TEXT = "Pesan instansi."


def shipped_matcher() -> Matcher:
    """Return a matcher with the shipped tables."""
    return DuplicateDetection(language_of(), load_duplicate_weights(), b"k" * 32).matcher


class StagePath:
    """Normalizer, router and ledger on one database. `time` is the clock of the router and of the bus."""

    def __init__(self, parts: Parts, engine: Engine, matcher: Matcher) -> None:
        self.time = NOW
        self.engine = engine
        self.dispatches: list[Dispatch] = []
        self.replies: list[Outgoing] = []
        self.events: list[OversightEvent] = []
        self._normalizer = make_normalizer(engine, parts.sealer, matcher=matcher)
        self._router = make_router(engine, fixed_rules_source(SMALL), lambda: self.time)
        self._ledger = make_ledger_sink(engine)
        self._offset = 0

    def arrive(self, *messages: Outgoing) -> Sequence[Complaint]:
        """Let messages arrive in one batch and take their path; return their complaints in order."""
        outputs = self._normalizer.handle([self._record(message) for message in messages])
        self._follow(outputs)
        return [codec.decode(Complaint, out.value, out.headers) for out in outputs if out.topic == COMPLAINTS]

    def answer(self, complaint: Complaint, verdict: Verdict, suggested_agency: str | None = None) -> None:
        """Let the agency that has a complaint answer with `ANSWER_TEXT`."""
        dispatch = self.dispatch_of(complaint)
        answer = signed(unsigned_answer(dispatch, verdict, suggested_agency, text=ANSWER_TEXT, at=self.time))
        encoded = codec.encode(answer, str(answer.complaint_id), f"/agency/{answer.agency}")
        record = self._record(Outgoing(AGENCY_ANSWERS, *encoded))
        self._normalizer.handle([record])
        routed = self._router.handle([record])
        # The ledger has the answered dispatch.
        self._ledger.handle([record])
        self._follow(routed)

    def dispatch_of(self, complaint: Complaint) -> Dispatch:
        """Return the latest dispatch of a complaint."""
        return [dispatch for dispatch in self.dispatches if dispatch.complaint_id == complaint.id][-1]

    def replies_to(self, complaint: Complaint) -> list[str]:
        """Return the texts of the replies to the sender of a complaint."""
        replies = [codec.decode(Reply, reply.value, reply.headers) for reply in self.replies]
        return [reply.text for reply in replies if reply.complaint_id == complaint.id]

    def status(self, complaint: Complaint) -> ReportStatus:
        """Return the status of a complaint as its sender reads it."""
        names = {code: agency.name for code, agency in cached_rules(SMALL).registry.agencies.items()}
        status = StatusReader(self.engine, names).status(complaint.tracking)
        assert status
        return status

    def _follow(self, outputs: Iterable[Outgoing]) -> None:
        """Let the router and the ledger process outputs, and what follows from them. Keep what leaves the path."""
        for topic, messages in groupby(sorted(outputs, key=lambda output: output.topic), lambda output: output.topic):
            records = [self._record(message) for message in messages]
            if topic == COMPLAINTS:
                self._ledger.handle(records)
                self._follow(self._router.handle(records))
            elif topic.startswith("agency-"):
                self._ledger.handle(records)
                self.dispatches += [codec.decode(Dispatch, item.value, item.headers) for item in records]
            elif topic == OVERSIGHT:
                self.events += [codec.decode(OversightEvent, item.value, item.headers) for item in records]
            elif topic == REPLIES:
                self.replies += [Outgoing(item.topic, item.key, item.value, item.headers) for item in records]

    def _record(self, message: Outgoing) -> Record:
        self._offset += 1
        return at(message, self._offset, self.time)
