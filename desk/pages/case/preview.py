"""Preview of an answer: the SMS that its sender gets, and what the sender does not get. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from desk.acts.answers import VERDICTS_WITH_READERS, CaseProgressView
from messages.channels import ReplyForm
from messages.replies.answer_replies import AnswerSubject, has_all_words, reply_text, room_left
from messages.replies.reply_texts import tells_citizen
from messages.shapes import AnswerReaders, Verdict
from pages.translation.message import Message
from pages.translation.message import message as _

_NO_SMS_ABOUT_IT = _("Pelapor tidak mendapat SMS tentang tindakan ini.")
_NO_SMS_ON_CHANNEL = _(
    "Pelapor melapor lewat {channel} dan tidak mendapat SMS. Halaman status menunjukkan tindakan ini, tanpa isi teks."
)
_ONLY_WITH_PROOF = _(
    "Pelapor melapor lewat {channel}. Ia hanya mendapat SMS atau email jika nomor atau alamatnya sudah terbukti. "
    "Halaman status menunjukkan tindakan ini, tanpa isi teks."
)
_NO_SECOND_SMS = _(
    "Pelapor sudah mendapat SMS tentang tanggapan sebelumnya dan tidak mendapat SMS lagi untuk tanggapan ini."
)
_PRIVATE = _("Laporan ini anonim atau rahasia: SMS tidak memuat nama instansi dan isi teks Anda.")
_CUT = _("SMS tidak memuat seluruh teks Anda.")
_JOINED = _("Warga lain yang melaporkan hal ini hanya diberi tahu bahwa ada tanggapan, tanpa isi teks.")
_JOINED_READ_MASKED = _(
    "Warga lain yang melaporkan hal ini membaca teks Anda di halamannya. Nama, nomor, dan alamat rumah disamarkan."
)
_JOINED_READ_ALL = _("Warga lain yang melaporkan hal ini membaca seluruh teks Anda di halamannya.")
_PUBLIC = _(
    "Selama laporan ini tampil untuk umum, semua orang membaca teks Anda mulai besok. Nama, nomor, dan alamat rumah "
    "disamarkan."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyWay:
    """How senders on a report's channel hear of answers.

    `form` is `None` if they do not. `needs_proof`: they hear of it only after they proved a number or an address, which
    the desk does not know; `form` is `None` then, too. `sample_link` has the length of the senders' own links, and
    leads nowhere.
    """

    form: ReplyForm | None
    channel_label: str
    sample_link: str
    objection_period: str
    needs_proof: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """`sms` is empty if there is none. `room` is that for more characters; `None` where the words have no limit."""

    sms: str
    notices: Sequence[Message]
    room: int | None = None


def preview(view: CaseProgressView, verdict: Verdict, words: str, agency_name: str, way: ReplyWay) -> Preview:
    """Return the preview of an answer."""
    if not tells_citizen(verdict):
        return Preview("", [_NO_SMS_ABOUT_IT])
    channel_notice = _ONLY_WITH_PROOF if way.needs_proof else _NO_SMS_ON_CHANNEL
    if way.form is None:
        return Preview("", [channel_notice.filled(channel=way.channel_label)])
    told_once = {"responded", "closed"} if way.form == "post" else {"responded"}
    if verdict in told_once and has_responded(view):
        return Preview("", [_NO_SECOND_SMS])
    dispatch = view.case.dispatch
    subject = AnswerSubject(verdict, dispatch.tracking, dispatch.agency, agency_name)
    return _with_sms(view, way.form, subject, words, way)


def other_readers(
    view: CaseProgressView, verdict: Verdict, readers: AnswerReaders, *, has_public_view: bool
) -> Sequence[Message]:
    """Return what citizens beside the sender get to know of a text, by the readers that the officer chose."""
    if verdict not in VERDICTS_WITH_READERS:
        return []
    report = view.case.dispatch.report
    notices: list[Message] = []
    if view.case.case.joined:
        is_whole = readers == "all-senders" and not report.rahasia
        is_masked = readers != "sender" and not report.is_private
        notices.append(_JOINED_READ_ALL if is_whole else _JOINED_READ_MASKED if is_masked else _JOINED)
    if has_public_view and readers != "sender" and not report.rahasia:
        notices.append(_PUBLIC)
    return notices


def question_room(
    view: CaseProgressView, verdict: Verdict, words: str, agency_name: str, form: ReplyForm | None
) -> int | None:
    """Return the room that a question leaves in its SMS, negative if its words would be cut.

    `None` where no SMS contains the words, and for other acts.
    """
    dispatch = view.case.dispatch
    if verdict != "asked" or form is None or dispatch.report.is_private:
        return None
    return room_left(form, AnswerSubject(verdict, dispatch.tracking, dispatch.agency, agency_name), words)


def has_responded(view: CaseProgressView) -> bool:
    """Return whether the sender has had the SMS about a response of this agency: only the first one is announced."""
    dispatch = view.case.dispatch
    responses = [
        event
        for event in view.case.events
        if event.kind == "responded" and event.counts and event.agency == dispatch.agency and event.at >= dispatch.at
    ]
    return bool(responses) or any(act.verdict == "responded" for act in view.pending)


def _with_sms(
    view: CaseProgressView,
    form: ReplyForm,
    subject: AnswerSubject,
    words: str,
    way: ReplyWay,
) -> Preview:
    is_private = view.case.dispatch.report.is_private
    text = reply_text(
        form, subject, words, is_private=is_private, link=way.sample_link, objection_period=way.objection_period
    )
    if is_private:
        return Preview(text, [_PRIVATE])
    cut = [] if has_all_words(form, text, words) else [_CUT]
    return Preview(text, cut, room_left(form, subject, words))
