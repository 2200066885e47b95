"""Sentences about the records of a report's trace, from their masked fields. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from app.operations.tracing.trace_step import TraceStep
from messages.topics import TRIAGE
from pages.translation.message import Message
from pages.translation.message import message as _
from pages.wording.events import EVENTS

# Fields of a message after masking.
Fields = Mapping[str, Any]

_RELATIONS: Mapping[str, Message] = {
    "new": _("Laporan baru."),
    "repeat": _("Mengulang laporan {of}."),
    "joins": _("Sama dengan laporan {of} dari warga lain."),
}
_ARRIVED = _("Masuk lewat {channel}, bukti pengirim: {proof}.")
_REVIEWED = _("Diterima kembali oleh petugas sebagai laporan. Saluran: {channel}.")
_QUARANTINED = _("Masuk karantina dari {channel}: {reason}.")
_DISPATCHED = _("Diteruskan ke {agency} (alihan ke-{hop}, keyakinan {confidence} %, aturan {version}).")
_DISPATCHED_TO_TRIAGE = _(
    "Diteruskan ke triase (alihan ke-{hop}, peluang calon teratas {confidence} %, aturan {version})."
)
_DISPATCHED_BY_PERSON = _("Diteruskan ke {agency} oleh petugas (alihan ke-{hop}, aturan {version}).")
_CORRECTED = _("Koreksi oleh petugas: {relation}")
_REPLY = _("Balasan kepada pelapor ({content}) lewat {channel}.")
_RECOMMENDATIONS: Mapping[str, Message] = {
    "recommended": _("Rekomendasi pengawas kepada {agency}."),
    "followed": _("{agency} menjawab rekomendasi pengawas: diikuti."),
    "not-followed": _("{agency} menjawab rekomendasi pengawas: tidak diikuti."),
}
_EVENT = _("Peristiwa {event}: {reason}.")
_DEAD_LETTER = _("Tahap {stage} tidak dapat memprosesnya: {reason} {field}")
_UNREADABLE = _("Rekaman tidak terbaca.")


def step_text(step: TraceStep) -> Message:
    """Return the sentence about a record."""
    describe = _DESCRIPTIONS.get(step.kind)
    return describe(step.fields) if describe and step.fields else _UNREADABLE


def step_reasons(step: TraceStep) -> list[str]:
    """Return the reasons of a dispatch, with the rules that gave them; nothing for another record."""
    reasons = step.fields.get("reasons") if step.kind == "dispatched" else None
    return [f"{reason['text']} [{reason['rule']}]" for reason in reasons or ()]


def _relation(fields: Fields) -> Message:
    relation = fields["relation"]
    return _RELATIONS.get(relation["kind"], _UNREADABLE).filled(of=relation["of"] or "-")


def _arrival(fields: Fields) -> Message:
    if fields["reviewed"]:
        return _REVIEWED.filled(channel=fields["channel"])
    return _ARRIVED.filled(channel=fields["channel"], proof=fields["verified_by"])


def _dispatch(fields: Fields) -> Message:
    machine_text = _DISPATCHED_TO_TRIAGE if fields["agency"] == TRIAGE else _DISPATCHED
    text = _DISPATCHED_BY_PERSON if fields["actor"] else machine_text
    values = {"agency": fields["agency"], "hop": fields["hop"], "version": fields["rules_version"]}
    return text.filled(**values, confidence=round(fields["confidence"] * 100))


_DESCRIPTIONS: Mapping[str, Callable[[Fields], Message]] = {
    "arrived": _arrival,
    "quarantined": lambda fields: _QUARANTINED.filled(channel=fields["raw"]["channel"], reason=fields["reason"]),
    "complaint": _relation,
    "dispatched": _dispatch,
    "answered": lambda fields: EVENTS.get(fields["verdict"], _UNREADABLE).filled(agency=fields["agency"]),
    "corrected": lambda fields: _CORRECTED.filled(relation=_relation(fields)),
    "recommendation": lambda fields: _RECOMMENDATIONS.get(fields["act"], _UNREADABLE).filled(agency=fields["agency"]),
    "reply": lambda fields: _REPLY.filled(content=fields["kind"], channel=fields["channel"]),
    "oversight": lambda fields: _EVENT.filled(event=fields["event"], reason=fields["reason"] or "-"),
    "dead letter": lambda fields: _DEAD_LETTER.filled(**fields),
}
