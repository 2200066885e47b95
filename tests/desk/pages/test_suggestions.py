"""The case that is perhaps the same, on a case's page: what may be read, the two acts, and who decides first."""

from http import HTTPStatus

import pytest

from accounts.permissions import Actor, Role, actor_label
from messages import codec
from messages.shapes import ClosedCase, Correction, Suggestion
from normalize.duplicates.comparison.features import FEATURES
from normalize.duplicates.comparison.object_features import OBJECT_FEATURES
from pages.wording.suggestions import EVIDENCE_SENTENCES, evidence_sentences
from tests.accounts.desk_client import DeskClient
from tests.conftest import NOW
from tests.desk.pages.page_requests import case_page, done, text_of
from tests.desk.pages.site import BUDI, CONTACT, PLN, SARI, WAYAN, DeskSite, number_of
from tests.router.test_linked import id_of

EVIDENCE = ("same-sender-soon", "place-same-topics", "same-names", "feature-of-tomorrow")
TITLE = "Mungkin sama dengan laporan"


def like(number: int) -> Suggestion:
    """Return the suggestion of an earlier report."""
    return Suggestion(of=id_of(number), score=0.8, evidence=EVIDENCE)


@pytest.fixture
def pair(site: DeskSite) -> DeskSite:
    """A case, and one that is perhaps the same at the same agency."""
    site.send(1, "Kemenkes, antrean puskesmas sejak subuh")
    site.send(2, suggestion=like(1))
    site.write_ledger()
    return site


def decide(client: DeskClient, number: str, outcome: str) -> str:
    """Send a decision that is stored; return the words of the page that follows."""
    answer = client.post(f"/desk/laporan/{number}/usulan", {"putusan": outcome})
    assert answer.status_code == HTTPStatus.SEE_OTHER, text_of(answer)
    return text_of(client.get(answer.headers["Location"].partition("#")[0]))


def test_a_suggestion_is_shown_with_its_evidence(pair: DeskSite, client: DeskClient) -> None:
    """In sentences, with a link to the case that the agency may read. Nothing tells about the senders."""
    text = text_of(client.get(f"/desk/laporan/{number_of(2)}"))
    assert f"{TITLE} {number_of(1)}" in text
    assert "Tempat dan pokok masalahnya tampak sama. Keduanya menyebut nama yang sama." in text
    page = case_page(client, number_of(2))
    assert f'href="/desk/laporan/{number_of(2)}/banding?tab=baru"' in page
    assert [
        word for word in ("pelapor yang sama", "same-sender", "same-names", "feature-of", "0.8") if word in page
    ] == []
    assert TITLE not in case_page(client, number_of(1))


def test_both_reports_are_on_one_page(site: DeskSite, client: DeskClient) -> None:
    """With both texts, the reasons, what differs in place, time and pictures, and the two acts."""
    place = {"address": "Jalan Kenari 5", "latitude": -7.0, "longitude": 110.4}
    picture = site.picture("antrean", b"picture")
    site.actor = Actor(SARI.account_id, SARI.name, Role.OFFICER, "kota-3374")
    site.send(1, "Kemenkes, antrean puskesmas sejak subuh", place=place, incident_time="Senin pagi")
    elsewhere = {"address": "Jalan Merak 9", "latitude": -7.001, "longitude": 110.4}
    site.send(
        2,
        "Kemenkes, antrean mengular",
        suggestion=like(1),
        place=elsewhere,
        incident_time=" senin  pagi",
        attachments=(picture,),
    )
    site.write_ledger()
    answer = client.get(f"/desk/laporan/{number_of(2)}/banding?tab=baru")
    text = text_of(answer)
    for words in (
        "antrean puskesmas sejak subuh",
        "antrean mengular",
        "Tempat dan pokok masalahnya tampak sama.",
        "Tempat yang ditulis berbeda. Jarak kedua titik di peta: 110 m.",
        "Dilaporkan dengan selisih kurang dari satu jam. Waktu kejadian sama.",
        f"Hanya laporan {number_of(2)} punya gambar.",
    ):
        assert words in text
    assert f'href="/desk/laporan/{number_of(2)}/berkas/{picture.id}?tab=baru"' in answer.text
    assert [word for word in ("pelapor yang sama", "same-sender", "0.8") if word in answer.text] == []
    assert "Sudah diputuskan: ini bukan laporan yang sama." in decide(client, number_of(2), "bukan")
    assert 'value="sama"' not in client.get(f"/desk/laporan/{number_of(2)}/banding").text


