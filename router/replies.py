"""What a sender is told of a dispatch or of an agency's answer. Pure: never a word of the complaint, and no link.

Only on the channels that are given: those where nobody but the sender reads it, such as SMS and the app.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from messages import ids
from messages.gsm_alphabet import fits_one_sms
from messages.shapes import SPLIT, AgencyAnswer, Channel, Dispatch, Reply
from messages.topics import TRIAGE

_SOMEBODY = "instansi yang berwenang"


def dispatch_reply(dispatch: Dispatch, name: str, channels: Collection[Channel]) -> Reply | None:
    """That the complaint is at its first door; `name` is the agency's. `None` where nothing is said.

    Who repeats a complaint of their own was told where that went; when a person takes the two apart, they are told of
    this one too. Who was told of it before is not told again: the reply's id is the same.
    """
    first = dispatch.hop == 0 or SPLIT in dispatch.relation.evidence
    if dispatch.channel not in channels or not first or dispatch.relation.kind == "repeat":
        return None
    says = f"Laporan {dispatch.tracking} sudah kami teruskan ke {{}}."
    if dispatch.agency == TRIAGE:
        says = f"Laporan {dispatch.tracking} sedang kami teliti untuk menentukan instansi yang berwenang."
    return _reply(dispatch, dispatch.at, "dispatched", "dispatched", _naming(says, dispatch, name))


def answer_reply(dispatch: Dispatch, answer: AgencyAnswer, name: str, channels: Collection[Channel]) -> Reply | None:
    """That the agency responded, or closed the complaint: each said once, however often the agency says it."""
    words = {"responded": "sudah ditanggapi oleh {}.", "closed": "sudah selesai ditangani oleh {}."}
    if dispatch.channel not in channels or answer.verdict not in words:
        return None
    says = f"Laporan {dispatch.tracking} {words[answer.verdict]} Lihat perkembangannya dengan nomor ini."
    return _reply(dispatch, answer.at, "answered", f"answered:{answer.verdict}", _naming(says, dispatch, name))


def _naming(says: str, dispatch: Dispatch, name: str) -> str:
    """With the agency's name, where it fits one SMS and tells nobody who looks over a shoulder what it is about."""
    if dispatch.report.anonim or dispatch.report.rahasia:
        return says.format(_SOMEBODY)
    if dispatch.agency == TRIAGE:
        return says.format("petugas SP4N-LAPOR!")
    named = says.format(name)
    return named if fits_one_sms(named) else says.format(_SOMEBODY)


def _reply(
    dispatch: Dispatch, at: datetime, says: Literal["dispatched", "answered"], once_for: str, text: str
) -> Reply:
    return Reply(
        id=ids.reply_id(dispatch.complaint_id, once_for),
        message_id=dispatch.message_id,
        at=at,
        complaint_id=dispatch.complaint_id,
        tracking=dispatch.tracking,
        channel=dispatch.channel,
        says=says,
        text=text,
    )
