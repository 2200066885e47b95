"""Triage: the list of waiting cases, the page of a case, and each act on it."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest

from accounts.permissions import Role
from app.staff.ready_texts import ASKING, CLOSING
from config.database import read_transaction, write_transaction
from desk.acts.openings import read_unopened_dangers
from messages import codec
from messages.replies.reply_texts import TRIAGE_NAME, answer_text, is_complete
from messages.shapes import AgencyAnswer, Complaint, Dispatch
from messages.topics import AGENCY_ANSWERS, COMPLAINTS
from privacy.forgotten import SentReport, record_reports
from tests.app.staff.harness import SEMARANG, StaffHarness, hidden_fields
from tests.app.test_corrections import number
from tests.conftest import NOW
from tests.support.agency_answers import answer as give_answer

ONE, TWO = f"/desk/triase/{number(1)}", f"/desk/triase/{number(2)}"
DECISION = {"instansi": SEMARANG, "alasan": "jalannya di kota itu"}


def write_cases(staff: StaffHarness) -> None:
    """Publish two cases for triage, one of them with two candidates, and one for an agency."""
    staff.reports.write(1, "lampu mati, hubungi 0812 3456 7890 atau budi@contoh.id")
    staff.reports.write(2, "Kota Semarang atau Kabupaten Semarang, mohon dicek")
    staff.reports.write(3, "Kemenkes tolong")
    staff.work()


@pytest.fixture
def cases(staff: StaffHarness) -> StaffHarness:
    """Pages over these cases, for a person of triage."""
    write_cases(staff)
    return staff


def answers(staff: StaffHarness) -> list[AgencyAnswer]:
    """Return the answers on the bus."""
    records = staff.reports.records(AGENCY_ANSWERS)
    return [codec.decode(AgencyAnswer, record.value, record.headers) for record in records]


def unopened(staff: StaffHarness) -> list[tuple[str, int]]:
    """Return the agencies and numbers of the dangers that nobody has opened."""
    with read_transaction(staff.engine) as connection:
        return [(item.agency, item.cases) for item in read_unopened_dangers(connection)]


def test_the_list_has_words_candidates_and_ages(staff_on_each_database: StaffHarness) -> None:
    """Each case has its masked text, its candidates with their reasons, and the time that it has waited."""
    staff = staff_on_each_database
    write_cases(staff)
    staff.time = NOW + timedelta(days=2)
    page = staff.get("/desk/triase")
    assert "2 laporan menunggu keputusan. Yang terlama menunggu 2 hari." in page
    assert "lampu mati, hubungi ••• atau •••" in page
    assert "3456" not in page
    assert "Kabupaten Semarang</b>: Mungkin berwenang" in page
    assert number(3) not in page


def test_a_second_matter_stands_in_the_list_and_on_the_page(staff: StaffHarness) -> None:
    """With the institution that would be competent for it."""
    staff.reports.write(1, "Listrik padam, dan paspor saya belum jadi")
    staff.work()
    for path in ("/desk/triase", ONE):
        assert "Juga menyebut: Paspor → Kementerian Imigrasi dan Pemasyarakatan" in staff.get(path)


def test_a_report_is_divided_at_triage(staff_on_each_database: StaffHarness) -> None:
    """The words of the second matter become a part at its agency; what is masked does not go along.

    The report waits at triage as before, and names the part. Words that are not the report's are refused.
    """
    staff = staff_on_each_database
    staff.reports.write(1, "Listrik padam, dan paspor saya belum jadi. Telepon 0812 3456 7890")
    (record,) = staff.reports.records(COMPLAINTS)
    complaint = codec.decode(Complaint, record.value, record.headers)
    sent_report = SentReport(complaint.id, complaint.message_id, complaint.sender, NOW, has_shared_seal=False)
    with write_transaction(staff.engine) as connection:
        record_reports(connection, [sent_report])
    staff.work()
    agency = re.search(r'name="tujuan" value="([^"]+)"', staff.get(ONE))
    assert agency
    refused = staff.send(f"{ONE}/bagi", isi="paspor kakak saya", tujuan=agency[1])
    assert (refused.status_code, "Kata-kata itu tidak ada di isi laporan." in refused.text) == (400, True)
    assert "paspor kakak saya</textarea>" in refused.text
    sent = staff.send(f"{ONE}/bagi", isi="paspor saya belum jadi. Telepon •••", tujuan=agency[1])
    assert "Pembagian terkirim." in staff.follow(sent)
    assert ("desk.divide", staff.label, "divide") in staff.acts()
    # The router makes the part, and then routes it.
    staff.work()
    staff.work()
    page = staff.get(ONE)
    assert f"Bagian {number(1)}-2 di " in page
    assert "Menunggu keputusan." in page
    (record,) = staff.reports.records(f"agency-{agency[1]}")
    part = codec.decode(Dispatch, record.value, record.headers)
    assert (part.tracking, part.report.text) == (f"{number(1)}-2", "paspor saya belum jadi. Telepon")


def test_a_filter_without_cases_says_so(cases: StaffHarness) -> None:
    """The filter is in the address; the form keeps it."""
    page = cases.get("/desk/triase?topik=banjir&wilayah=33")
    assert "Tidak ada laporan yang menunggu keputusan." in page
    assert 'value="banjir"' in page


def test_the_filter_has_names(staff_on_each_database: StaffHarness) -> None:
    """Topics and regions of the waiting cases are chosen by name; an address may have the names."""
    staff = staff_on_each_database
    staff.reports.write(1, "Kota Semarang atau Kabupaten Semarang, jalan rusak")
    staff.reports.write(2, "banjir besar")
    staff.work()
    page = staff.get("/desk/triase")
    assert '<option value="jalan">Jalan (1)</option>' in page
    assert '<option value="banjir">Banjir (1)</option>' in page
    assert re.search(r'<option value="33">Jawa Tengah \(1\)</option>', page)
    chosen = staff.get("/desk/triase?topik=Banjir")
    assert '<option value="banjir" selected>Banjir (1)</option>' in chosen
    assert [number(1) in chosen, number(2) in chosen] == [False, True]
    chosen = staff.get("/desk/triase?wilayah=jawa+tengah")
    assert '<option value="33" selected>' in chosen
    assert [number(1) in chosen, number(2) in chosen] == [True, False]


def test_a_number_leads_to_its_case(cases: StaffHarness) -> None:
    """A mistyped number is told."""
    answer = cases.client.get(f"/desk/triase?nomor={number(1).lower()}")
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.SEE_OTHER, ONE)
    assert "Nomor ini tidak benar" in cases.get("/desk/triase?nomor=123")


def test_a_long_list_has_pages(cases: StaffHarness) -> None:
    """Thirty cases are on two pages, each of them once, although all came at one moment; danger to life stands first.

    So does a case without danger whose sender tells of it later.
    """
    for index in range(100, 130):
        cases.reports.write(
            index, f"tolong pak, perkara nomor sekian {'x' * (index % 7)}", danger="fire" if index == 117 else ""
        )
    cases.reports.write(200, "gudangnya juga terbakar", of=123, danger="violence")
    cases.work()
    first = cases.get("/desk/triase")
    marked = [first.partition(f'href="/desk/triase/{number(index)}"')[2].partition("</p>")[0] for index in (117, 123)]
    assert ["bahaya: kebakaran" in marked[0], "bahaya: kekerasan" in marked[1]] == [True, True]
    assert [first.count("bahaya:"), first[: first.rindex("bahaya:")].count('<a href="/desk/triase/')] == [2, 2]
    assert "Telepon 113 (pemadam kebakaran) atau 112 sekarang" in marked[0] + first
    assert unopened(cases) == [("triage", 2)]
    case = cases.get(f"/desk/triase/{number(117)}")
    assert [words in case for words in ("bahaya: kebakaran", "Telepon 113", "Jangan menunggu.")] == [True] * 3
    assert unopened(cases) == [("triage", 1)]
    assert "Telepon 110 (polisi)" in cases.get(f"/desk/triase/{number(123)}")
    assert unopened(cases) == []
    following = first.rpartition('href="/desk/triase?')[2].partition('"')[0].replace("&amp;", "&")
    second = cases.get(f"/desk/triase?{following}")
    numbers = [number(index) for index in (1, 2, *range(100, 130))]
    on_first, on_second = ([f'href="/desk/triase/{number}"' in page for number in numbers] for page in (first, second))
    assert sum(on_first) == 25
    assert [not is_shown for is_shown in on_first] == on_second


def test_an_agency_is_searched_by_a_former_name(cases: StaffHarness) -> None:
    """The result stands beside the candidates, and the search needs no script."""
    page = cases.get(f"{TWO}?cari=kota+semarang")
    assert f'name="instansi" value="{SEMARANG}"' in page
    assert 'value="kabupaten-3322"' in page
    assert "Tidak ada instansi yang cocok" in cases.get(f"{ONE}?cari=tidakada")


def test_a_decision_is_published_and_told(cases: StaffHarness) -> None:
    """The case goes to the agency with the person's name and reason. The audit log has the reason and the account."""
    fields = hidden_fields(cases.get(TWO), f"{TWO}/putusan")
    page = cases.follow(cases.send(f"{TWO}/putusan", **fields, **DECISION))
    assert "1 laporan diputuskan." in page
    assert cases.acts() == [("triage.decide", cases.label, "jalannya di kota itu")]
    cases.work()
    # The agency reads the name alone.
    assert [answer.actor for answer in answers(cases)] == ["Sari Dewi"]
    assert cases.reports.status(2).steps[-1].agency == "Kota Semarang"
    assert number(2) not in cases.get("/desk/triase")
    assert "Sekarang ada di Kota Semarang" in cases.client.get(TWO).text


