"""Preview of an answer: its text as each reader gets it, and where and by whom it is read. Pure.

The texts are those of the functions that make the replies: `messages.replies`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from desk.acts.answers import CaseProgressView
from messages.channels import ReplyForm
from messages.gsm_alphabet import SEGMENT, septets
from messages.replies.answer_replies import (
    AnswerNotice,
    AnswerRecipient,
    AnswerSubject,
    answer_notice,
    has_all_words,
    room_left,
)
from messages.replies.mail_texts import reply_mail
from messages.replies.reply_texts import AttachedFiles, SenderAccess, tells_citizen
from messages.shapes import FIELD_VERDICTS, AnswerReaders, Dispatch, Verdict
from pages.translation.message import Message
from pages.translation.message import message as _

_BY_SMS = _("SMS: dibaca pelapor")
_BY_POST = _("Balasan terbuka di {channel}: dibaca semua orang")
_BY_DIRECT_MESSAGE = _("Pesan langsung di {channel}: dibaca pelapor saja")
_BY_NOTICE = _("Pemberitahuan di ponsel pelapor ({channel})")
_BY_PROVEN_SMS = _("SMS: dibaca pelapor, jika nomornya sudah terbukti")
_BY_PROVEN_MAIL = _("Email: dibaca pelapor, jika hanya alamat emailnya yang terbukti")
_ON_OWN_PAGE = _("Halaman pelapor sendiri: seluruh teks, dibaca pelapor")
_FOR_NEXT_AGENCY = _("Instansi berikutnya: seluruh teks")
_NO_REPLY_ABOUT_IT = _("Pelapor tidak mendapat SMS atau pesan lain tentang tindakan ini.")
_NO_REPLY_ON_CHANNEL = _("Pelapor melapor lewat {channel} dan tidak mendapat pesan.")
_NO_POST_IN_PRIVATE = _("Laporan ini anonim atau rahasia: tidak ada balasan di {channel}.")
_NO_SECOND_REPLY = _(
    "Pelapor sudah mendapat pesan tentang tanggapan sebelumnya dan tidak mendapat pesan lagi untuk tanggapan ini."
)
_PRIVATE = _("Laporan ini anonim atau rahasia: pesan ini tidak memuat nama instansi dan isi teks Anda.")
_CUT = _("Pesan ini tidak memuat seluruh teks Anda.")
_LENGTH = _("{count} dari {limit} karakter, satu SMS.")
_PUBLIC_STATE = _("Halaman status menunjukkan tindakan ini kepada siapa saja yang punya nomor laporan, tanpa isi teks.")
_FILES: Mapping[AttachedFiles, Message] = {
    "foto": _("Pelapor melihat foto Anda di halaman laporannya sendiri."),
    "dokumen": _("Pelapor membuka dokumen Anda di halaman laporannya sendiri."),
    "berkas": _("Pelapor melihat foto dan membuka dokumen Anda di halaman laporannya sendiri."),
}
_DOCUMENT_FOR_ALL_SENDERS = _("Warga lain yang melaporkan hal ini juga dapat membuka dokumen Anda, tanpa disamarkan.")
_DOCUMENT_FOR_SENDER = _("Selain pelapor, tidak ada warga yang dapat membuka dokumen Anda.")
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

    `form` is `None` if they do not. `needs_proof`: they hear only after they proved a number or an address, which the
    desk does not know. `has_direct_messages`: who asked for secrecy on a public channel gets a direct message, others
    nothing. `sample_link` has the length of the senders' own links, and leads nowhere; `status_page` is the address of
    the report's public page.
    """

    form: ReplyForm | None
    channel_label: str
    sample_link: str
    status_page: str
    objection_period: str
    needs_proof: bool = False
    has_direct_messages: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it is read in one place, with its readers. `subject` is that of a mail; `is_public`: all may read it.

    `room` is that for more characters; `None` where the words have no limit.
    """

    place: Message
    text: str
    subject: str = ""
    remarks: Sequence[Message] = ()
    is_public: bool = False
    room: int | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The texts that are read, and sentences about what is not."""

    readings: Sequence[Reading]
    notices: Sequence[Message]

    @property
    def kind(self) -> object:
        """A value that is equal for previews that differ in their words alone."""
        return tuple((reading.place, tuple(reading.remarks)) for reading in self.readings), tuple(self.notices)


def preview(
    view: CaseProgressView,
    verdict: Verdict,
    words: str,
    agency_name: str,
    way: ReplyWay,
    *,
    files: AttachedFiles = "",
) -> Preview:
    """Return the preview of an answer. `files` are those that it is sent with."""
    own_page = [Reading(_ON_OWN_PAGE, words)] if words else []
    if not tells_citizen(verdict):
        next_agency = [Reading(_FOR_NEXT_AGENCY, words)] if words else []
        return Preview([*next_agency, *own_page], [_NO_REPLY_ABOUT_IT, _PUBLIC_STATE])
    with_files = [_FILES[files]] if files else []
    replies, absences = _replies(view, verdict, words, agency_name, way, files=files)
    return Preview([*replies, *own_page], [*absences, *with_files, _PUBLIC_STATE])


