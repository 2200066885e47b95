"""A recommendation from the overseer's form to the institution's answer and back, over real stages."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from uuid import UUID

import pytest

from accounts.permissions import Actor, Role
from bus.errors import Retry
from messages import codec
from messages.recommendation import Recommendation
from messages.topics import RECOMMENDATIONS
from tests.app.staff.harness import person
from tests.app.test_corrections import number
from tests.conftest import NOW
from tests.oversight.cases.harness import HEALTH, PLN, OverseerHarness, officer
from tests.oversight.cases.test_reading import REASON

WORDS = "Percepat: puskesmas sudah tutup lima hari, lapor ke 0812 3456 7890."
FORM = {"jenis": "percepat", "isi": WORDS}
ANSWER = {"putusan": "diikuti", "isi": "Puskesmas buka besok, kata Bu Sekar Wulandari."}
_LIST = "/pengawasan/rekomendasi"


def address(index: int = 1) -> str:
    """Return the address of a case for overseers."""
    return f"/pengawasan/kasus/{number(index)}"


@pytest.fixture
def case(overseers: OverseerHarness) -> OverseerHarness:
    """A case at an agency, which an overseer has read."""
    overseers.reports.write(1, "Kemenkes, puskesmas tutup")
    overseers.work()
    overseers.send(address(), **REASON)
    return overseers


def recommend(site: OverseerHarness, index: int = 1, **changed: str) -> None:
    """Recommend as the overseer who has read the case, and let the stages work."""
    site.actor = person(Role.OVERSEER)
    site.send(address(index), **REASON)
    answer = site.client.post(f"{address(index)}/rekomendasi", {**FORM, **changed})
    assert answer.headers["Location"] == f"{address(index)}?hasil=terkirim"
    site.work()


def published(site: OverseerHarness) -> list[Recommendation]:
    """Return the records of the topic."""
    records = site.reports.records(RECOMMENDATIONS)
    return [codec.decode(Recommendation, record.value, record.headers) for record in records]


def desk_page(site: OverseerHarness, actor: Actor, index: int = 1) -> str:
    """Return the page of a case at an agency's desk."""
    site.actor = actor
    return unescape(site.get(f"/desk/laporan/{number(index)}"))


def recommendation_id(page: str) -> str:
    """Return the id in the first form of a case's page."""
    match = re.search(r'name="rekomendasi" value="([0-9a-f-]{36})"', page)
    assert match
    return match[1]


def answer_it(site: OverseerHarness, actor: Actor, index: int = 1, **changed: str) -> int:
    """Answer the first recommendation of a case, let the stages work, and return the status."""
    page = desk_page(site, actor, index)
    fields = {"rekomendasi": recommendation_id(page), **ANSWER, **changed}
    status = site.client.post(f"/desk/laporan/{number(index)}/rekomendasi", fields).status_code
    site.work()
    return status


def states(site: OverseerHarness, query: str = "") -> list[tuple[str, str, str]]:
    """Return number, agency and state of each row of the file."""
    site.actor = site.actor if site.actor and site.actor.role is Role.OVERSEER else person(Role.OVERSEER)
    answer = site.client.get(f"{_LIST}?berkas=csv{query}")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return [(row["nomor"], row["instansi"], row["keadaan"]) for row in rows]


