"""A document of an agency's answer: cleaned, of one dispatch alone, kept with an answer and deleted as pictures are."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from app.operations.forgetting.erasure import STEPS
from app.operations.forgetting.person import Person, SentMessage
from cases.facts.answer_content import stored_content
from cases.facts.conditions import is_to_dispatch
from cases.facts.tables import AnswerFact, DispatchFact
from cases.pictures.store import AnswerFiles, answer_files, picture_bytes, read_picture
from cases.words.conditions import is_of_answer
from cases.words.tables import CaseWords
from config.database import read_transaction, write_transaction
from desk.units.tiers import Tier
from messages.shapes import AnswerContent
from pages.refusals import Refused
from privacy.forgetting_store import mark_expired
from tests.conftest import NOW
from tests.desk.acts.test_answer_pictures import HEALTH, SEALER, case, case_dispatch, photo, store_of, stored
from tests.desk.harness import OFFICER, DeskHarness
from tests.pages.test_document_cleaning import SECRET, laden, letter
from tests.support.agency_answers import signed, unsigned_answer

__all__ = ("case",)


def paper(pages: int = 1) -> Callable[[], bytes]:
    """Return a letter with metadata, programs and a file; each number of pages is another one."""
    return lambda: letter(laden, pages)


def respond(desk: DeskHarness, document: UUID | None, *pictures: UUID, verdict: Any = "responded") -> Any:
    """Answer the first case with this document."""
    draft = AnswerContent(verdict=verdict, text="Terlampir surat kami.", pictures=pictures, document=document)
    return desk.officer_answers().give(OFFICER, Tier(HEALTH), "NOMOR1", None, draft)


def test_a_document_is_stored_cleaned_and_once(case: DeskHarness) -> None:
    """It is sealed, has its pages and nothing else, and the same file again is the same document."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    first, again = (store.store_document(dispatch, paper(2)) for _ in range(2))
    assert first == again
    assert stored(case.engine) == {first.id: False}
    opened = read_picture(case.engine, SEALER, first.id)
    assert opened is not None
    assert opened.media_type == "application/pdf"
    assert SECRET.encode() not in opened.content
    assert len(PdfReader(io.BytesIO(opened.content)).pages) == 2
    assert picture_bytes(case.engine) == first.size == len(opened.content)


def test_an_answer_names_its_document(case: DeskHarness) -> None:
    """The answer and the facts have its id, beside those of pictures, and nobody deletes it as unsent."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    document, unsent = (store.store_document(dispatch, paper(pages)) for pages in (1, 2))
    picture = store.store(dispatch, photo())
    assert respond(case, document.id, picture.id).fault is None
    assert stored(case.engine) == {document.id: True, picture.id: True, unsent.id: False}
    (published,) = case.published
    assert published.document == document.id
    case.deliver()
    with read_transaction(case.engine) as connection:
        columns: list[Any] = [AnswerFact.__table__, CaseWords.text]  # type: ignore[attr-defined]
        query = select(*columns).join(DispatchFact, is_to_dispatch()).join(CaseWords, is_of_answer())
        (fact,) = connection.execute(query).all()
        assert answer_files(connection, [fact]) == {published.id: AnswerFiles((picture,), document)}
    assert stored_content(fact) == published.content()


def test_the_same_words_with_another_document_are_another_answer(case: DeskHarness) -> None:
    """The same with the same document are not."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    one, two = (store.store_document(dispatch, paper(pages)).id for pages in (1, 2))
    assert [respond(case, document).fault for document in (None, one, one, two)] == [None, None, "repeated", None]


def test_what_an_answer_may_not_name(case: DeskHarness) -> None:
    """A document of another case, a picture, or one with another verdict; nor as a picture. Nothing is stored."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    own, picture = store.store_document(dispatch, paper()), store.store(dispatch, photo())
    other = store.store_document(case_dispatch(case, "NOMOR2"), paper())
    for document in (other.id, picture.id, UUID(int=4)):
        assert respond(case, document).fault == "unknown-document"
    assert respond(case, None, own.id).fault == "unknown-picture"
    assert respond(case, own.id, verdict="asked").fault == "misplaced-field"
    assert not any(stored(case.engine).values())
    assert case.published == []
    assert respond(case, own.id).fault is None


def test_a_signed_answer_that_names_a_document_of_another_case_shows_none(case: DeskHarness) -> None:
    """An agency's own program may name any id."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    other = store.store_document(case_dispatch(case, "NOMOR2"), paper())
    case.answer(signed(unsigned_answer(dispatch, "responded", text="Selesai.", document=other.id)))
    with read_transaction(case.engine) as connection:
        (fact,) = connection.execute(select(AnswerFact.__table__)).all()  # type: ignore[attr-defined]
        assert answer_files(connection, [fact]) == {}
    assert stored(case.engine) == {other.id: False}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"bukan surat", "file_unreadable"),
        (b"", "file_unreadable"),
        (b"\0" * 5_000_001, "file_too_large"),
        (letter(lambda writer: writer.encrypt("rahasia")), "document_not_plain"),
    ],
)
def test_what_is_no_plain_document(case: DeskHarness, content: bytes, reason: str) -> None:
    """It is refused, and nothing is stored."""
    with pytest.raises(Refused) as refused:
        store_of(case.engine).store_document(case_dispatch(case), lambda: content)
    assert refused.value.reason == reason
    assert stored(case.engine) == {}


def test_forgetting_a_person_deletes_the_document_and_takes_no_more(case: DeskHarness) -> None:
    """A letter names the person. The other case keeps its own."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    store.store_document(dispatch, paper())
    other = store.store_document(case_dispatch(case, "NOMOR2"), paper())
    sent = SentMessage(dispatch.complaint_id, dispatch.message_id, "", None, has_shared_seal=False)
    with write_transaction(case.engine) as connection:
        mark_expired(connection, [dispatch.complaint_id], NOW)
        assert STEPS["case_answer_picture"](connection, Person(senders=(), messages=(sent,))) == 1
    assert stored(case.engine) == {other.id: False}
    with pytest.raises(Refused) as refused:
        store.store_document(dispatch, paper())
    assert refused.value.reason == "sender_forgotten"
