"""Pictures of an agency's answers: cleaned, of one dispatch alone, kept with an answer and deleted without one."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from pydantic import ValidationError
from sqlalchemy import Engine, func, select, update
from sqlmodel import col

from app.operations.forgetting.erasure import STEPS
from app.operations.forgetting.person import Person, SentMessage
from cases.facts.tables import AnswerFact
from cases.pictures.store import AnswerFiles, answer_files, picture_bytes, read_picture
from cases.pictures.tables import AnswerPicture
from config.database import read_transaction, write_transaction
from desk.acts.answer_pictures import MAX_UNSENT, AnswerPictures
from desk.units.tiers import Tier
from messages.sealing import Sealer
from messages.shapes import AnswerContent, Attachment, Dispatch
from pages.files.file_space import FileSpace
from pages.refusals import Refused
from privacy.forgetting_store import mark_expired
from tests.conftest import NOW
from tests.desk.harness import OFFICER, DeskHarness
from tests.ingest.files.test_attachments import SECRET, picture
from tests.router.test_linked import complaint_of
from tests.support.agency_answers import signed, unsigned_answer
from tests.support.attachments import ample_space

HEALTH = "kementerian-kemenkes"
SEALER = Sealer([b"k" * 64])


def no_place(_client: str) -> AbstractContextManager[None]:
    """Let everybody clean a file."""
    return nullcontext()


def store_of(engine: Engine, space: FileSpace | None = None) -> AnswerPictures:
    """Return the pictures of answers."""
    return AnswerPictures(engine, SEALER, no_place, (space or ample_space()).take, lambda: NOW)


def photo(side: int = 64) -> Callable[[], bytes]:
    """Return a file as an officer's phone writes it; each size is another one."""
    return lambda: picture(size=(side, 48))


def case_dispatch(desk: DeskHarness, number: str = "NOMOR1") -> Dispatch:
    """Return the dispatch of a case."""
    view = desk.officer_answers().case(Tier(HEALTH), number)
    assert view
    return view.case.dispatch


def respond(desk: DeskHarness, *pictures: UUID, verdict: Any = "responded", public: bool = False) -> Any:
    """Answer the first case with these pictures."""
    draft = AnswerContent(verdict=verdict, text="Sudah diperbaiki.", pictures=pictures, pictures_public=public)
    return desk.officer_answers().give(OFFICER, Tier(HEALTH), "NOMOR1", None, draft)


def stored(engine: Engine) -> dict[UUID, bool]:
    """Return for each stored picture if an answer names it."""
    with read_transaction(engine) as connection:
        query = select(col(AnswerPicture.id), col(AnswerPicture.named_at))
        return {row.id: row.named_at is not None for row in connection.execute(query)}


@pytest.fixture
def case(desk: DeskHarness) -> DeskHarness:
    """A desk with two cases of one agency."""
    desk.send(complaint_of(1, "Kemenkes, puskesmas tutup"))
    desk.send(complaint_of(2, "Kemenkes, vaksin habis"))
    return desk


def test_a_picture_is_stored_without_metadata_and_once(case: DeskHarness) -> None:
    """It is sealed, has only pixels, and the same file again is the same picture."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    first, again = (store.store(dispatch, photo()) for _ in range(2))
    assert first == again
    assert stored(case.engine) == {first.id: False}
    opened = read_picture(case.engine, SEALER, first.id)
    assert opened is not None
    content = opened.content
    assert SECRET.encode() not in content
    with Image.open(io.BytesIO(content)) as image:
        assert not image.getexif()
    with read_transaction(case.engine) as connection:
        (body,) = connection.execute(select(col(AnswerPicture.body))).scalars()
    assert str(body).startswith(SEALER.seal(b"", first.id).partition(".")[0])
    assert picture_bytes(case.engine) == first.size == len(content)


def test_an_answer_names_its_pictures(case: DeskHarness) -> None:
    """The answer has their ids in order, the facts know them, and nobody deletes them as unsent."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    one, two, unsent = (store.store(dispatch, photo(side)) for side in (50, 60, 70))
    assert respond(case, two.id, one.id, public=True).fault is None
    assert stored(case.engine) == {one.id: True, two.id: True, unsent.id: False}
    ((published),) = case.published
    assert (published.pictures, published.pictures_public) == ((two.id, one.id), True)
    case.deliver()
    with read_transaction(case.engine) as connection:
        (fact,) = connection.execute(select(AnswerFact.__table__)).all()  # type: ignore[attr-defined]
        assert answer_files(connection, [fact]) == {published.id: AnswerFiles((two, one))}
    assert fact.pictures_public


def test_the_same_words_with_another_picture_are_another_answer(case: DeskHarness) -> None:
    """The same with the same picture are not."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    one, two = (store.store(dispatch, photo(side)) for side in (50, 60))
    assert [respond(case, *pictures).fault for pictures in ((), (one.id,), (one.id,), (two.id,))] == [
        None,
        None,
        "repeated",
        None,
    ]


def test_what_an_answer_may_not_name(case: DeskHarness) -> None:
    """A picture of another case, one that was never stored, six, or one with another verdict: nothing is stored."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    own, other = store.store(dispatch, photo()), store.store(case_dispatch(case, "NOMOR2"), photo())
    assert own.id != other.id
    six = [store.store(dispatch, photo(side)).id for side in range(50, 56)]
    assert respond(case, own.id, other.id).fault == "unknown-picture"
    assert respond(case, UUID(int=4)).fault == "unknown-picture"
    with pytest.raises(ValidationError):
        respond(case, *six)
    assert respond(case, own.id, verdict="asked").fault == "misplaced-field"
    assert not any(stored(case.engine).values())
    assert case.published == []
    assert respond(case, *six[:5]).fault is None


