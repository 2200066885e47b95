"""Builds the acknowledgement of a complaint where the channel's door could not acknowledge it. Pure."""

from messages import ids
from messages.replies.post_texts import receipt_post
from messages.shapes import AFTER_CLOSING, Complaint, Reply, VerifiedBy

# Posts that were polled from X, and SMS that were later fetched from Twilio's list: their senders got no answer.
UNANSWERED: frozenset[VerifiedBy] = frozenset({"x-api", "twilio-api"})


def acknowledgement(
    complaint: Complaint, verified_by: VerifiedBy, *, lacks_place: bool = False, has_public_view: bool = False
) -> Reply | None:
    """Return the reply with the tracking number for a sender who did not get it at intake, else None.

    Such a sender wrote on X, or by an SMS whose webhook never arrived. The sender of a repeat has the number of the
    first complaint already: nobody is answered twice for one complaint. A report long after the closing of its case is
    another complaint. On X the reply also asks for a place that the message lacks; by SMS the router asks.
    `has_public_view`: it also says that everybody may read the words, unless the sender has prevented it.
    """
    is_answered = complaint.relation.kind == "repeat" and AFTER_CLOSING not in complaint.relation.evidence
    if verified_by not in UNANSWERED or is_answered:
        return None
    sms_text = (
        f"Terima kasih, laporan Anda sudah kami terima dengan nomor {complaint.tracking}. "
        "Simpan nomor ini untuk melihat perkembangannya."
    )
    tells_public = has_public_view and not complaint.report.rahasia
    if tells_public:
        sms_text = (
            f"Laporan diterima: {complaint.tracking}. Simpan nomor ini. Isinya dapat dibaca umum. "
            f"Tidak mau? Balas RAHASIA {complaint.tracking}."
        )
    post_text = receipt_post(complaint.tracking, complaint.danger, asks_place=lacks_place, tells_public=tells_public)
    return Reply(
        id=ids.reply_id(complaint.id, "received"),
        message_id=complaint.message_id,
        at=complaint.at,
        complaint_id=complaint.id,
        tracking=complaint.tracking,
        channel=complaint.channel,
        kind="received",
        text=post_text if verified_by == "x-api" else sms_text,
    )
