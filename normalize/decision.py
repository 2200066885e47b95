"""Cleans a report, computes its fingerprint and decides whether it repeats an earlier one. Pure: reads no database."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from language.text import clean_text, comparable_text
from messages.shapes import Relation, Report
from normalize.draft import ANONYMOUS

# The same text from the same sender within this time is about the same matter; later it is a new episode.
REPEAT_WINDOW = timedelta(days=30)
# Decimals of a degree to which coordinates are compared: about a metre.
_COORDINATE_DECIMALS = 5
# The relation of a complaint that belongs to no earlier one.
NEW = Relation()


@dataclass(frozen=True, slots=True)
class MarkedComplaint:
    """The complaint that a repeat belongs to, and the time at which it arrived."""

    complaint_id: UUID
    at: datetime


def fingerprint(sender: str, report: Report) -> str:
    """Return a hash that is equal for the same text of the same sender to the same agency about the same place.

    The channel does not count. An anonymous report and an open one are never equal: a repeat stands beside the report
    that it repeats, and the agency would see who wrote it.
    """
    location = report.place
    texts = (report.title, report.text, report.agency, location.region, location.district, location.address)
    coordinates = [
        None if degrees is None else round(degrees, _COORDINATE_DECIMALS)
        for degrees in (location.latitude, location.longitude)
    ]
    # A text without a letter (a row of emoji) has no comparable form but itself.
    comparable_texts = [comparable_text(text) or text for text in texts]
    # The same text with another picture may be about another hole in another road.
    pictures = sorted(attachment.sha256 for attachment in report.attachments)
    sender = f"{ANONYMOUS}{sender}" if report.anonim else sender
    parts = [sender, report.kind.value, repr(coordinates), location.code, *comparable_texts, *pictures]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def relation_to_earlier(at: datetime, earlier: MarkedComplaint) -> Relation:
    """Return the relation of a complaint that arrived `at` to an earlier one with the same fingerprint."""
    if abs(at - earlier.at) > REPEAT_WINDOW:
        return NEW
    evidence = ("same-sender", "same-words", f"within-{REPEAT_WINDOW.days}-days")
    return Relation(kind="repeat", of=earlier.complaint_id, evidence=evidence)


def clean_report(report: Report) -> Report:
    """Return the report with its texts cleaned. No word is lost."""
    cleaned_place = report.place.model_copy(
        update={"region": clean_text(report.place.region), "address": clean_text(report.place.address)}
    )
    texts = {
        "title": clean_text(report.title),
        "text": clean_text(report.text),
        "agency": clean_text(report.agency),
        "incident_time": clean_text(report.incident_time),
    }
    return report.model_copy(update={**texts, "place": cleaned_place})