def test_the_next_case_opens_after_an_act(cases: StaffHarness) -> None:
    """After each act the next case of the same list opens with the result; after the last one the list.

    The clock moves between the act and its record, as it does outside of tests.
    """
    cases.tick = timedelta(milliseconds=1)
    for index in (4, 5, 6):
        cases.reports.write(index, f"tolong pak, perkara {'x' * index}")
    cases.work()
    order = [number(index) for index in (1, 2, 4, 5, 6)]
    shown = sorted(order, key=cases.get("/desk/triase").index)
    acts = (("tanya", "tempat"), ("bukan-laporan", "iklan"), ("putusan", "isi"), ("bukan-laporan", "tidak-jelas"))
    results = ("1 pertanyaan dikirim", "1 laporan ditutup", "1 laporan diputuskan", "1 laporan ditutup")
    for at, ((act, ready), result) in enumerate(zip(acts, results, strict=True)):
        address = f"/desk/triase/{shown[at]}"
        fields = hidden_fields(cases.get(address), f"{address}/{act}")
        agency = {"instansi": SEMARANG} if act == "putusan" else {}
        answer = cases.send(f"{address}/{act}", **fields, **agency, siap=ready)
        assert answer.headers["Location"].startswith(f"/desk/triase/{shown[at + 1]}?")
        assert result in cases.follow(answer)
        if at == 1:
            cases.work()
    last = f"/desk/triase/{shown[-1]}"
    answer = cases.send(f"{last}/tanya", **hidden_fields(cases.get(last), f"{last}/tanya"), siap="masalah")
    assert answer.headers["Location"].startswith("/desk/triase?")
    assert "1 pertanyaan dikirim" in cases.follow(answer)


