"""What a sender is told of an arrival where the door could not tell it. Pure."""

from messages import ids
from messages.shapes import Complaint, Reply, VerifiedBy

# Polled, and found in Twilio's list afterwards: there nobody waits for an answer.
_UNANSWERED: frozenset[VerifiedBy] = frozenset({"x-api", "twilio-api"})


def received(complaint: Complaint, verified_by: VerifiedBy) -> Reply | None:
    """The tracking number for whoever was not told it when they wrote: on X, or by an SMS whose webhook never came.

    Who repeats a complaint of their own has its number: nobody is answered twice for one complaint.
    """
    if verified_by not in _UNANSWERED or complaint.relation.kind == "repeat":
        return None
    return Reply(
        id=ids.reply_id(complaint.id, "received"),
        message_id=complaint.message_id,
        at=complaint.at,
        complaint_id=complaint.id,
        tracking=complaint.tracking,
        channel=complaint.channel,
        says="received",
        text=f"Terima kasih, laporan Anda sudah kami terima dengan nomor {complaint.tracking}. "
        "Simpan nomor ini untuk melihat perkembangannya.",
    )
