"""Explains single messages as the normalizer reads them: kind, words, entities, and the reason to set one aside.

No bus and no database.
"""

import json
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from app.assembly.channels import CHANNELS, InstalledChannelName
from language.model import LanguageModel
from language.text import clean_text
from messages.shapes import Place, Report
from normalize.classification.classifier import Classification, Classifier
from normalize.classification.danger import DangerReader
from normalize.decision import clean_report
from normalize.draft import NotComplaint
from normalize.entities import extract_entities

_JSON = "application/json"
_READERS = {channel.facts.name: channel.reader for channel in CHANNELS}
_NO_PLACE = Place()
_EMPTY_REPORT = Report.model_construct(text="")


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


def explain_text(language: LanguageModel, classifier: Classifier, message: ExplainedMessage) -> dict[str, Any]:
    """Return the classification of one message, its words in normal form, its entities and its kinds of trouble."""
    report = message.report()
    text = f"{report.title}\n{report.text}" if report.title else report.text
    words = language.words.read_words(text)
    matter_topics = language.matter_terms.find([word.normal for word in words])
    entities = extract_entities(text, language.gazetteer)
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


def explain_reading(classifier: Classifier, danger_reader: DangerReader, message: ExplainedMessage) -> dict[str, Any]:
    """Return `id`, the kind of the report, the reason to set the message aside, the words behind it, and the danger.

    The reason is None for a complaint. The kind is None if the sender chooses it on that channel, or the message is
    set aside.
    """
    report = _read_report(message)
    if isinstance(report, NotComplaint):
        return {"id": message.id, "kind": None, "set_aside": report.reason, "because": [], "danger": ""}
    danger = danger_reader.danger(report.text, report.title)
    classification = classifier.classify(report.text, report.title, message.channel, keep=bool(danger))
    return {"id": message.id, **_classification_json(classification), "danger": danger}


def _read_report(message: ExplainedMessage) -> Report | NotComplaint:
    """Return the cleaned report that the reader of the message's channel makes of the text."""
    arrival = _arrival_of(message)
    if arrival is None:
        report = message.report()
    else:
        draft = _READERS[message.channel](_JSON, json.dumps(arrival).encode())
        if isinstance(draft, NotComplaint):
            return draft
        report = clean_report(draft.report).model_copy(update={"title": message.report().title})
    return report if report.text or report.title else NotComplaint("empty")


def _arrival_of(message: ExplainedMessage) -> dict[str, Any] | None:
    """Return the provider's JSON with this text, for channels whose reader removes or refuses parts of a text."""
    if message.channel == "sms":
        return {"From": "+620000000000", "Body": message.text}
    if message.channel == "twitter":
        return {"post": {"id": "1", "author_id": "1", "text": message.text}}
    return None