def test_a_signed_answer_that_names_a_picture_of_another_case_shows_none(case: DeskHarness) -> None:
    """An agency's own program may name any id: only pictures of the answered dispatch are shown, and marked."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    own, other = store.store(dispatch, photo()), store.store(case_dispatch(case, "NOMOR2"), photo())
    pictures = (other.id, own.id, UUID(int=4))
    answer = signed(unsigned_answer(dispatch, "responded", text="Selesai.", pictures=pictures))
    case.answer(answer)
    with read_transaction(case.engine) as connection:
        (fact,) = connection.execute(select(AnswerFact.__table__)).all()  # type: ignore[attr-defined]
        assert answer_files(connection, [fact]) == {answer.id: AnswerFiles((own,))}
    assert stored(case.engine) == {own.id: True, other.id: False}


def test_a_forged_answer_names_nothing(case: DeskHarness) -> None:
    """A picture that is added to a signed answer makes its authenticator wrong."""
    dispatch = case_dispatch(case)
    own = store_of(case.engine).store(dispatch, photo())
    answer = signed(unsigned_answer(dispatch, "responded", text="Selesai."))
    record = case.answer_record(answer.model_copy(update={"pictures": (own.id,)}))
    case.sink.handle([record])
    with read_transaction(case.engine) as connection:
        assert connection.execute(select(func.count()).select_from(AnswerFact)).scalar_one() == 0
    assert stored(case.engine) == {own.id: False}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"bukan gambar", "unknown_file_type"),
        (b"%PDF-1.7 surat", "pdf_not_accepted"),
        (b"\xff\xd8\xff" + b"\0" * 40, "unknown_file_type"),
        (picture()[:300], "file_unreadable"),
        (b"\0" * 8_000_001, "file_too_large"),
        (b"", "unknown_file_type"),
    ],
)
def test_only_pictures_are_taken(case: DeskHarness, content: bytes, reason: str) -> None:
    """Other files are refused by their content, and nothing is stored."""
    with pytest.raises(Refused) as refused:
        store_of(case.engine).store(case_dispatch(case), lambda: content)
    assert refused.value.reason == reason
    assert stored(case.engine) == {}


def test_the_space_of_all_files_counts(case: DeskHarness) -> None:
    """When it is used up, a picture is refused; an answer without one is not."""
    store = store_of(case.engine, FileSpace((), 100, lambda: 0.0))
    with pytest.raises(Refused) as refused:
        store.store(case_dispatch(case), photo())
    assert refused.value.reason == "files_full"
    assert respond(case).fault is None


def test_unsent_pictures_of_a_case_have_a_limit(case: DeskHarness) -> None:
    """Those that an answer names are not counted."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    kept = [store.store(dispatch, photo(20 + side)) for side in range(MAX_UNSENT)]
    with pytest.raises(Refused) as refused:
        store.store(dispatch, photo(90))
    assert refused.value.reason == "too_many_files"
    # In a form the oldest one that it does not name makes room.
    with write_transaction(case.engine) as connection:
        for age, file in enumerate(reversed(kept)):
            by_id = update(AnswerPicture).where(col(AnswerPicture.id) == file.id)
            connection.execute(by_id.values(kept_at=NOW - timedelta(minutes=age)))
    added = store.store(dispatch, photo(91), draft=[kept[0].id])
    left = set(store.of_dispatch(dispatch.id))
    assert left == {file.id for file in (*kept, added)} - {kept[1].id}
    respond(case, kept[0].id)
    assert isinstance(store.store(dispatch, photo(90)), Attachment)


def test_forgetting_a_person_deletes_the_pictures_and_takes_no_more(case: DeskHarness) -> None:
    """A picture may show the person's house. The other case keeps its own."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    store.store(dispatch, photo())
    other = store.store(case_dispatch(case, "NOMOR2"), photo())
    sent = SentMessage(dispatch.complaint_id, dispatch.message_id, "", None, has_shared_seal=False)
    with write_transaction(case.engine) as connection:
        mark_expired(connection, [dispatch.complaint_id], NOW)
        assert STEPS["case_answer_picture"](connection, Person(senders=(), messages=(sent,))) == 1
    assert stored(case.engine) == {other.id: False}
    with pytest.raises(Refused) as refused:
        store.store(dispatch, photo())
    assert refused.value.reason == "sender_forgotten"


def test_a_deleted_picture_is_left_out(case: DeskHarness) -> None:
    """The answer stays, and shows the pictures that are left."""
    store, dispatch = store_of(case.engine), case_dispatch(case)
    one, two = (store.store(dispatch, photo(side)) for side in (50, 60))
    respond(case, one.id, two.id)
    case.deliver()
    with write_transaction(case.engine) as connection:
        connection.execute(AnswerPicture.__table__.delete().where(col(AnswerPicture.id) == one.id))  # type: ignore[attr-defined]
        (fact,) = connection.execute(select(AnswerFact.__table__)).all()  # type: ignore[attr-defined]
        assert answer_files(connection, [fact]) == {fact.id: AnswerFiles((two,))}
    assert read_picture(case.engine, SEALER, one.id) is None
