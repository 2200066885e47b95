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

from config.reference.duplicate_weights import Likeness, load_likeness
from config.reference.matter_terms import Troubles, load_troubles
from config.reference.regions import load_regions
from config.reference.slang import load_slang
from config.reference.word_frequencies import Vocabulary, load_vocabulary
from language.places.gazetteer import Gazetteer, load_gazetteer
from language.places.villages import Villages, load_villages, name_words
from language.text import clean
from language.words import Words
from messages.sealing import Sealer
from messages.shapes import Channel, Place, Report
from normalize.classification.classifier import Judge, Judgement
from normalize.duplicates.comparable import Matter
from normalize.duplicates.comparable_reader import MatterReader
from normalize.duplicates.comparison import Comparer
from normalize.duplicates.lookup_keys import Keys
from normalize.duplicates.matcher import Near
from normalize.duplicates.region_extraction import Whereabouts
from normalize.duplicates.store import KeyRow, Known, MatterRow, SeenMatters
from normalize.entities import find

_IDS = UUID("0f1b7d0e-1708-5a70-9b1e-5a7000001708")
_BATCH = 200
_NOWHERE = Place()
_NOTHING_SAID = Report.model_construct(text="")
# A message without a time: it is compared with any.
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Said(BaseModel):
    """A message as it is explained: one JSON object a line."""

    model_config = ConfigDict(extra="ignore")

    id: str
    channel: Channel = Channel.WEB
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
            place = Place.model_construct(region=clean(self.location), address=clean(self.address))
        said = {"title": clean(self.title), "text": clean(self.text), "place": place}
        return _NOTHING_SAID.model_copy(update=said)


class PairFile(BaseModel):
    """Two messages, and whether they are about the same matter."""

    group: str = ""
    source: str = ""
    label: Literal["repeat", "joins", "different"]
    a: Said
    b: Said

    @classmethod
    def read(cls, path: Path) -> list["PairFile"]:
        """The pairs in a file of JSON lines. Raises `OSError`, and `ValueError` naming the line."""
        return [cls.model_validate_json(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


@dataclass(frozen=True)
class Readers:
    """All that a matter is read and compared with."""

    words: Words
    vocabulary: Vocabulary
    troubles: Troubles
    gazetteer: Gazetteer
    likeness: Likeness
    places: frozenset[str]
    villages: Villages
    digest_key: bytes = b""

    @classmethod
    def load(cls, digest_key: bytes = b"") -> "Readers":
        """From the files an operator edits. Raises `SettingsError` naming the row at fault."""
        regions = load_regions()
        gazetteer, villages = load_gazetteer(regions), load_villages(regions)
        words, vocabulary, troubles = Words(load_slang()), load_vocabulary(), load_troubles()
        return cls(words, vocabulary, troubles, gazetteer, load_likeness(), name_words(), villages, digest_key)

    @cached_property
    def comparer(self) -> Comparer:
        """Compares with the weights that were learned."""
        return Comparer(self.vocabulary, self.likeness.weights, self.likeness.start)

    @cached_property
    def reader(self) -> MatterReader:
        """Reads matters."""
        whereabouts = Whereabouts(self.gazetteer, self.villages)
        return MatterReader(self.words, self.vocabulary, self.troubles, whereabouts, self.places, self._digest)

    def near(self) -> Near:
        """Finds what is about the same matter."""
        return Near(self.reader, self.comparer, self.likeness.enough)

    def matter(self, said: Said) -> Matter:
        """The matter of a message."""
        at = said.received_at.timestamp() if said.received_at else None
        return self.reader.read(said.report(), said.sender, said.channel, at)

    def _digest(self, said: bytes) -> str:
        return hashlib.blake2b(said, digest_size=16, key=self.digest_key).hexdigest()


def duplicates(readers: Readers, said: Iterable[Said]) -> Iterator[dict[str, Any]]:
    """For each message, in the order of arrival, what it belongs to of those before; with nothing kept afterwards."""
    return duplicates_of(readers, _batches(said))


def duplicates_of(readers: Readers, batches: Iterable[Sequence[Said]]) -> Iterator[dict[str, Any]]:
    """As `duplicates`, of messages that come some at once: all is said of them before more are asked for."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    MatterRow.__table__.create(engine)  # type: ignore[attr-defined]
    KeyRow.__table__.create(engine)  # type: ignore[attr-defined]
    near, sealer, names = readers.near(), Sealer([bytes(64)]), {}
    for batch in batches:
        matters = [readers.matter(one) for one in batch]
        keys = [near.keys(matter) for matter in matters]
        with engine.begin() as connection:
            seen = SeenMatters(connection, sealer, keys)
            for one, matter, some in zip(batch, matters, keys, strict=True):
                own = uuid5(_IDS, one.id)
                names[own] = one.id
                yield _explained(near, seen, one, own, matter, some, names, readers.likeness.enough)
            seen.write()
    engine.dispose()


def _explained(
    near: Near,
    seen: SeenMatters,
    said: Said,
    own: UUID,
    matter: Matter,
    keys: Keys,
    names: dict[UUID, str],
    enough: float,
) -> dict[str, Any]:
    at = said.received_at or _LONG_AGO
    found = near.nearest(seen, matter, keys)
    same = found is not None and found.verdict.score >= enough
    root = found.known.root if found and same else own
    seen.add(Known(own, root, own, at, matter), keys, at, joined=False)
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


def _batches(said: Iterable[Said]) -> Iterator[list[Said]]:
    batch: list[Said] = []
    for one in said:
        batch.append(one)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def read(readers: Readers, judge: Judge, said: Said) -> dict[str, Any]:
    """All that is found in one message: what it is, its words in their normal form, what is named, kinds of trouble."""
    report = said.report()
    text = f"{report.title}\n{report.text}" if report.title else report.text
    words = readers.words.of(text)
    normal = [word.normal for word in words]
    found = find(text, readers.gazetteer)
    return {
        "id": said.id,
        "text": text,
        "words": [{"start": word.start, "end": word.end, "normal": word.normal} for word in words],
        "found": [
            {"kind": one.kind.value, "value": one.value, "start": one.start, "end": one.end, "personal": one.personal}
            for one in found
        ],
        **_judged(judge.judge(report.text, report.title, said.channel)),
        "topics": sorted(readers.troubles.topics.of(normal)),
        "things": sorted(readers.troubles.things.of(normal)),
        "faults": sorted(readers.troubles.faults.of(normal)),
    }


def _judged(judgement: Judgement) -> dict[str, Any]:
    """The kind (nothing where the sender chooses it, or where it is set aside), why it is set aside, by what words."""
    kind = judgement.kind.value if judgement.kind else None
    return {"kind": kind, "set_aside": judgement.reason, "because": list(judgement.evidence)}
