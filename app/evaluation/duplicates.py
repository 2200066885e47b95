"""Explanation of single messages: the decisions of the normalizer, without bus and without a stored database."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from app.assembly.channels import InstalledChannelName
from language.text import clean_text
from messages.sealing import Sealer
from messages.shapes import Place, Report
from normalize.classification.classifier import Classification, Classifier
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.lookup_keys import LookupKeys
from normalize.duplicates.matcher import BestMatch, Matcher
from normalize.duplicates.store.comparable_forms import ComparableForms
from normalize.duplicates.store.complaint_rows import EarlierComplaint
from normalize.duplicates.store.earlier_complaints import EarlierComplaints
from normalize.duplicates.store.tables import ClosedComplaint, ComparableRow, LookupKeyRow
from normalize.entities import extract_entities

_ID_NAMESPACE = UUID("0f1b7d0e-1708-5a70-9b1e-5a7000001708")
_NO_PLACE = Place()
_EMPTY_REPORT = Report.model_construct(text="")
# Time of a message without one: it is compared with messages of any time.
_UNKNOWN_TIME = datetime(2000, 1, 1, tzinfo=UTC)
# Nothing expires.
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


class ExplainedMessage(BaseModel):
    """A message to explain: one JSON object in a line."""

    model_config = ConfigDict(extra="ignore")

    id: str
    channel: InstalledChannelName = "web"
    sender: str = ""
    received_at: AwareDatetime | None = None
    title: str = ""
    text: str = ""
    location: str = ""
    address: str = ""

    def report(self) -> Report:
        """Return the report that the reader of the message's channel would return."""
        report_place = _NO_PLACE
        if self.location or self.address:
            report_place = Place.model_construct(region=clean_text(self.location), address=clean_text(self.address))
        fields = {"title": clean_text(self.title), "text": clean_text(self.text), "place": report_place}
        return _EMPTY_REPORT.model_copy(update=fields)


def read_comparable(detection: DuplicateDetection, message: ExplainedMessage) -> Comparable:
    """Return the comparable form of a message."""
    received_at = message.received_at.timestamp() if message.received_at else None
    return detection.reader.read_report(message.report(), message.sender, message.channel, received_at)


def explain_batches(
    detection: DuplicateDetection, batches: Iterable[Sequence[ExplainedMessage]]
) -> Iterator[dict[str, Any]]:
    """Yield for each message, in the order of arrival, the earlier message it belongs to. Nothing is stored.

    All messages of one batch are explained before the next batch is requested.
    """
    engine = create_engine("sqlite://", poolclass=StaticPool)
    ComparableRow.__table__.create(engine)  # type: ignore[attr-defined]
    LookupKeyRow.__table__.create(engine)  # type: ignore[attr-defined]
    ClosedComplaint.__table__.create(engine)  # type: ignore[attr-defined]
    sealer, explanation = Sealer([bytes(64)]), _Explanation(detection.matcher)
    for batch in batches:
        comparables = [read_comparable(detection, message) for message in batch]
        keys = [explanation.matcher.lookup_keys(comparable) for comparable in comparables]
        with engine.begin() as connection:
            earlier_complaints = EarlierComplaints(connection, ComparableForms(sealer), keys, _BEFORE_ALL)
            for message, comparable, lookup_keys in zip(batch, comparables, keys, strict=True):
                yield explanation.explain(earlier_complaints, message, comparable, lookup_keys)
            earlier_complaints.write(connection)
    engine.dispose()


class _Explanation:
    """Explains messages in the order of arrival."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._message_ids: dict[UUID, str] = {}

    def explain(
        self,
        earlier_complaints: EarlierComplaints,
        message: ExplainedMessage,
        comparable: Comparable,
        keys: LookupKeys,
    ) -> dict[str, Any]:
        """Return the decision on a message and add the message to the earlier ones."""
        complaint_id = uuid5(_ID_NAMESPACE, message.id)
        self._message_ids[complaint_id] = message.id
        received_at = message.received_at or _UNKNOWN_TIME
        match = self.matcher.find_best_match(earlier_complaints, comparable, keys)
        decision = _decision(match)
        related_id = match.earlier.root_id if match and decision != "new" else None
        # A suggestion joins nothing: the complaint is the root of its own matter.
        root_id = related_id if related_id and decision != "likely" else complaint_id
        complaint = EarlierComplaint(complaint_id, root_id, complaint_id, received_at, comparable)
        earlier_complaints.add(complaint, keys, received_at, joined=False)
        return {
            "id": message.id,
            "decision": decision,
            "of": self._message_ids[related_id] if related_id else None,
            "score": round(match.verdict.score, 3) if match else 0.0,
            "evidence": list(match.verdict.evidence) if match else [],
        }


def _decision(match: BestMatch | None) -> str:
    if match is None or match.verdict.certainty != "certain":
        return match.verdict.certainty if match else "new"
    return "joins" if match.verdict.sender == "other" else "repeat"


def explain_text(detection: DuplicateDetection, classifier: Classifier, message: ExplainedMessage) -> dict[str, Any]:
    """Return the classification of one message, its words in normal form, its entities and its kinds of trouble."""
    report = message.report()
    text = f"{report.title}\n{report.text}" if report.title else report.text
    words = detection.language.words.read_words(text)
    matter_topics = detection.language.matter_terms.find([word.normal for word in words])
    entities = extract_entities(text, detection.language.gazetteer)
    return {
        "id": message.id,
        "text": text,
        "words": [{"start": word.start, "end": word.end, "normal": word.normal} for word in words],
        "found": [
            {
                "kind": entity.kind.value,
                "value": entity.value,
                "start": entity.start,
                "end": entity.end,
                "personal": entity.personal,
            }
            for entity in entities
        ],
        **_classification_json(classifier.classify(report.text, report.title, message.channel)),
        **{name: sorted(topics) for name, topics in matter_topics._asdict().items()},
    }


def _classification_json(classification: Classification) -> dict[str, Any]:
    """Return the kind, the reason to set the message aside, and the words behind it.

    The kind is empty if the sender chooses it or the message is set aside.
    """
    kind = classification.kind.value if classification.kind else None
    return {"kind": kind, "set_aside": classification.reason, "because": list(classification.evidence)}
