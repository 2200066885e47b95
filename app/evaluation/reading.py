"""Reads single messages as the normalizer does, up to the reason to set one aside. No bus and no database."""

import json
from typing import Any

from app.assembly.channels import CHANNELS
from app.evaluation.duplicates import ExplainedMessage
from messages.shapes import Report
from normalize.classification.classifier import Classifier
from normalize.classification.danger import DangerReader
from normalize.decision import clean_report
from normalize.draft import NotComplaint

_JSON = "application/json"
_READERS = {channel.facts.name: channel.reader for channel in CHANNELS}


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
    return {
        "id": message.id,
        "kind": classification.kind.value if classification.kind else None,
        "set_aside": classification.reason,
        "because": list(classification.evidence),
        "danger": danger,
    }


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