def test_the_page_of_both_shows_the_report_that_is_like_this_one(site: DeskSite, client: DeskClient) -> None:
    """Also if it accompanies another case: the reasons are about its words, and the link leads to its case."""
    site.send(1, "Kemenkes, antrean puskesmas sejak subuh")
    site.send(2, "Kemenkes, loket hanya satu", of=1, kind="joins")
    site.send(3, suggestion=like(2))
    site.write_ledger()
    answer = client.get(f"/desk/laporan/{number_of(3)}/banding")
    assert "loket hanya satu" in answer.text
    assert "sejak subuh" not in answer.text
    assert f'href="/desk/laporan/{number_of(1)}?tab=baru">{number_of(2)}</a>' in answer.text


def test_no_page_of_both_shows_a_case_of_another_institution(site: DeskSite, client: DeskClient) -> None:
    """The address leads to the own case, as for a case without a suggestion."""
    site.send(1, "Kemenkes, lorong gelap di Puskesmas Cendana")
    site.send(2, "Mohon PLN datang", suggestion=like(1))
    site.actor = WAYAN
    answer = client.get(f"/desk/laporan/{number_of(2)}/banding")
    assert (answer.status_code, "Cendana" in answer.text) == (HTTPStatus.SEE_OTHER, False)
    assert client.get(f"/desk/laporan/{number_of(1)}/banding").status_code == HTTPStatus.NOT_FOUND


def test_a_confirmed_suggestion_merges_the_case(pair: DeskSite, client: DeskClient) -> None:
    """The page says so at once, and the case is a part of the other one when the stages have processed it."""
    assert "Sudah diputuskan: laporan ini sama, dan digabung." in decide(client, number_of(2), "sama")
    ((action, subject, actor, why, _at),) = pair.acts
    assert (action, subject, actor) == ("duplicates.confirm", f"{id_of(2)} {id_of(1)}", actor_label(SARI))
    assert why == "Petugas membenarkan bahwa kedua laporan sama."
    pair.process_corrections()
    page = text_of(client.get(f"/desk/laporan/{number_of(1)}"))
    assert "1 laporan lain yang digabung" in page
    assert client.get(f"/desk/laporan/{number_of(2)}").headers["Location"].startswith(f"/desk/laporan/{number_of(1)}")


def test_a_denied_suggestion_is_gone(pair: DeskSite, client: DeskClient) -> None:
    """Both cases stay, and the history of both says what was decided, by whom at the own agency."""
    assert "Sudah diputuskan: ini bukan laporan yang sama." in decide(client, number_of(2), "bukan")
    (message,) = pair.corrections
    assert codec.decode(Correction, message.value, message.headers).is_denial
    pair.process_corrections()
    for number in (1, 2):
        text = text_of(client.get(f"/desk/laporan/{number_of(number)}"))
        assert "Petugas memutuskan bahwa laporan ini tidak sama" in text
        assert "Langsung ke tindakan" in text
    assert "Bukan yang sama" not in case_page(client, number_of(2))
    # It does not come again with the next dispatch.
    pair.desk.answer(pair.signed_answer(number_of(2), "refused", "Bukan kewenangan kami."))
    pair.actor = Actor(SARI.account_id, "Tri", Role.TRIAGE, "triage")
    assert TITLE not in case_page(client, number_of(2))


def test_of_two_officers_the_first_one_decides(pair: DeskSite, client: DeskClient) -> None:
    """The second one reads that somebody was first. One correction is published."""
    decide(client, number_of(2), "bukan")
    pair.actor = BUDI
    answer = client.post(f"/desk/laporan/{number_of(2)}/usulan", {"putusan": "sama"})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "Petugas lain sudah memutuskan lebih dahulu." in text_of(answer)
    assert (len(pair.corrections), len(pair.acts)) == (1, 1)


