"""What the normalizer would make of messages: by hand, without bus and without memory."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from app.assembly.channels import InstalledChannelName
from config.reference.duplicate_weights import DuplicateWeights, load_duplicate_weights
from config.reference.matter_terms import MatterTerms, load_matter_terms
from config.reference.regions import load_regions
from config.reference.slang import load_slang
from config.reference.word_frequencies import WordFrequencies, load_word_frequencies
from language.places.gazetteer import Gazetteer, load_gazetteer
from language.places.villages import Villages, load_villages, village_name_words
from language.text import clean_text
from language.words import WordReader
from messages.sealing import Sealer
from messages.shapes import Place, Report
from normalize.classification.classifier import Classification, Classifier
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparable_reader import ComparableReader
from normalize.duplicates.comparison import Comparator
from normalize.duplicates.lookup_keys import LookupKeys
from normalize.duplicates.matcher import Matcher
from normalize.duplicates.region_extraction import RegionExtraction
from normalize.duplicates.store import ComparableRow, EarlierComplaint, EarlierComplaints, LookupKeyRow
from normalize.entities import extract_entities

_IDS = UUID("0f1b7d0e-1708-5a70-9b1e-5a7000001708")
_BATCH = 200
_NOWHERE = Place()
_NOTHING_SAID = Report.model_construct(text="")
# A message without a time: it is compared with any.
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class ExplainedMessage(BaseModel):
    """A message as it is explained: one JSON object a line."""

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
        """As the reader of its channel would have read it."""
        place = _NOWHERE
        if self.location or self.address:
            place = Place.model_construct(region=clean_text(self.location), address=clean_text(self.address))
        said = {"title": clean_text(self.title), "text": clean_text(self.text), "place": place}
        return _NOTHING_SAID.model_copy(update=said)


class LabelledPair(BaseModel):
    """Two messages, and whether they are about the same matter."""

    group: str = ""
    source: str = ""
    label: Literal["repeat", "joins", "different"]
    a: ExplainedMessage
    b: ExplainedMessage

    @classmethod
    def load_file(cls, path: Path) -> list["LabelledPair"]:
        """The pairs in a file of JSON lines. Raises `OSError`, and `ValueError` naming the line."""
        return [cls.model_validate_json(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


@dataclass(frozen=True)
class Readers:
    """All that a matter is read and compared with."""

    words: WordReader
    vocabulary: WordFrequencies
    troubles: MatterTerms
    gazetteer: Gazetteer
    likeness: DuplicateWeights
    places: frozenset[str]
    villages: Villages
    digest_key: bytes = b""

    @classmethod
    def load(cls, digest_key: bytes = b"") -> "Readers":
        """From the files an operator edits. Raises `SettingsError` naming the row at fault."""
        regions = load_regions()
        gazetteer, villages = load_gazetteer(regions), load_villages(regions)
        words, vocabulary, troubles = WordReader(load_slang()), load_word_frequencies(), load_matter_terms()
        return cls(
            words, vocabulary, troubles, gazetteer, load_duplicate_weights(), village_name_words(), villages, digest_key
        )

    @cached_property
    def comparator(self) -> Comparator:
        """Compares with the weights that were learned."""
        return Comparator(self.vocabulary, self.likeness.weights, self.likeness.prior)

    @cached_property
    def reader(self) -> ComparableReader:
        """Reads matters."""
        whereabouts = RegionExtraction(self.gazetteer, self.villages)
        return ComparableReader(self.words, self.vocabulary, self.troubles, whereabouts, self.places, self._digest)

    def matcher(self) -> Matcher:
        """Finds what is about the same matter."""
        return Matcher(self.reader, self.comparator, self.likeness.threshold)

    def read_message(self, said: ExplainedMessage) -> Comparable:
        """The matter of a message."""
        at = said.received_at.timestamp() if said.received_at else None
        return self.reader.read_report(said.report(), said.sender, said.channel, at)

    def _digest(self, said: bytes) -> str:
        return hashlib.blake2b(said, digest_size=16, key=self.digest_key).hexdigest()


def explain_messages(readers: Readers, said: Iterable[ExplainedMessage]) -> Iterator[dict[str, Any]]:
    """For each message, in the order of arrival, what it belongs to of those before; with nothing kept afterwards."""
    return explain_batches(readers, _batches(said))


def explain_batches(readers: Readers, batches: Iterable[Sequence[ExplainedMessage]]) -> Iterator[dict[str, Any]]:
    """As `explain_messages`, of messages that come some at once: all is said of them before more are asked for."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    ComparableRow.__table__.create(engine)  # type: ignore[attr-defined]
    LookupKeyRow.__table__.create(engine)  # type: ignore[attr-defined]
    matcher, sealer, names = readers.matcher(), Sealer([bytes(64)]), {}
    for batch in batches:
        matters = [readers.read_message(one) for one in batch]
        keys = [matcher.lookup_keys(matter) for matter in matters]
        with engine.begin() as connection:
            seen = EarlierComplaints(connection, sealer, keys)
            for one, matter, some in zip(batch, matters, keys, strict=True):
                own = uuid5(_IDS, one.id)
                names[own] = one.id
                yield _explained(matcher, seen, one, own, matter, some, names, readers.likeness.threshold)
            seen.write()
    engine.dispose()


def _explained(
    matcher: Matcher,
    seen: EarlierComplaints,
    said: ExplainedMessage,
    own: UUID,
    matter: Comparable,
    keys: LookupKeys,
    names: dict[UUID, str],
    enough: float,
) -> dict[str, Any]:
    at = said.received_at or _LONG_AGO
    found = matcher.find_best_match(seen, matter, keys)
    same = found is not None and found.verdict.score >= enough
    root = found.known.root if found and same else own
    seen.add(EarlierComplaint(own, root, own, at, matter), keys, at, joined=False)
    kind = "new"
    if found and same:
        kind = "joins" if found.verdict.person == "other" else "repeat"
    return {
        "id": said.id,
        "decision": kind,
        "of": names[root] if same else None,
        "score": round(found.verdict.score, 3) if found else 0.0,
        "evidence": list(found.verdict.evidence) if found else [],
    }


def _batches(said: Iterable[ExplainedMessage]) -> Iterator[list[ExplainedMessage]]:
    batch: list[ExplainedMessage] = []
    for one in said:
        batch.append(one)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def explain_text(readers: Readers, classifier: Classifier, said: ExplainedMessage) -> dict[str, Any]:
    """All that is found in one message: what it is, its words in their normal form, what is named, kinds of trouble."""
    report = said.report()
    text = f"{report.title}\n{report.text}" if report.title else report.text
    words = readers.words.of(text)
    normal = [word.normal for word in words]
    found = extract_entities(text, readers.gazetteer)
    return {
        "id": said.id,
        "text": text,
        "words": [{"start": word.start, "end": word.end, "normal": word.normal} for word in words],
        "found": [
            {"kind": one.kind.value, "value": one.value, "start": one.start, "end": one.end, "personal": one.personal}
            for one in found
        ],
        **_judged(classifier.classify(report.text, report.title, said.channel)),
        "topics": sorted(readers.troubles.topics.find_topics(normal)),
        "things": sorted(readers.troubles.things.find_topics(normal)),
        "faults": sorted(readers.troubles.faults.find_topics(normal)),
    }


def _judged(classification: Classification) -> dict[str, Any]:
    """The kind (nothing where the sender chooses it, or where it is set aside), why it is set aside, by what words."""
    kind = classification.kind.value if classification.kind else None
    return {"kind": kind, "set_aside": classification.reason, "because": list(classification.evidence)}
