"""The tombstone of a person who is forgotten, and what remains of the records of such a person. Pure."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from messages.recommendation import Recommendation
from messages.sealing import Sealed
from messages.shapes import (
    Complaint,
    Correction,
    Dispatch,
    Place,
    Quarantined,
    RawMessage,
    Reason,
    Reply,
    Report,
    WireModel,
)

# It stands where the words were, for officers. A purge at the end of the retention leaves the same.
FORGOTTEN_TEXT = "(Isi laporan sudah dihapus: atas permintaan pelapor atau karena masa simpannya habis.)"
# Characters of the code of a region down to the regency or city, as in `33.74`.
_CITY_CHARACTERS = 5


class Forgotten(WireModel):
    """A sender who asked to be forgotten. `at` is the time of the request: later messages are not forgotten.

    The topic is compacted by `sender`: the last record counts, and it names all complaints of the sender until then.
    """

    name: ClassVar[str] = "forgotten"

    sender: str = Field(description="Keyed hash of the sender, as in `RawMessage`.")
    requested_by: Literal["sender", "officer"]
    complaint_ids: tuple[UUID, ...] = ()


def forgotten_report(report: Report) -> Report:
    """Return what remains of a report: its kind, the regency or city, and how it was hidden."""
    return Report(
        kind=report.kind,
        text=FORGOTTEN_TEXT,
        place=Place(code=report.place.code[:_CITY_CHARACTERS]),
        anonim=report.anonim,
        rahasia=report.rahasia,
    )


def forgotten_complaint(complaint: Complaint) -> Complaint:
    """Return what remains of a complaint."""
    return complaint.model_copy(update={"report": forgotten_report(complaint.report), "contact": ""})


def forgotten_dispatch(dispatch: Dispatch) -> Dispatch:
    """Return what remains of a dispatch. Its reasons and kinds of units keep no sentence: it may quote the report."""
    reasons = tuple(Reason(rule=reason.rule, text="") for reason in dispatch.reasons)
    unit_kinds = tuple(kind.model_copy(update={"text": ""}) for kind in dispatch.unit_kinds)
    return dispatch.model_copy(
        update={"report": forgotten_report(dispatch.report), "reasons": reasons, "unit_kinds": unit_kinds}
    )


def remains_of(message: WireModel) -> WireModel:
    """Return what remains of a message. One without words of citizens is returned as it is."""
    remains: WireModel = message
    if isinstance(message, RawMessage):
        remains = _forgotten_arrival(message)
    elif isinstance(message, Quarantined):
        remains = message.model_copy(update={"raw": _forgotten_arrival(message.raw)})
    elif isinstance(message, Complaint):
        remains = forgotten_complaint(message)
    elif isinstance(message, Dispatch):
        remains = forgotten_dispatch(message)
    elif isinstance(message, Correction):
        part = message.part.model_copy(update={"text": FORGOTTEN_TEXT}) if message.part else None
        remains = message.model_copy(update={"reason": "", "part": part})
    elif isinstance(message, Reply):
        remains = message.model_copy(update={"text": "", "mail_text": ""})
    elif isinstance(message, Recommendation):
        remains = message.model_copy(update={"text": ""})
    return remains


def _forgotten_arrival(raw: RawMessage) -> RawMessage:
    """Return an arrival without the provider's bytes, and with its own id in place of the provider's.

    The provider's id of a post would lead to the post. An empty one would make all such arrivals one delivery.
    """
    return raw.model_copy(update={"body": Sealed(""), "provider_id": str(raw.id), "attachments": (), "unfetched": 0})
