"""What an arrival becomes. Pure: what was seen before comes in as a value."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from language.text import clean_text, comparable_text
from messages.shapes import Relation, Report

# The same words from the same sender within this time are about the same matter; later they are a new episode.
REPEAT_WINDOW = timedelta(days=30)
# Decimals of a degree that tell two places apart: about a metre.
_DEGREES = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """An earlier complaint with the same fingerprint: the one that a repeat belongs to, and when it came."""

    complaint_id: UUID
    at: datetime


def fingerprint(sender: str, report: Report) -> str:
    """Equal for the same words to the same addressee about the same place from the same sender, on any channel."""
    place = report.place
    words = (report.title, report.text, report.agency, place.region, place.district, place.address)
    spot = [None if degrees is None else round(degrees, _DEGREES) for degrees in (place.latitude, place.longitude)]
    # Words without a letter (a row of emoji) have no form to compare but themselves.
    said = [comparable_text(part) or part for part in words]
    # The same words with another picture may be about another hole in another road.
    pictures = sorted(attachment.sha256 for attachment in report.attachments)
    parts = [sender, report.kind.value, repr(spot), place.code, *said, *pictures]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def relate(at: datetime, seen: Seen) -> Relation:
    """The relation of a complaint that came `at` to the one seen before it."""
    if abs(at - seen.at) > REPEAT_WINDOW:
        return Relation()
    evidence = ("same-sender", "same-words", f"within-{REPEAT_WINDOW.days}-days")
    return Relation(kind="repeat", of=seen.complaint_id, evidence=evidence)


def cleaned(report: Report) -> Report:
    """The report with its words cleaned and nothing of them lost."""
    place = report.place.model_copy(
        update={"region": clean_text(report.place.region), "address": clean_text(report.place.address)}
    )
    words = {
        "title": clean_text(report.title),
        "text": clean_text(report.text),
        "agency": clean_text(report.agency),
        "happened": clean_text(report.happened),
    }
    return report.model_copy(update={**words, "place": place})
