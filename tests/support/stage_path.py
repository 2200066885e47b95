"""The path of a message through normalizer, router and ledger, with a clock and without a bus."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import groupby

from sqlalchemy import Engine

from app.assembly.parts import Parts
from bus.errors import Reject
from bus.port import Outgoing, Record
from bus.worker import Stage
from config.reference.duplicate_weights import load_duplicate_weights
from messages import codec, ids
from messages.shapes import (
    MERGED,
    SPLIT,
    AgencyAnswer,
    Complaint,
    Correction,
    Dispatch,
    OversightEvent,
    Relation,
    Reply,
    Verdict,
)
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS, OVERSIGHT, REPLIES
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.matcher import Matcher
from sinks.ledger.status import ReportStatus, StatusReader
from tests.conftest import NOW
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.case_stages import make_case_stage
from tests.support.records import at
from tests.support.rules import SMALL, cached_rules, fixed_rules_source, language_of
from tests.support.stages import WATCHED_TOPICS, make_normalizer, make_router

# Words of the agencies' answers.
ANSWER_TEXT = "Pesan instansi."


def shipped_matcher() -> Matcher:
    """Return a matcher with the shipped tables."""
    return DuplicateDetection(language_of(), load_duplicate_weights(), b"k" * 32).matcher


class StagePath:
    """Normalizer, router and ledger on one database. `time` is the clock of the router and of the bus.

    Each stage gets the records of the topics that it reads in the service. What it rejects reaches nobody.
    """

    def __init__(self, parts: Parts, engine: Engine, matcher: Matcher) -> None:
        self.time = NOW
        self.engine = engine
        self.dispatches: list[Dispatch] = []
        self.replies: list[Outgoing] = []
        self.events: list[OversightEvent] = []
        self._normalizer = make_normalizer(engine, parts.sealer, matcher=matcher)
        # Before the router: what it must not believe is read before it is judged.
        self._stages: Mapping[str, Stage] = {
            "normalize": self._normalizer,
            "router": make_router(engine, fixed_rules_source(SMALL), lambda: self.time),
            "cases": make_case_stage(engine),
        }
        self._offset = 0
        self._corrections = 0

    def arrive(self, *messages: Outgoing) -> Sequence[Complaint]:
        """Let messages arrive in one batch and take their path; return their complaints in order."""
        outputs = self._normalizer.handle([self._record(message) for message in messages])
        self._follow(outputs)
        return [codec.decode(Complaint, out.value, out.headers) for out in outputs if out.topic == COMPLAINTS]

    def answer(self, complaint: Complaint, verdict: Verdict, suggested_agency: str | None = None) -> None:
        """Let the agency that has a complaint answer with `ANSWER_TEXT`."""
        dispatch = self.dispatch_of(complaint)
        self.publish_answer(
            signed(unsigned_answer(dispatch, verdict, suggested_agency, text=ANSWER_TEXT, at=self.time))
        )

    def publish_answer(self, answer: AgencyAnswer) -> None:
        """Let an answer take its path."""
        encoded = codec.encode(answer, str(answer.complaint_id), f"/agency/{answer.agency}")
        self._follow([Outgoing(AGENCY_ANSWERS, *encoded)])

    def merge(self, complaint: Complaint, case: Complaint) -> None:
        """Let a person merge a complaint into the case of another one."""
        self._correct(complaint, Relation(kind="joins", of=case.id, evidence=(MERGED,)))

    def split(self, complaint: Complaint) -> None:
        """Let a person make a complaint its own case."""
        self._correct(complaint, Relation(evidence=(SPLIT,)))

    def _correct(self, complaint: Complaint, relation: Relation) -> None:
        self._corrections += 1
        correction = Correction(
            id=ids.correction_id(complaint.id, f"{relation.kind}:{self._corrections}", None),
            message_id=complaint.message_id,
            at=self.time,
            complaint_id=complaint.id,
            tracking=complaint.tracking,
            relation=relation,
            actor="petugas-1",
            reason="hal yang sama",
        )
        self._follow([Outgoing(CORRECTIONS, *codec.encode(correction, str(complaint.id), "/test"))])

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
        """Let the stages process outputs, and what follows from them. Keep what leaves the path."""
        for topic, messages in groupby(sorted(outputs, key=lambda output: output.topic), lambda output: output.topic):
            records = [self._record(message) for message in messages]
            for name in self._readers(topic):
                with suppress(Reject):
                    self._follow(self._stages[name].handle(records))
            if topic.startswith("agency-") and topic != AGENCY_ANSWERS:
                self.dispatches += [codec.decode(Dispatch, item.value, item.headers) for item in records]
            elif topic == OVERSIGHT:
                self.events += [codec.decode(OversightEvent, item.value, item.headers) for item in records]
            elif topic == REPLIES:
                self.replies += [Outgoing(item.topic, item.key, item.value, item.headers) for item in records]

    def _readers(self, topic: str) -> Sequence[str]:
        """Return the stages that read a topic. The ledger gets a complaint before the router, an answer after it."""
        if topic.startswith("agency-") and topic != AGENCY_ANSWERS:
            return ("cases",)
        readers = [name for name in self._stages if topic in WATCHED_TOPICS[name]]
        return readers[::-1] if topic == COMPLAINTS else readers

    def _record(self, message: Outgoing) -> Record:
        self._offset += 1
        return at(message, self._offset, self.time)