def test_the_next_case_is_one_of_the_filter_but_danger_comes_first(cases: StaffHarness) -> None:
    """The filter goes along. A danger that nobody has read opens before the rest, and only once."""
    cases.reports.write(4, "tolong, ada orang berkelahi dengan parang di depan tugu", danger="violence")
    cases.work()
    fields = hidden_fields(cases.get(f"{ONE}?topik=Jalan+rusak&wilayah=33"), f"{ONE}/bukan-laporan")
    assert (fields["topik"], fields["wilayah"]) == ("jalan-rusak", "33")
    location = cases.send(f"{ONE}/bukan-laporan", **fields, siap="iklan").headers["Location"]
    assert location.startswith(f"/desk/triase/{number(4)}?topik=jalan-rusak&wilayah=33&hasil=")
    cases.get(location)
    fields = hidden_fields(cases.get(f"{TWO}?topik=jalan-rusak"), f"{TWO}/bukan-laporan")
    location = cases.send(f"{TWO}/bukan-laporan", **fields, siap="iklan").headers["Location"]
    assert location.startswith("/desk/triase?topik=jalan-rusak&hasil=")


def boxes(page: str) -> list[str]:
    """Return the values of the boxes of the list."""
    return re.findall(r'name="pilih" value="([^"]+)"', page)


