"""What a sender is told of an arrival where the door could not tell it. Pure."""

from messages import ids
from messages.shapes import Channel, Complaint, Reply


def received(complaint: Complaint) -> Reply | None:
    """The tracking number for whoever wrote on X; every other door has told it already.

    Who repeats a complaint of their own has its number: nobody is answered twice for one complaint.
    """
    if complaint.channel is not Channel.TWITTER or complaint.relation.kind == "repeat":
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