def test_a_closed_case_ends_the_suggestion(pair: DeskSite, client: DeskClient) -> None:
    """A page that was open before says so, and a new one has nothing to decide."""
    done(pair, client, number_of(1), "terima")
    done(pair, client, number_of(1), "tutup", "Sudah ditangani.")
    pair.write_ledger()
    answer = client.post(f"/desk/laporan/{number_of(2)}/usulan", {"putusan": "sama"})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "Salah satu laporan sudah ditutup atau digabung." in text_of(answer)
    assert "Laporan yang mungkin sama sudah selesai ditangani." in text_of(answer)
    assert 'value="sama"' not in case_page(client, number_of(2))
    assert pair.corrections == []


def test_a_case_of_another_institution_is_not_told_of(site: DeskSite, client: DeskClient) -> None:
    """The agency reads that there is one, and nothing of it: no number, words or contact. It cannot decide."""
    secret = site.send(1, "Kemenkes, lorong gelap di Puskesmas Cendana", title="Lorong gelap")
    site.send(2, "Mohon PLN datang", suggestion=like(1))
    site.write_ledger()
    site.actor = WAYAN
    page = case_page(client, number_of(2))
    assert "Mungkin sama dengan laporan di instansi lain" in page
    canaries = (secret, str(id_of(1)), "Cendana", "Lorong gelap", CONTACT.name, "Kementerian", "tampak sama", "same-")
    assert [word for word in canaries if word in page.partition("mungkin-sama")[2].partition("</section>")[0]] == []
    assert [word for word in canaries[:5] if word in page] == []
    for outcome in ("sama", "bukan"):
        answer = client.post(f"/desk/laporan/{number_of(2)}/usulan", {"putusan": outcome})
        assert answer.status_code == HTTPStatus.CONFLICT
        assert "Petugas triase yang memutuskan" in text_of(answer)
    assert (site.corrections, site.acts) == ([], [])
    site.actor = SARI
    assert client.post(f"/desk/laporan/{number_of(2)}/usulan", {"putusan": "sama"}).status_code == HTTPStatus.NOT_FOUND


def test_triage_decides_about_a_case_of_an_institution(site: DeskSite, client: DeskClient) -> None:
    """Staff has the right to correct relations: it reads both on the page of merges, and decides about the own case."""
    site.send(1, "Kemenkes, antrean puskesmas")
    site.send(2, "Antrean panjang", suggestion=like(1))
    site.write_ledger()
    site.actor = Actor(SARI.account_id, "Tri", Role.TRIAGE, "triage")
    page = case_page(client, number_of(2))
    assert f"/desk/gabung?a={number_of(1)}&amp;b={number_of(2)}" in page
    decide(client, number_of(2), "sama")
    site.process_corrections()
    site.actor = SARI
    assert "1 laporan lain yang digabung" in text_of(client.get(f"/desk/laporan/{number_of(1)}"))


def test_a_decision_waits_for_nothing_that_it_does_not_have(site: DeskSite, client: DeskClient) -> None:
    """For a page without a suggestion, and without the right to it, nothing is decided."""
    site.send(1)
    site.send(2, suggestion=like(1))
    site.send(3, suggestion=like(9))
    assert TITLE not in case_page(client, number_of(3))
    assert client.post(f"/desk/laporan/{number_of(2)}/usulan", {"putusan": "x"}).status_code == HTTPStatus.NOT_FOUND
    site.actor = Actor(SARI.account_id, "O", Role.OVERSEER)
    assert client.post(f"/desk/laporan/{number_of(2)}/usulan", {"putusan": "sama"}).status_code == HTTPStatus.FORBIDDEN
    assert PLN not in str(site.corrections)