def test_several_are_closed_at_once(staff_on_each_database: StaffHarness) -> None:
    """All chosen ones are closed for one ready reason, which their senders read. A danger has no box."""
    staff = staff_on_each_database
    write_cases(staff)
    staff.tick = timedelta(milliseconds=1)
    for index in range(10, 20):
        staff.reports.write(index, f"halo selamat pagi {'x' * index}", danger="fire" if index == 19 else "")
    staff.work()
    chosen = boxes(staff.get("/desk/triase"))
    assert number(19) not in {value.partition(":")[0] for value in chosen}
    junk = [value for value in chosen if value.partition(":")[0] not in {number(1), number(2)}]
    page = staff.follow(staff.send("/desk/triase/bukan-laporan", pilih=junk, siap="bukan-aduan"))
    assert re.findall(r"\d+ laporan ditutup tanpa diteruskan", page) == ["9 laporan ditutup tanpa diteruskan"]
    assert [page.count("Sedang diproses."), len(boxes(page))] == [9, 2]
    staff.work()
    assert {staff.reports.status(index).state for index in range(10, 19)} == {"bukan-laporan"}
    assert {answer.text for answer in answers(staff)} == {CLOSING["bukan-aduan"]}
    assert staff.reports.status(19).state != "bukan-laporan"


def test_what_changed_since_is_not_closed_with_the_others(cases: StaffHarness) -> None:
    """Its sender wrote, or somebody decided: the page names it with the reason, and the others are closed."""
    for index in (4, 5):
        cases.reports.write(index, f"halo selamat pagi {'x' * index}")
    cases.work()
    chosen = boxes(cases.get("/desk/triase"))
    cases.reports.write(6, "lampunya di depan pasar", of=4)
    cases.send(f"{TWO}/putusan", **DECISION)
    cases.work()
    answer = cases.send("/desk/triase/bukan-laporan", pilih=chosen, siap="bukan-aduan")
    assert answer.status_code == HTTPStatus.CONFLICT
    assert f"{number(4)} tidak ditutup. Laporan ini berubah" in answer.text
    assert f"{number(2)} tidak ditutup. Laporan {number(2)} sudah tidak di triase" in answer.text
    assert "2 laporan ditutup" in answer.text


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"siap": "iklan"}, "Pilih laporan lebih dahulu"),
        ({"pilih": "abc", "siap": "x"}, "Pilih laporan lebih dahulu"),
        ({"pilih": ["x"] * 26, "siap": "iklan"}, "Terlalu banyak"),
        ({"pilih": ["", "a:b:c:d", f"{number(1)}:x:9"], "siap": "iklan"}, "tidak ditutup"),
    ],
)
def test_a_strange_choice_closes_nothing(cases: StaffHarness, fields: dict[str, str | list[str]], problem: str) -> None:
    """The page says what is wrong."""
    answer = cases.send("/desk/triase/bukan-laporan", **fields)
    assert answer.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT}
    assert problem in answer.text
    assert answers(cases) == []