def other_readers(
    view: CaseProgressView,
    verdict: Verdict,
    readers: AnswerReaders,
    *,
    has_public_view: bool,
    files: AttachedFiles = "",
) -> Sequence[Message]:
    """Return what citizens beside the sender get to know of a text and a document, by its readers."""
    if verdict not in FIELD_VERDICTS["readers"]:
        return []
    report = view.case.dispatch.report
    notices: list[Message] = []
    if view.case.case.joined:
        is_whole = readers == "all-senders" and not report.rahasia
        is_masked = readers != "sender" and not report.is_private
        notices.append(_JOINED_READ_ALL if is_whole else _JOINED_READ_MASKED if is_masked else _JOINED)
    if has_public_view and readers != "sender" and not report.rahasia:
        notices.append(_PUBLIC)
    if files in {"dokumen", "berkas"}:
        is_shared = view.case.case.joined and readers == "all-senders" and not report.rahasia
        notices.append(_DOCUMENT_FOR_ALL_SENDERS if is_shared else _DOCUMENT_FOR_SENDER)
    return notices


def public_place(view: CaseProgressView, way: ReplyWay) -> Message | None:
    """Return where everybody reads the reply about an answer; `None` if only the sender reads it."""
    if way.form != "post" or _asks_for_secrecy(view):
        return None
    return _BY_POST.filled(channel=way.channel_label)


def answer_recipient(dispatch: Dispatch, form: ReplyForm, way: ReplyWay) -> AnswerRecipient:
    """Return the sender of a case as who hears of an answer to it."""
    return AnswerRecipient(
        form=form,
        number=dispatch.tracking,
        agency=dispatch.agency,
        is_private=dispatch.report.is_private,
        link=way.sample_link,
        objection_period=way.objection_period,
        may_get_mail=way.needs_proof,
    )


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
    return bool(responses) or any(act.content.verdict == "responded" for act in view.pending)


def _replies(
    view: CaseProgressView, verdict: Verdict, words: str, agency_name: str, way: ReplyWay, *, files: AttachedFiles
) -> tuple[Sequence[Reading], Sequence[Message]]:
    """Return the replies that the sender may get, and why there is none."""
    dispatch = view.case.dispatch
    if way.form is None:
        return (), [_NO_REPLY_ON_CHANNEL.filled(channel=way.channel_label)]
    recipient = answer_recipient(dispatch, way.form, way)
    notice = answer_notice(recipient, verdict, agency_name, words, files=files)
    if notice is None:
        return (), [_NO_REPLY_ABOUT_IT]
    if notice.occasion == "responded" and has_responded(view):
        return (), [_NO_SECOND_REPLY]
    if way.form == "post" and _asks_for_secrecy(view) and not way.has_direct_messages:
        return (), [_NO_POST_IN_PRIVATE.filled(channel=way.channel_label)]
    subject = AnswerSubject(verdict, dispatch.tracking, dispatch.agency, agency_name)
    remarks: list[Message] = []
    room = None
    if dispatch.report.is_private:
        remarks = [_PRIVATE]
    else:
        room = room_left(way.form, subject, words, SenderAccess(link=way.sample_link, files=files))
        remarks = [] if has_all_words(way.form, notice.text, words) else [_CUT]
    return list(_places(view, notice, way, remarks, room)), ()


def _places(
    view: CaseProgressView, notice: AnswerNotice, way: ReplyWay, remarks: Sequence[Message], room: int | None
) -> Iterator[Reading]:
    """Yield the text of a reply as it is read in each place."""
    tracking, text = view.case.dispatch.tracking, notice.text
    length = _LENGTH.filled(count=septets(text) or len(text), limit=SEGMENT)
    if way.needs_proof:
        mail = reply_mail(tracking, notice.mail_text, way.sample_link, way.status_page)
        yield Reading(_BY_PROVEN_SMS, text, remarks=[length, *remarks], room=room)
        yield Reading(_BY_PROVEN_MAIL, mail.body, mail.subject, [remark for remark in remarks if remark != _CUT])
    elif way.form == "sms":
        yield Reading(_BY_SMS, text, remarks=[length, *remarks], room=room)
    elif way.form == "notice":
        yield Reading(_BY_NOTICE.filled(channel=way.channel_label), text, remarks=remarks, room=room)
    elif place := public_place(view, way):
        yield Reading(place, text, remarks=remarks, is_public=True, room=room)
    else:
        yield Reading(_BY_DIRECT_MESSAGE.filled(channel=way.channel_label), text, remarks=remarks, room=room)


def _asks_for_secrecy(view: CaseProgressView) -> bool:
    """Return whether the sender asked for secrecy, in the report or in a later message (`sinks.replies.sink`)."""
    own_messages = (report for report in view.case.reports if report.relation == "repeat")
    return view.case.dispatch.report.is_private or any(message.report.is_private for message in own_messages)
