"""The sender's own page, and the canary: what the number alone opens has no words, no name and no contact."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import requests
from sqlalchemy import delete, update
from sqlmodel import col, select
from structlog.types import EventDict

from cases.facts.tables import AnswerFact, ComplaintFact, DispatchFact, EventFact
from cases.pictures.tables import AnswerPicture
from cases.words.tables import CaseWords
from config.database import read_transaction, write_transaction
from desk.acts.answer_pictures import AnswerPictures
from desk.read_model.tables import DeskCase
from messages.ids import complaint_id
from messages.sender_link import read_sender_token, sender_token
from messages.shapes import Dispatch
from tests.conftest import NOW
from tests.desk.harness import make_sink as make_desk_sink
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient
from tests.ingest.files.test_attachments import SECRET, picture
from tests.ingest.mobile.phones import Phone
from tests.ingest.people import EMAIL, NAME, PHONE, TEXT
from tests.ingest.people import report as report_fields
from tests.ingest.sms.test_answers import reply_text
from tests.ingest.sms.test_door import send as send_sms
from tests.ingest.sms.test_door import sms
from tests.ingest.web.forms import attached, photo, send_form
from tests.ingest.web.open311_client import process
from tests.pages.test_document_cleaning import SECRET as LETTER_SECRET
from tests.pages.test_document_cleaning import laden, letter
from tests.sinks.ledger.test_own_report import answer_row, case_row, message_row
from tests.support.case_stages import store

_ANSWER = "Jembatan darurat dipasang, kata Camat Purwanto."
_TITLE = "Jembatan roboh"
_JSON = {"Accept": "application/json"}
# Words of the report, of the agency, and of the identity.
_SECRETS = (TEXT, "Sukamaju", _TITLE, _ANSWER, "Purwanto", NAME, PHONE, PHONE.removeprefix("+62"), EMAIL)


def answered_report(served: DoorClient, file: bytes = b"", document: bytes = b"", **more: Any) -> tuple[str, str]:
    """Send a report with all fields, let the agency answer it, and return its number and its link's token.

    `file` is a picture of the answer, `document` a PDF of it; without one it has none.
    """
    number = str(served.post("/web/reports", json=report_fields(title=_TITLE, **more)).json()["tracking"])
    process(served)
    with read_transaction(served.parts.engine) as connection:
        of_number = (col(ComplaintFact.id) == col(DispatchFact.complaint_id), col(ComplaintFact.tracking) == number)
        columns: list[Any] = [
            *(col(getattr(DispatchFact, name)) for name in ("id", "complaint_id", "agency")),
            col(ComplaintFact.message_id),
        ]
        dispatch = connection.execute(select(*columns).where(*of_number)).one()
    fields = {"complaint_id": dispatch.complaint_id, "dispatch_id": dispatch.id, "agency": dispatch.agency}
    times = {"answered_at": NOW, "at": served.parts.now()}
    fields |= {"pictures": str(_kept_file(served, dispatch, file)) if file else ""}
    fields |= {"document": _kept_file(served, dispatch, document, is_document=True) if document else None}
    with write_transaction(served.parts.engine) as connection:
        row = {"id": uuid4(), "verdict": "closed", "text": _ANSWER, "position": "agency-answers/0/7", **fields, **times}
        store(connection, AnswerFact, [row])
    return number, sender_token(dispatch.message_id, served.parts.secrets.link_key)


def _kept_file(served: DoorClient, dispatch: Any, content: bytes, *, is_document: bool = False) -> UUID:
    """Store a picture or document for an answer to a dispatch."""
    parts = served.parts
    store_ = AnswerPictures(parts.engine, parts.sealer, lambda _client: nullcontext(), lambda _size: None, parts.now)
    with read_transaction(parts.engine) as connection:
        query = select(col(CaseWords.document)).where(col(CaseWords.fact_id) == dispatch.id)
        document = connection.execute(query).scalar_one()
    keep = store_.store_document if is_document else store_.store
    return keep(Dispatch.model_validate_json(document), lambda: content).id


def test_the_own_page_has_the_deadline_of_the_desk(served: DoorClient) -> None:
    """The date until which the agency must answer, as its officer sees it."""
    number = str(served.post("/web/reports", json=report_fields(title=_TITLE)).json()["tracking"])
    process(served)
    make_desk_sink(served.parts.engine).handle([])
    moved_due_at = datetime(2031, 3, 4, 5, tzinfo=UTC)
    with write_transaction(served.parts.engine) as connection:
        message_id = connection.execute(
            select(col(ComplaintFact.message_id)).where(col(ComplaintFact.tracking) == number)
        ).scalar_one()
        connection.execute(update(DeskCase).where(col(DeskCase.tracking) == number).values(due_at=moved_due_at))
    token = sender_token(message_id, served.parts.secrets.link_key)
    shown = served.get(f"/l/{token}", headers=_JSON).json()
    assert datetime.fromisoformat(shown["due_at"]) == moved_due_at
    assert "paling lambat 4 Mar 2031" in served.get(f"/l/{token}").text


def test_the_own_page_has_the_document(served: DoorClient) -> None:
    """Its link saves it and shows nothing; no other link opens it, and the public status does not tell of it."""
    number, token = answered_report(served, document=letter(laden))
    shown = served.get(f"/l/{token}", headers=_JSON).json()
    (document,) = [entry["document"] for entry in shown["entries"] if entry["document"]]
    page = served.get(f"/l/{token}").text
    assert f'href="/l/{token}/berkas/{document}">Unduh dokumen dari instansi (PDF, 1 KB)' in page
    opened = served.get(f"/l/{token}/berkas/{document}")
    assert opened.headers["Content-Type"] == "application/pdf"
    assert opened.headers["Content-Disposition"].startswith("attachment; filename=")
    assert opened.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert opened.content.startswith(b"%PDF")
    assert LETTER_SECRET.encode() not in opened.content
    _, other = answered_report(served)
    assert served.get(f"/l/{other}/berkas/{document}").status_code == requests.codes.not_found
    assert document not in served.get(f"/status/{number}").text
    assert "okumen" not in served.get(f"/status/{number}").text
    with write_transaction(served.parts.engine) as connection:
        connection.execute(delete(AnswerPicture))
    assert served.get(f"/l/{token}/berkas/{document}").status_code == requests.codes.not_found


def test_a_deadline_that_was_met_is_not_on_the_own_page(served: DoorClient) -> None:
    """After a first response the case is being handled again as soon as a later question was answered."""
    number = str(served.post("/web/reports", json=report_fields(title=_TITLE)).json()["tracking"])
    process(served)
    with read_transaction(served.parts.engine) as connection:
        columns: list[Any] = [col(getattr(DispatchFact, name)) for name in ("id", "complaint_id", "agency")]
        dispatch = connection.execute(select(*columns).where(col(DispatchFact.tracking) == number)).one()
        is_report = col(ComplaintFact.id) == dispatch.complaint_id
        message_id = connection.execute(select(col(ComplaintFact.message_id)).where(is_report)).scalar_one()
    token = sender_token(message_id, served.parts.secrets.link_key)
    ids = {"complaint_id": dispatch.complaint_id, "dispatch_id": dispatch.id, "agency": dispatch.agency}
    accepted, responded, asked = (
        {**answer_row(index, verdict, "Kami periksa.", **ids), "at": NOW - timedelta(minutes=9 - index)}
        for index, verdict in enumerate(("accepted", "responded", "asked"))
    )
    shown = []
    for rows in ([accepted], [responded, asked]):
        with write_transaction(served.parts.engine) as connection:
            store(connection, AnswerFact, rows)
        if asked in rows:
            added = {"token": token, "act": "adds", "text": "Di sana.", "form_id": "a"}
            assert served.post("/web/follow-ups", json=added).status_code == requests.codes.accepted
            process(served)
        page = served.get(f"/l/{token}", headers=_JSON).json()
        shown.append((page["state"], page["due_at"] is not None))
    assert shown == [("ditangani", True), ("ditangani", False)]


def test_the_own_page_has_the_pictures_of_both(served: DoorClient) -> None:
    """Side by side, each behind the link that shows it: no other link opens it, and none of a wrong spelling."""
    number, token = answered_report(served, picture())
    shown = served.get(f"/l/{token}", headers=_JSON).json()
    ((file_id,),) = [entry["files"] for entry in shown["entries"] if entry["files"]]
    page = served.get(f"/l/{token}").text
    assert f'<img src="/l/{token}/berkas/{file_id}" alt="Foto dari instansi"' in page
    opened = served.get(f"/l/{token}/berkas/{file_id}")
    assert opened.headers["Content-Type"] == "image/jpeg"
    assert opened.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert SECRET.encode() not in opened.content
    _, other = answered_report(served, picture(size=(30, 30)))
    assert other != token
    assert served.get(f"/l/{other}/berkas/{file_id}").status_code == requests.codes.not_found
    other_spelling = token[:-1] + ("1" if token.endswith("0") else "0")
    assert served.get(f"/l/{other_spelling}/berkas/{file_id}").status_code == requests.codes.not_found
    assert file_id not in served.get(f"/status/{number}").text
    with write_transaction(served.parts.engine) as connection:
        connection.execute(delete(AnswerPicture).where(col(AnswerPicture.id) == UUID(file_id)))
    assert served.get(f"/l/{token}/berkas/{file_id}").status_code == requests.codes.not_found
    assert file_id not in served.get(f"/l/{token}").text


def test_the_own_page_has_the_words(served: DoorClient, logged: list[EventDict]) -> None:
    """The link opens the state, the words of both, and the forms; no cache, search engine, link or log has it."""
    number, token = answered_report(served, rahasia=True)
    page = served.get(f"/l/{token}")
    assert page.status_code == requests.codes.ok
    assert all(words in page.text for words in (number, TEXT, _TITLE, _ANSWER, "Kota Semarang", "Selesai"))
    assert not any(contact in page.text for contact in (NAME, PHONE, EMAIL))
    headers = ("Referrer-Policy", "Cache-Control", "X-Robots-Tag")
    assert [page.headers[name] for name in headers] == ["no-referrer", "no-store", "noindex"]
    acts = re.findall(r'name="act" value="([\w-]+)"', page.text)
    assert set(acts) == {"adds", "objects", "confirms", "rates", "asks-to-be-forgotten"}
    form_ids = re.findall(r'name="form_id" value="([\w-]+)"', page.text)
    assert len(set(form_ids)) == len(acts)
    assert set(re.findall(r'name="token" value="(\w+)"', page.text)) == {token}

    shown = served.get(f"/l/{token.upper()}", headers=_JSON).json()
    assert (shown["tracking"], shown["state"], shown["answer"], shown["question"]) == (number, "selesai", _ANSWER, "")
    assert {(entry["kind"], entry["text"]) for entry in shown["entries"]} == {
        ("reports", f"{_TITLE}\n{TEXT}"),
        ("dispatched", ""),
        ("closed", _ANSWER),
    }
    assert set(shown["can"]) == set(acts)
    sent = served.get(f"/l/{token}?terkirim=objects")
    assert "Kami mencatat bahwa masalahnya belum selesai." in sent.text
    assert token not in str(logged)


def test_the_sender_is_no_third_person_on_the_own_page(served: DoorClient) -> None:
    """The sender reads "Anda" of the own objection and of a question; who has the number alone reads "pelapor"."""
    number, token = answered_report(served)
    message_id = read_sender_token(token, served.parts.secrets.link_key)
    assert message_id
    report_id, at = complaint_id(message_id), served.parts.now()
    reopened = case_row(1, report_id, id=UUID(int=700), agency="kota-3374", reopened=1, at=at + timedelta(hours=1))
    asked = answer_row(1, "asked", "Di mana?", complaint_id=report_id, dispatch_id=reopened["id"])
    with write_transaction(served.parts.engine) as connection:
        store(connection, DispatchFact, [reopened])
    _assert_meant(served, number, token, "karena {} menyatakan belum selesai")
    with write_transaction(served.parts.engine) as connection:
        store(connection, AnswerFact, [{**asked, "at": at + timedelta(hours=2)}])
    for words in ("enunggu keterangan {}", "meminta keterangan dari {}", "karena {} menyatakan belum selesai"):
        _assert_meant(served, number, token, words)


def _assert_meant(served: DoorClient, number: str, token: str, words: str) -> None:
    """Assert that the words name the sender as "Anda" by the link, and as "pelapor" by the number."""
    own, public = (served.get(address).text for address in (f"/l/{token}", f"/status/{number}"))
    for page, is_own in ((own, True), (public, False)):
        found = [words.format(name) in page for name in ("Anda", "pelapor")]
        assert found == [is_own, not is_own], (words, is_own)


def test_a_rating_is_shown_and_not_asked_again(served: DoorClient) -> None:
    """The page shows the rating in place of its form, which is gone as soon as it was sent."""
    _, token = answered_report(served)
    assert 'value="rates"' in served.get(f"/l/{token}").text
    assert 'value="rates"' not in served.get(f"/l/{token}?terkirim=rates").text
    message_id = read_sender_token(token, served.parts.secrets.link_key)
    assert message_id
    rated = message_row(2, "rates", "", of=complaint_id(message_id), rating=4)
    with write_transaction(served.parts.engine) as connection:
        store(connection, ComplaintFact, [{**rated, "received_at": served.parts.now() + timedelta(hours=1)}])
    acts = served.get(f"/l/{token}").text.partition('id="lakukan"')[2]
    assert ('value="rates"' in acts, "Anda memberi nilai 4 dari 5." in acts) == (False, True)
    assert "rates" not in served.get(f"/l/{token}", headers=_JSON).json()["can"]


def test_the_page_asks_for_a_rating_where_the_sender_was_asked(served: DoorClient) -> None:
    """One form, open on the page until a rating; before the question it is folded away, as every other act."""
    _, token = answered_report(served)
    assert not served.get(f"/l/{token}", headers=_JSON).json()["asks_rating"]
    assert _asks_for_rating(served.get(f"/l/{token}").text) == (False, 1)
    message_id = read_sender_token(token, served.parts.secrets.link_key)
    assert message_id
    report_id, at = complaint_id(message_id), served.parts.now() + timedelta(days=1)
    asked = {"id": uuid4(), "subject": report_id, "message_id": message_id, "event": "rating-asked", "at": at}
    with write_transaction(served.parts.engine) as connection:
        store(connection, EventFact, [{**asked, "tracking": "", "reason": "closed"}])
    assert served.get(f"/l/{token}", headers=_JSON).json()["asks_rating"]
    assert _asks_for_rating(served.get(f"/l/{token}").text) == (True, 1)
    assert _asks_for_rating(served.get(f"/l/{token}?terkirim=rates").text) == (False, 0)
    rated = message_row(2, "rates", "", of=report_id, rating=2)
    with write_transaction(served.parts.engine) as connection:
        store(connection, ComplaintFact, [{**rated, "received_at": at + timedelta(hours=1)}])
    assert _asks_for_rating(served.get(f"/l/{token}").text) == (False, 0)
    assert not served.get(f"/l/{token}", headers=_JSON).json()["asks_rating"]


def _asks_for_rating(page: str) -> tuple[bool, int]:
    """Return whether the page asks in a section of its own, and the number of its forms for a rating."""
    return 'aria-labelledby="nilai"' in page, page.count('value="rates"')


def test_the_own_page_has_place_and_picture(served: DoorClient, logged: list[EventDict]) -> None:
    """As they were sent, and only by the own link: another link, another picture and a wrong link open none."""
    sent = send_form(served, [attached("depan.jpg", photo())], address="Depan pasar")
    number = sent.headers["Location"].split("/")[3].partition("?")[0]
    process(served)
    (raw,) = served.raw_messages("web")
    key = served.parts.secrets.link_key
    token, other = sender_token(raw.id, key), sender_token(uuid4(), key)
    page = served.get(f"/l/{token}").text
    assert number in page
    assert "Depan pasar; " in page
    (address,) = set(re.findall(r'<img src="([^"]+)"', page))
    picture = served.get(address)
    assert (picture.status_code, picture.headers["Content-Type"]) == (requests.codes.ok, "image/jpeg")
    assert picture.content[:2] == b"\xff\xd8"
    names = ("Cache-Control", "X-Robots-Tag", "X-Content-Type-Options", "Content-Security-Policy")
    assert [picture.headers[name] for name in names] == [
        "no-store",
        "noindex",
        "nosniff",
        "sandbox; default-src 'none'",
    ]
    file_id = address.rpartition("/")[2]
    shown = served.get(f"/l/{token}", headers=_JSON).json()
    assert [entry["files"] for entry in shown["entries"] if entry["kind"] == "reports"] == [[file_id]]
    for wrong in (f"/l/{other}/berkas/{file_id}", f"/l/{token}/berkas/{uuid4()}", f"/l/{'0' * 40}/berkas/{file_id}"):
        assert served.get(wrong).status_code == requests.codes.not_found
    assert "pasar" not in served.get(f"/status/{number}").text
    assert not any(secret in str(logged) for secret in (token, other))


def test_a_question_about_a_later_message_is_answered_there(served: DoorClient) -> None:
    """The report was closed, and the message became a case of its own: an answer must reach that case."""
    number, token = answered_report(served)
    key = served.parts.secrets.link_key
    message_id = read_sender_token(token, key)
    assert message_id
    later = message_row(2, "adds", "Tiang kedua.", of=complaint_id(message_id))
    case = case_row(0, later["id"], id=UUID(int=700))
    asked = answer_row(3, "asked", "Tiang mana?", complaint_id=later["id"], dispatch_id=case["id"])
    with write_transaction(served.parts.engine) as connection:
        for table, row in ((ComplaintFact, later), (DispatchFact, case), (AnswerFact, asked)):
            store(connection, table, [row])
    page = served.get(f"/l/{token}").text
    question = page.partition('id="pertanyaan"')[2].partition("</section>")[0]
    later_token = sender_token(later["message_id"], key)
    assert "Tiang mana?" in question
    assert re.findall(r'name="token" value="(\w+)"', question) == [later_token]
    assert f"Laporan lanjutan {later['tracking']}." in page
    shown = served.get(f"/l/{token}", headers=_JSON).json()
    assert (shown["tracking"], shown["question"], shown["question_token"]) == (number, "Tiang mana?", later_token)


def test_a_wrong_link_and_an_early_one(served: DoorClient, logged: list[EventDict]) -> None:
    """A wrong link leads to the form for a number, and is recorded. A right one works before the ledger has it."""
    report_id, wrong = uuid4(), "0" * 40
    early = sender_token(report_id, served.parts.secrets.link_key)
    for token, status, words in (
        (wrong, 404, "Nomor laporan"),
        ("x", 404, "Nomor laporan"),
        (early, 200, "kami terima"),
    ):
        page = served.get(f"/l/{token}")
        assert (page.status_code, page.headers["Cache-Control"], words in page.text) == (status, "no-store", True)
    assert served.get(f"/l/{wrong}", headers=_JSON).json()["reason"] == "no_such_link"
    assert served.get(f"/l/{early}", headers=_JSON).json()["reason"] == "not_recorded_yet"
    assert 'value="adds"' in served.get(f"/l/{early}").text
    refused = [line for line in logged if line["event"] == "door.refused"]
    assert [(line["route"], line["reason"], line["status"]) for line in refused] == [
        ("/l/{token}", "no_such_link", 404)
    ] * 3
    assert served.parts.doors.rejection_counter.by_door() == {"web": {"no_such_link": 3}}
    assert not any(token in str(logged) for token in (wrong, early))


def addresses(served: DoorClient, number: str) -> Iterator[str]:
    """Yield every address of the public application that reads, with the number wherever it takes something."""
    for path, operations in served.get("/openapi.json").json()["paths"].items():
        if "get" in operations:
            query = "&".join(
                f"{parameter['name']}={number}"
                for parameter in operations["get"].get("parameters", ())
                if parameter["in"] == "query"
            )
            yield re.sub(r"\{\w+\}", number, path) + (f"?{query}" if query else "")
    yield from (f"/open311/v2/requests.{form}?service_request_id={number}" for form in ("json", "xml"))
    yield from (
        f"/status?number={number}&bahasa=en",
        f"/status/{number}?bahasa=en",
        f"/web/receipts/{number}?bahasa=en",
    )


def test_the_number_alone_opens_no_words(serve: Serve) -> None:
    """Canary: no page, feed, JSON or reply that the number opens has words of a confidential report or an identity."""
    served = serve(public_view=True)
    number, token = answered_report(served, rahasia=True)
    phone = Phone(served)
    phone.register()
    device = {"Authorization": f"Bearer {phone.token}"}
    bodies: dict[str, str] = {}
    for address in addresses(served, number):
        for name, headers in (("page", {"Accept": "text/html"}), ("json", _JSON), ("device", device | _JSON)):
            answer = served.get(address, headers)
            bodies[f"{name} {address}"] = answer.text + str(answer.headers)
    bodies["sms"] = str(reply_text(send_sms(served, sms(f"STATUS {number}", sid=f"SM{uuid4().hex}"))))
    leaks = {name: [secret for secret in (*_SECRETS, token) if secret in body] for name, body in bodies.items()}
    assert {name: secrets for name, secrets in leaks.items() if secrets} == {}
    # Nor the agency: it may tell what the report is about.
    named = [name for name in (f"page /status/{number}", f"json /status/{number}", "sms") if "Semarang" in bodies[name]]
    assert named == []
    # The walk reached the report itself.
    assert "dinyatakan selesai" in bodies["sms"]
    assert "Selesai" in bodies[f"page /status/{number}"]
    assert len(bodies) > 50


def test_the_page_asks_about_the_ombudsman(served: DoorClient) -> None:
    """Only a case that was asked; one button answers, a consent can be taken back until the file is made."""
    number = str(served.post("/web/reports", json=report_fields(title=_TITLE, anonim=True)).json()["tracking"])
    process(served)
    engine = served.parts.engine
    with read_transaction(engine) as connection:
        is_number = col(ComplaintFact.tracking) == number
        message_id = connection.execute(select(col(ComplaintFact.message_id)).where(is_number)).scalar_one()
    token, report_id = sender_token(message_id, served.parts.secrets.link_key), complaint_id(message_id)
    both = {"agrees-to-ombudsman", "declines-ombudsman"}

    def add(table: Any, row: dict[str, Any]) -> tuple[set[str], str]:
        """Add a row; return what the sender can answer, and the page."""
        with write_transaction(engine) as connection:
            store(connection, table, [row])
        can = set(served.get(f"/l/{token}", headers=_JSON).json()["can"])
        page = served.get(f"/l/{token}").text
        assert {act for act in both if f'value="{act}"' in page} == can & both
        return can & both, page

    assert "Ombudsman" not in served.get(f"/l/{token}").text
    asked = {"id": uuid4(), "subject": report_id, "message_id": message_id, "event": "ombudsman-asked", "at": NOW}
    can, page = add(EventFact, asked)
    assert can == both
    assert "nama dan kontak Anda" in page
    form = {"token": token, "act": "agrees-to-ombudsman", "form_id": "a"}
    assert served.post("/web/follow-ups", json=form).status_code == requests.codes.accepted
    agreed = dict(message_row(20, "agrees-to-ombudsman", "", of=report_id))
    declined = dict(message_row(21, "declines-ombudsman", "", of=report_id))
    assert add(ComplaintFact, agreed)[0] == {"declines-ombudsman"}
    assert add(ComplaintFact, declined)[0] == {"agrees-to-ombudsman"}
    can, page = add(EventFact, {**asked, "id": uuid4(), "event": "handed-to-ombudsman"})
    assert can == set()
    assert "berkas laporan ini kami buat untuk Ombudsman" in page