@pytest.mark.parametrize("question", ASKING.values())
def test_a_ready_question_fits_one_sms(question: str) -> None:
    """A sender by SMS reads the whole question."""
    assert is_complete(answer_text("asked", number(1), TRIAGE_NAME, question), question)


def test_what_the_sender_adds_stands_beside_the_report(cases: StaffHarness) -> None:
    """Masked, as the report is, with topic and channel in the words of the desk."""
    cases.reports.write(4, "lampunya di depan pasar, telepon 0812 3456 7891", of=1)
    cases.work()
    page = cases.get(ONE)
    assert "lampunya di depan pasar, telepon •••" in page
    assert [words in page for words in ("1 tambahan", "pelapor yang sama", number(4))] == [True] * 3


def test_the_second_of_two_persons_reads_who_was_first(cases: StaffHarness) -> None:
    """The first decision is on its way. The second person gets its content, and keeps the typed reason."""
    fields = hidden_fields(cases.get(TWO), f"{TWO}/putusan")
    assert cases.send(f"{TWO}/putusan", **fields, **DECISION).status_code == HTTPStatus.SEE_OTHER
    cases.act_as(Role.TRIAGE, "Budi Santoso")
    later = {"instansi": "kabupaten-3322", "alasan": "di kabupaten"}
    answer = cases.send(f"{TWO}/putusan", **fields, **later)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "sudah diputuskan lebih dulu oleh Sari Dewi: diteruskan ke Kota Semarang." in answer.text
    assert 'value="di kabupaten"' in answer.text
    cases.work()
    assert cases.reports.status(2).steps[-1].agency == "Kota Semarang"


def test_a_case_that_returned_must_be_read_again(cases: StaffHarness) -> None:
    """The page that a person has open is of an earlier dispatch to triage."""
    stale = hidden_fields(cases.get(TWO), f"{TWO}/putusan")
    cases.send(f"{TWO}/putusan", **stale, **DECISION)
    cases.work()
    give_answer(cases.parts, number(2), "refused", "bukan kami", None)
    cases.work()
    answer = cases.send(f"{TWO}/putusan", **stale, **DECISION)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "lalu kembali ke triase" in answer.text
    assert "menyatakan laporan ini bukan kewenangannya" in answer.text


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"alasan": ""}, "Isi alasannya"),
        ({"alasan": "dua\nbaris"}, "Isi alasannya"),
        ({"instansi": ""}, "Pilih instansi"),
    ],
)
def test_an_incomplete_decision_is_not_made(cases: StaffHarness, fields: dict[str, str], problem: str) -> None:
    """The page says what is missing."""
    answer = cases.send(f"{TWO}/putusan", **{**DECISION, **fields})
    assert (answer.status_code, problem in answer.text) == (HTTPStatus.BAD_REQUEST, True)
    assert cases.acts() == []


def test_an_agency_without_a_queue_is_not_chosen(cases: StaffHarness) -> None:
    """The person reads which one receives its reports."""
    answer = cases.send(f"{TWO}/putusan", instansi="kementerian-kemenkumham", alasan="hukum")
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "tidak menerima laporan sendiri. Pilih" in answer.text
    assert answers(cases) == []


def test_the_sender_is_asked(cases: StaffHarness) -> None:
    """The question is published for the sender. The case stays at triage and is marked."""
    fields = hidden_fields(cases.get(ONE), f"{ONE}/tanya")
    page = cases.follow(cases.send(f"{ONE}/tanya", **fields, teks="Lampu di jalan mana?"))
    assert "1 pertanyaan dikirim kepada pelapor." in page
    cases.work()
    assert "sudah ditanyakan kepada pelapor" in cases.get("/desk/triase")
    assert cases.reports.status(1).state == "menunggu-anda"
    (question,) = answers(cases)
    assert (question.verdict, question.text, question.actor) == ("asked", "Lampu di jalan mana?", "Sari Dewi")