def test_a_recommendation_is_seen_answered_and_read(case: OverseerHarness) -> None:
    """The agency sees it on top of the case, in the list and by a filter; the overseer reads the answer, masked."""
    recommend(case)
    recommend(case)
    assert len({record.id for record in published(case)}) == 1
    page = desk_page(case, officer(HEALTH))
    assert page.index(WORDS) < page.index("Isi laporan")
    assert page.count('name="rekomendasi"') == 1
    assert ("Sari Dewi, pengawas" in page, "sisa " in page) == (True, True)
    for query in ("", "?rekomendasi=1"):
        listed = case.get(f"/desk/laporan{query}")
        assert [part in listed for part in ("yang harus dijawab", ">rekomendasi pengawas</span>")] == [True, True]
    assert states(case) == [(number(1), HEALTH, "waiting")]
    case.actor = officer(HEALTH)
    form = f"/desk/laporan/{number(1)}/rekomendasi"
    missing = case.client.post(form, {"rekomendasi": recommendation_id(page), "isi": "x"})
    assert (missing.status_code, "Pilih diikuti" in missing.text) == (HTTPStatus.UNPROCESSABLE_ENTITY, True)
    assert answer_it(case, officer(HEALTH), isi=" ") == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer_it(case, officer(HEALTH)) == HTTPStatus.SEE_OTHER
    answered = desk_page(case, officer(HEALTH))
    assert (ANSWER["isi"] in answered, 'name="rekomendasi"' in answered) == (True, False)
    assert "Rekomendasi pengawas yang harus dijawab" not in case.get("/desk/laporan")
    assert case.get("/desk/laporan?rekomendasi=1").count('class="case"') == 0
    assert (
        case.client.post(form, {"rekomendasi": recommendation_id(page), **ANSWER}).status_code == HTTPStatus.SEE_OTHER
    )
    second = case.client.post(form, {"rekomendasi": recommendation_id(page), **ANSWER, "isi": "Jawaban lain."})
    assert second.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [part in second.text for part in ("sudah dijawab", "Jawaban lain.")] == [True, True]
    assert len(published(case)) == 3
    assert states(case) == [(number(1), HEALTH, "followed")]
    case.actor = person(Role.OVERSEER)
    read = unescape(case.get(address()))
    assert ("Puskesmas buka besok" in read, "Kementerian Kesehatan" in read, "Percepat: puskesmas" in read) == (
        True,
    ) * 3
    assert [secret for secret in ("Sekar", "Wulandari", "0812") if secret in read] == []
    assert ("oversight.recommend", "accelerate") in [(action, why) for action, _, why in case.acts()]
    assert ("desk.answer_recommendation", "followed") in [(action, why) for action, _, why in case.acts()]


def test_a_sent_form_says_so_until_the_stages_have_it(case: OverseerHarness) -> None:
    """Overseer and officer read that it was sent; the officer gets no second form meanwhile."""
    sent = case.follow(case.client.post(f"{address()}/rekomendasi", FORM))
    assert "Rekomendasi Anda terkirim" in sent
    case.work()
    page = desk_page(case, officer(HEALTH))
    fields = {"rekomendasi": recommendation_id(page), **ANSWER}
    after = case.follow(case.client.post(f"/desk/laporan/{number(1)}/rekomendasi", fields))
    assert ("Jawaban Anda terkirim" in after, 'name="putusan"' in after) == (True, False)


def test_it_follows_the_case(case: OverseerHarness) -> None:
    """After a transfer the next agency owes the answer, after a merge who has the other case, after a split both do."""
    recommend(case)
    case.actor = officer(HEALTH)
    refusal = {"versi": "0", "tindakan": "bukan-kewenangan", "isi": "Urusan listrik.", "tujuan": PLN}
    case.client.post(f"/desk/laporan/{number(1)}/jawab", refusal)
    case.work()
    case.work()
    assert states(case) == [(number(1), PLN, "waiting")]
    assert WORDS not in desk_page(case, officer(HEALTH))
    assert WORDS in desk_page(case, officer(PLN))
    case.reports.write(5, "Kemenkes, obat habis")
    case.work()
    case.reports.merge(5, 1)
    case.work()
    assert states(case) == [(number(1), HEALTH, "waiting")]
    assert WORDS in desk_page(case, officer(HEALTH), 5)
    case.reports.split(1)
    case.work()
    assert WORDS not in desk_page(case, officer(HEALTH), 5)
    assert answer_it(case, officer(states(case)[0][1])) == HTTPStatus.SEE_OTHER
    assert [state for _, _, state in states(case)] == ["followed"]


def test_a_closed_case_owes_the_answer(case: OverseerHarness) -> None:
    """Before and after the closing; an answer that is `not followed` ends the duty as well."""
    recommend(case)
    case.actor = officer(HEALTH)
    closing = {"versi": "0", "tindakan": "tutup", "isi": "Sudah buka."}
    case.client.post(f"/desk/laporan/{number(1)}/jawab", closing)
    case.work()
    recommend(case, jenis="alihkan", isi="Alihkan ke dinas.")
    case.actor = officer(HEALTH)
    assert number(1) in case.get("/desk/laporan?tab=selesai&rekomendasi=1")
    assert answer_it(case, officer(HEALTH), putusan="tidak-diikuti") == HTTPStatus.SEE_OTHER
    assert sorted(state for _, _, state in states(case)) == ["not-followed", "waiting"]
    assert answer_it(case, officer(HEALTH)) == HTTPStatus.SEE_OTHER
    assert sorted(state for _, _, state in states(case)) == ["followed", "not-followed"]


