"""The preview of an answer: each text as it is sent afterwards, where it is read and by whom."""

import re
from collections.abc import Mapping
from html import unescape
from uuid import UUID

import pytest

from messages.sender_link import sample_link
from messages.shapes import Contact, Reply
from sinks.replies.providers.email import EmailReplies, MailFault
from sinks.replies.providers.provider import OutgoingReply
from tests.accounts.desk_client import DeskClient, desk_client
from tests.desk.harness import DeskHarness
from tests.desk.pages.page_requests import case_page, done, send_act, text_of
from tests.desk.pages.site import DeskSite, number_of
from tests.ingest.door_client import DoorServer
from tests.support.stages import link_of

SHORT = "Puskesmas buka lagi."
LONG = (
    "Puskesmas sudah buka lagi sejak pagi, dan dua dokter melayani pasien setiap hari kerja. Lihat www.contoh.id untuk "
    "jadwalnya; obat untuk tekanan darah tersedia lagi mulai minggu depan."
)
OWN_PAGE = "Halaman pelapor sendiri: seluruh teks, dibaca pelapor"
BY_SMS, BY_POST = "SMS: dibaca pelapor", "Balasan terbuka di X: dibaca semua orang"
BY_DIRECT_MESSAGE = "Pesan langsung di X: dibaca pelapor saja"
BY_NOTICE = "Pemberitahuan di ponsel pelapor (Aplikasi)"
BY_PROVEN_SMS = "SMS: dibaca pelapor, jika nomornya sudah terbukti"
BY_PROVEN_MAIL = "Email: dibaca pelapor, jika hanya alamat emailnya yang terbukti"
_SITE = "https://lapor.contoh.id"
_READING = re.compile(r'<p><b>([^<]+)</b></p>\n<p class="sms[^"]*">(.*?)</p>', re.DOTALL)


def readings(client: DeskClient, number: str, act: str, text: str) -> Mapping[str, str]:
    """Return the texts of a preview by where they are read."""
    page = send_act(client, number, act, text, langkah="pratinjau").text
    return {unescape(place): re.sub("<[^>]+>", "", unescape(shown)) for place, shown in _READING.findall(page)}


def with_sample_link(text: str, reply: Reply) -> str:
    """Return a text that was sent with the link of previews instead of the sender's own one."""
    return text.replace(link_of(reply.message_id), sample_link(_SITE))


def mail_with(reply: Reply) -> str:
    """Return subject and text of the mail that the provider sends with a reply."""
    mails: list[str] = []

    def send(message_id: UUID, to: str, subject: str, body: str) -> MailFault | None:
        mails.append(f"{subject}\n\n{body}")
        return None

    provider = EmailReplies(send, lambda number: f"{_SITE}/status/{number}", link_of)
    contact = Contact(email="sekar@contoh.id")
    values = reply.model_dump(include={"id", "tracking", "kind", "text", "mail_text", "message_id"})
    provider.deliver(OutgoingReply(**values, secret=False, attempts=0, contact=contact))
    return mails[0]


@pytest.mark.parametrize(
    ("channel", "places"),
    [
        ("sms", [BY_SMS]),
        ("mobile", [BY_NOTICE]),
        ("web", [BY_PROVEN_SMS, BY_PROVEN_MAIL]),
        ("twitter", [BY_POST]),
    ],
)
def test_each_text_is_the_one_that_is_sent(site: DeskSite, client: DeskClient, channel: str, places: list[str]) -> None:
    """On every channel, with short words and with words that are cut, also for a confidential report."""
    cases = [
        (act, text, is_private)
        for act in ("tanggapi", "minta-keterangan", "tutup")
        for text in (SHORT, LONG)
        for is_private in (False, True)
        # A long question is refused where its reply has the words.
        if (act, text, is_private) != ("minta-keterangan", LONG, False)
    ]
    for index, (act, text, is_private) in enumerate(cases):
        number = site.send(index, f"Kemenkes, puskesmas {index} tutup", channel=channel, rahasia=is_private)
        shown = dict(readings(client, number, act, text))
        assert shown.pop(OWN_PAGE) == text
        assert list(shown) == ([BY_DIRECT_MESSAGE] if is_private and channel == "twitter" else places)

        site.desk.replies.clear()
        done(site, client, number, act, text)
        (reply,) = site.desk.replies
        if channel == "web":
            assert shown.pop(BY_PROVEN_MAIL).strip() == with_sample_link(mail_with(reply), reply).strip()
        assert list(shown.values()) == [with_sample_link(reply.text, reply)]


def test_nobody_reads_a_reply_that_is_not_sent(desk: DeskHarness, server: DoorServer) -> None:
    """On X without direct messages a sender who asked for secrecy gets none, also if a later message asked for it."""
    site = DeskSite(desk, direct_message_channels=frozenset())
    client = desk_client(server, site.app)
    site.send(1, channel="twitter")
    assert list(readings(client, number_of(1), "tanggapi", SHORT)) == [BY_POST, OWN_PAGE]
    site.send(2, "Rahasia ya", of=1, channel="twitter", rahasia=True)
    assert list(readings(client, number_of(1), "tanggapi", SHORT)) == [OWN_PAGE]
    page = text_of(send_act(client, number_of(1), "tanggapi", SHORT, langkah="pratinjau"))
    assert "Laporan ini anonim atau rahasia: tidak ada balasan di X." in page


def test_a_form_whose_reply_everybody_reads_says_so(site: DeskSite, client: DeskClient) -> None:
    """Before the first word, in question, answer and closing; not for another channel or a confidential report."""
    page = case_page(client, site.send(1, "Kemenkes, vaksin habis", channel="twitter"))
    assert page.count(f"<b>{BY_POST}.</b>") == 3
    for number, report in ((2, {"channel": "sms"}), (3, {"channel": "twitter", "rahasia": True})):
        assert "dibaca semua orang" not in case_page(
            client, site.send(number, f"Kemenkes, obat {number} habis", **report)
        )


def test_the_preview_tells_what_the_sender_does_not_get(site: DeskSite, client: DeskClient) -> None:
    """Cut words, no words for a confidential report, one message about responses, and who reads a refusal."""

    def preview(number: str, act: str = "tanggapi", text: str = SHORT) -> str:
        return text_of(send_act(client, number, act, text, langkah="pratinjau"))

    number = site.send(1, channel="sms")
    assert "77 dari 160 karakter, satu SMS. Sisa 83 karakter." in preview(number)
    assert "Pesan ini tidak memuat seluruh teks Anda." in preview(number, text=LONG)
    confidential = preview(site.send(2, "Kemenkes, vaksin habis", channel="sms", rahasia=True))
    assert "pesan ini tidak memuat nama instansi dan isi teks Anda." in confidential
    assert f"Kementerian Kesehatan: {SHORT}" not in confidential
    refused = preview(number, "bukan-kewenangan")
    assert f"Instansi berikutnya: seluruh teks {SHORT} {OWN_PAGE} {SHORT}" in refused
    assert "Pelapor tidak mendapat SMS atau pesan lain tentang tindakan ini." in refused
    assert (site.desk.published, site.acts) == ([], [])
    done(site, client, number, "tanggapi", "Kami periksa.")
    assert "Pelapor sudah mendapat pesan tentang tanggapan sebelumnya" in preview(number)
    assert list(readings(client, number, "tutup", SHORT)) == [BY_SMS, OWN_PAGE]