def test_a_question_that_does_not_fit_one_sms_is_kept(cases: StaffHarness) -> None:
    """The page shows what the sender would read of it."""
    fields, question = hidden_fields(cases.get(ONE), f"{ONE}/tanya"), "Mohon jelaskan letaknya. " * 10
    answer = cases.send(f"{ONE}/tanya", **fields, teks=question)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "tidak muat dalam satu SMS" in answer.text
    assert question.strip() in answer.text
    assert answers(cases) == []


def test_what_is_no_report_is_closed_with_a_reason(cases: StaffHarness) -> None:
    """The status of its sender says that nobody got it, and never that somebody handled it."""
    fields = hidden_fields(cases.get(ONE), f"{ONE}/bukan-laporan")
    assert "ditutup tanpa diteruskan" in cases.follow(cases.send(f"{ONE}/bukan-laporan", **fields, teks="Ini iklan."))
    cases.work()
    assert cases.reports.status(1).state == "bukan-laporan"
    assert number(1) not in cases.get("/desk/triase")
    ((action, actor, why),) = cases.acts()
    assert (action, actor.startswith("Sari Dewi ["), why) == ("desk.close", True, "closed")
    assert "Sudah ditutup tanpa diteruskan" in cases.get(ONE)


def test_a_closing_after_a_decision_has_no_effect(cases: StaffHarness) -> None:
    """Nothing has processed the decision yet. Who closes reads that it was too late."""
    fields = hidden_fields(cases.get(TWO), f"{TWO}/bukan-laporan")
    cases.send(f"{TWO}/putusan", **DECISION)
    cases.act_as(Role.TRIAGE, "Budi Santoso")
    answer = cases.send(f"{TWO}/bukan-laporan", **fields, teks="Ini iklan.")
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "sudah diputuskan lebih dulu oleh Sari Dewi" in answer.text
    cases.work()
    assert cases.reports.status(2).state == "diteruskan"


def test_the_same_question_twice_is_told(cases: StaffHarness) -> None:
    """A second press of the button asks nobody twice. A version that no case has is a conflict."""
    fields = hidden_fields(cases.get(ONE), f"{ONE}/tanya")
    forged = cases.send(f"{ONE}/tanya", **{**fields, "versi": "9" * 5000}, teks="Lampu di jalan mana?")
    assert (forged.status_code, "berubah sejak Anda membukanya" in forged.text) == (HTTPStatus.CONFLICT, True)
    first, second = (cases.send(f"{ONE}/tanya", **fields, teks="Lampu mana?") for _ in range(2))
    assert (first.status_code, second.status_code) == (HTTPStatus.SEE_OTHER, HTTPStatus.CONFLICT)
    assert "sudah dikirim sebelumnya" in second.text
    assert len(answers(cases)) == 1


def test_a_report_at_an_agency_is_not_shown(cases: StaffHarness) -> None:
    """A person of triage has no right to the cases of agencies: only the agency is named. An overseer is refused."""
    answer = cases.client.get(f"/desk/triase/{number(3)}")
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "Sekarang ada di Kementerian Kesehatan" in answer.text
    assert "tolong" not in answer.text
    cases.act_as(Role.OVERSEER)
    for case_number in (number(1), number(3)):
        assert cases.client.get(f"/desk/triase/{case_number}").status_code == HTTPStatus.FORBIDDEN


def test_an_unknown_report_is_told(cases: StaffHarness) -> None:
    """A number that is not in the ledger, and one with a wrong check symbol."""
    unknown = cases.client.get(f"/desk/triase/{number(9)}")
    assert (unknown.status_code, "belum tercatat" in unknown.text) == (HTTPStatus.NOT_FOUND, True)
    assert cases.client.get("/desk/triase/ABC").status_code == HTTPStatus.NOT_FOUND


def test_an_anonymous_report_gets_no_words_by_sms(cases: StaffHarness) -> None:
    """The person reads that before they write."""
    cases.reports.write(4, "tolong pak", anonim=True)
    cases.work()
    assert "Laporan ini anonim atau rahasia" in cases.get(f"/desk/triase/{number(4)}")
    assert "Laporan ini anonim atau rahasia" not in cases.get(ONE)
