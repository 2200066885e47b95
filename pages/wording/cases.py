"""Words of a case: its kind, its state, its topic and its place. Pages translate them when rendered. Pure."""

from collections.abc import Callable, Mapping

from config.reference.regions import Regions
from messages.shapes import Kind, SecondMatter
from pages.translation.message import Message
from pages.translation.message import message as _

# By `messages.shapes.Kind`.
KINDS: Mapping[str, Message] = {
    Kind.PENGADUAN: _("Pengaduan"),
    Kind.ASPIRASI: _("Aspirasi"),
    Kind.PERMINTAAN_INFORMASI: _("Permintaan informasi"),
}
# By `messages.replies.report_states.ReportState`, for everybody who knows the number: the reader may be another person
# than the sender.
REPORT_STATES: Mapping[str, Message] = {
    "diterima": _("Sudah kami terima"),
    "diteliti": _("Sedang kami teliti"),
    "diteruskan": _("Diteruskan ke instansi"),
    "ditangani": _("Sedang ditangani"),
    "menunggu-anda": _("Menunggu keterangan pelapor"),
    "dijawab": _("Sudah dijawab"),
    "selesai": _("Selesai"),
    "dibuka-lagi": _("Dibuka lagi"),
    "bukan-laporan": _("Tidak diteruskan"),
    "ditarik": _("Ditarik"),
}
# For officers and overseers, by `desk.read_model.case_rows.AgencyCaseState`.
CASE_STATES: Mapping[str, Message] = {
    "terdisposisi": _("Baru"),
    "proses": _("Dikerjakan"),
    "tunda": _("Menunggu pelapor"),
    "selesai": REPORT_STATES["selesai"],
    "ditolak": _("Dinyatakan bukan kewenangan"),
    "dipindahkan": _("Dipindahkan ke instansi lain"),
    "dibuka-lagi": REPORT_STATES["dibuka-lagi"],
    "digabung": _("Digabung dengan laporan lain"),
}
# Characters of a heading that is made of the text.
_MAX_HEADING = 70
# For everybody who typed a number.
MISTYPED_NUMBER = _("Nomor ini tidak benar. Nomor laporan terdiri dari 12 huruf dan angka; periksa lagi.")


def topic_label(names: Mapping[str, str], topic: str) -> str:
    """Return the name of a topic, of `names` by id; for a topic that has none any more, the words of its id."""
    return names.get(topic) or topic.replace("-", " ").capitalize()


def report_heading(title: str, text: str) -> str:
    """Return the heading of a report: its title, or the first words of its text; empty if the text has none.

    A heading from the text ends after a whole word. It is masked if title and text are.
    """
    if title:
        return title
    words = text.split()
    heading_words: list[str] = []
    for word in words:
        if len(" ".join((*heading_words, word))) > _MAX_HEADING:
            break
        heading_words.append(word)
    if not heading_words:
        return ""
    return " ".join(heading_words) + ("" if len(heading_words) == len(words) else " …")


def second_matter_sentence(
    matter: SecondMatter | None, topics: Mapping[str, str], agency_name: Callable[[str], str]
) -> Message | None:
    """Return the sentence that names a second matter of a report and its agency; `None` without one.

    `topics` are the names of topics by id.
    """
    if matter is None:
        return None
    topic = topic_label(topics, matter.topic)
    if not matter.agency:
        return _("Juga menyebut: {topic}. Instansinya bergantung pada tempat, yang belum disebut.").filled(topic=topic)
    return _("Juga menyebut: {topic} → {agency}").filled(topic=topic, agency=agency_name(matter.agency))


def region_label(regions: Regions, code: str) -> str:
    """Return the name of a place, the smallest part first: "Tembalang, Kota Semarang, Jawa Tengah"."""
    return ", ".join(region.name for region in reversed(regions.lineage(code)))