def test_what_is_refused(case: OverseerHarness) -> None:
    """Other roles, a case that was not read, empty and long texts, and forms of other sites change nothing."""
    client = case.client
    assert client.post(f"{address()}/rekomendasi", {**FORM, "isi": " \n\x00"}).status_code == 422
    long = client.post(f"{address()}/rekomendasi", {**FORM, "isi": "a" * 5_001})
    assert (long.status_code, "paling banyak 5000 karakter" in long.text) == (HTTPStatus.UNPROCESSABLE_ENTITY, True)
    assert client.post(f"{address()}/rekomendasi", FORM, {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    case.reports.write(2, "Kemenkes, obat habis")
    case.work()
    for answer in (client.post(f"{address(2)}/rekomendasi", FORM), client.get(f"{address(2)}/rekomendasi")):
        assert answer.headers["Location"] == address(2)
    case.time = NOW + timedelta(hours=25)
    assert client.get(f"{address()}/rekomendasi").headers["Location"] == address()
    for role in set(Role) - {Role.OVERSEER}:
        case.act_as(role)
        assert {client.post(f"{address()}/rekomendasi", FORM).status_code, client.get(_LIST).status_code} == {403}
    case.time = NOW
    recommend(case)
    identifier = recommendation_id(desk_page(case, officer(HEALTH)))
    foreign = f"/desk/laporan/{number(1)}/rekomendasi"
    case.actor = officer(PLN)
    assert client.post(foreign, {"rekomendasi": identifier, **ANSWER}).status_code == HTTPStatus.NOT_FOUND
    case.actor = officer(HEALTH)
    assert client.post(foreign, {"rekomendasi": str(UUID(int=1)), **ANSWER}).status_code == 422
    assert client.post(foreign, {"rekomendasi": "x", **ANSWER}).status_code == HTTPStatus.NOT_FOUND
    assert [record.act for record in published(case)] == ["recommended"]


def test_while_the_bus_is_away_the_text_stays(case: OverseerHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Overseer and officer read that nothing was sent, with the text in the form."""
    recommend(case)
    identifier = recommendation_id(desk_page(case, officer(HEALTH)))

    def publish(_messages: object) -> None:
        raise Retry("away")

    monkeypatch.setattr(case.desk.producer, "publish", publish)
    answers = [case.client.post(f"/desk/laporan/{number(1)}/rekomendasi", {"rekomendasi": identifier, **ANSWER})]
    case.actor = person(Role.OVERSEER)
    answers.append(case.client.post(f"{address()}/rekomendasi", {**FORM, "isi": "Periksa lagi."}))
    assert [answer.status_code for answer in answers] == [
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ]
    for answer, text in zip(answers, (ANSWER["isi"], "Periksa lagi."), strict=True):
        assert ("belum terkirim" in answer.text, text in unescape(answer.text)) == (True, True)
    assert len(published(case)) == 1


def test_the_list_has_states_and_no_words(case: OverseerHarness) -> None:
    """Waiting, overdue and answered; own ones; with CSV of what is chosen."""
    recommend(case)
    colleague = Actor(UUID(int=77), "=Rina", Role.OVERSEER)
    case.actor = colleague
    case.send(address(), **REASON)
    case.client.post(f"{address()}/rekomendasi", {"jenis": "?", "isi": "Periksa lagi."})
    case.work()
    case.actor = person(Role.OVERSEER)
    page = case.get(_LIST)
    assert page.count("Menunggu jawaban") >= 2
    assert [word for word in ("puskesmas", "Periksa lagi") if word in page] == []
    assert [len(states(case, query)) for query in ("", "&saya=1", "&keadaan=lewat", "&keadaan=dijawab")] == [2, 1, 0, 0]
    # The bus has a clock of its own.
    case.time = case.reports.records(RECOMMENDATIONS)[-1].taken_at + timedelta(days=40)
    assert {state for _, _, state in states(case, "&keadaan=lewat")} == {"overdue"}
    assert "Lewat tenggat" in case.get(f"{_LIST}?keadaan=lewat&saya=1")
    case.actor = colleague
    assert [len(states(case, query)) for query in ("&saya=1", "&keadaan=menunggu")] == [1, 2]


def test_nothing_of_it_is_for_citizens(case: OverseerHarness) -> None:
    """The status of the report has the same steps as before, and no reply is sent."""
    before = case.reports.status(1)
    recommend(case)
    answer_it(case, officer(HEALTH))
    assert case.reports.status(1) == before
    assert case.reports.audit().clean