def test_the_list_marks_and_filters_open_suggestions(pair: DeskSite, client: DeskClient) -> None:
    """Until a person decides, or the other case is closed. The page of the other case names the first five."""
    pair.send(3, "Kemenkes, dokter tidak ada")
    listed = "/desk/laporan?tab=baru&mungkin-sama=1"
    page = client.get(listed).text
    assert (number_of(2) in page, number_of(1) in page, number_of(3) in page) == (True, False, False)
    assert client.get("/desk/laporan?tab=baru").text.count(">mungkin sama</span>") == 1
    assert f"Putuskan di laporan {number_of(2)}" in text_of(client.get(f"/desk/laporan/{number_of(1)}"))
    for number in range(4, 10):
        pair.send(number, suggestion=like(3))
    text = text_of(client.get(f"/desk/laporan/{number_of(3)}"))
    assert text.count("Putuskan di laporan") == 5
    assert "1 laporan lagi tidak ditampilkan." in text
    decide(client, number_of(2), "bukan")
    pair.process_corrections()
    done(pair, client, number_of(3), "terima")
    done(pair, client, number_of(3), "tutup", "Sudah ditangani.")
    assert "mungkin sama</span>" not in client.get("/desk/laporan?tab=baru").text
    assert "Tidak ada laporan yang cocok dengan saringan ini" in text_of(client.get(listed))
    assert "Putuskan di laporan" not in case_page(client, number_of(1))


def test_a_case_names_the_closed_case_that_it_is_like(site: DeskSite, client: DeskClient) -> None:
    """With its number and the day of its closing for the agency that had it; no other agency learns either."""
    site.send(1, "Kemenkes, antrean puskesmas sejak subuh")
    done(site, client, number_of(1), "terima")
    done(site, client, number_of(1), "tutup", "Sudah ditangani.")
    again = ClosedCase(of=id_of(1), closed_at=NOW)
    site.send(2, similar_closed_case=again)
    site.send(3, "Mohon PLN datang", similar_closed_case=again)
    title = "Lagi: laporan"
    text = text_of(client.get(f"/desk/laporan/{number_of(2)}"))
    assert f"{title} {number_of(1)} yang ditutup tanggal {NOW.day} " in text
    assert title not in case_page(client, number_of(1))
    site.actor = WAYAN
    page = case_page(client, number_of(3))
    assert "Lagi: laporan yang mirip pernah ditutup instansi lain" in page
    assert [word for word in (number_of(1), "subuh", "ditutup tanggal") if word in page] == []


@pytest.mark.parametrize(
    ("evidence", "sentences"),
    [
        (("near-text", "copied-at-length"), ["Kata-kata kedua laporan hampir sama."]),
        (
            ("same-date", "same-amount"),
            ["Keduanya menyebut tanggal yang sama.", "Keduanya menyebut jumlah uang yang sama."],
        ),
        (("rare-words", "usual-words"), ["Ada kata yang sama di kedua laporan."]),
        (("feature-of-tomorrow",), ["Isi kedua laporan mirip."]),
        ((), ["Isi kedua laporan mirip."]),
    ],
)
def test_evidence_is_told_in_sentences(evidence: tuple[str, ...], sentences: list[str]) -> None:
    """Each sentence once, the strongest first. A feature without a sentence of its own has the general one."""
    assert list(evidence_sentences(evidence)) == sentences


def test_few_sentences_are_enough() -> None:
    """However many features there are. Every sentence belongs to a feature."""
    names = [name for names, _ in EVIDENCE_SENTENCES for name in names]
    assert set(names) <= {feature.name for feature in (*FEATURES, *OBJECT_FEATURES)}
    assert len(evidence_sentences(names)) == 4


def test_a_case_that_has_moved_on_is_read_and_not_decided(site: DeskSite, client: DeskClient) -> None:
    """The agency had it, so it reads it. Another institution has it now, so triage decides."""
    site.send(1, "Kemenkes, antrean puskesmas")
    site.send(2, suggestion=like(1))
    site.desk.answer(site.signed_answer(number_of(1), "refused", "Bukan kewenangan kami."))
    site.write_ledger()
    page = case_page(client, number_of(2))
    compared = text_of(client.get(f"/desk/laporan/{number_of(2)}/banding"))
    assert "Laporan itu sekarang di instansi lain." in compared
    assert "Kemenkes, antrean puskesmas" in compared
    assert "Laporan itu sekarang di instansi lain." in page
    assert 'value="sama"' not in page
    answer = client.post(f"/desk/laporan/{number_of(2)}/usulan", {"putusan": "bukan"})
    assert (answer.status_code, site.corrections) == (HTTPStatus.CONFLICT, [])
