"""No word and no name of a citizen leaves by a webhook or an e-mail, from the report on."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from config.database import read_transaction, write_transaction
from messages.shapes import Complaint
from tests.conftest import NOW
from tests.desk.harness import DeskHarness
from tests.desk.mail.mail_server import mail_server
from tests.desk.mail.test_notices import Office
from tests.desk.mail.test_outbox import worker
from tests.desk.read_model.test_derivation import answer
from tests.desk.webhooks.harness import Harness
from tests.desk.webhooks.receiver import Receiver
from tests.router.test_linked import complaint_of
from tests.support.log_capture import captured_log
from tests.support.loopback import serving

_AGENCY = "kementerian-kemenkes"
# Words of the citizen and of the officer.
_CANARIES = ("kanarijudul", "kanariisi", "kanarijalan", "kanaritambahan", "kanaripetugas")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks on loopback."""
    with serving(Receiver()) as loopback_receiver:
        yield loopback_receiver


@pytest.mark.slow
def test_no_word_of_a_person_is_sent_stored_or_logged(desk: DeskHarness, receiver: Receiver) -> None:
    """A report with words in each field, an answer, an addition: the notices tell of them in numbers."""
    harness, office = Harness(desk.engine), Office(desk.engine)
    office.accounts.persons[_AGENCY] = office.accounts.persons["bumn-pln"][:1]
    office.clock.time = harness.clock.time
    harness.add(receiver.url, agency=_AGENCY)
    with captured_log() as log, mail_server() as server:
        (dispatch,) = desk.send(report(1, "Kemenkes, puskesmas tutup kanariisi"))
        desk.answer(answer(dispatch, "asked", text="Puskesmas mana? kanaripetugas"), taken_at=NOW)
        desk.send(report(2, "Puskesmas Mawar kanaritambahan", of=1))
        assert [change.kind for change in desk.changes] == ["received", "answered", "citizen-wrote"]
        with write_transaction(desk.engine) as connection:
            harness.queue.add(connection, desk.changes)
            office.queue.add(connection, desk.changes)
        harness.deliver_all()
        assert office.notices.step() == 1
        worker(office.outbox, server.port).step()
    assert len(receiver.requests) == 3
    assert len(server.messages) == 1
    sent = [
        *(request.body.decode() + str(request.headers) for request in receiver.requests),
        *(message.as_string() for message in server.messages),
    ]
    assert "NOMOR1" in server.messages[0].as_string()
    assert [word for word in _CANARIES for content in [*sent, stored(desk)] if word in content] == []
    assert log.logged_words(_CANARIES) == []


def report(number: int, words: str, of: int | None = None) -> Complaint:
    """Return a complaint with words in title, text and place."""
    complaint = complaint_of(number, words, of)
    place = complaint.report.place.model_copy(update={"address": "Jalan kanarijalan"})
    full_report = complaint.report.model_copy(update={"title": "kanarijudul", "place": place})
    return complaint.model_copy(update={"report": full_report})


def stored(desk: DeskHarness) -> str:
    """Return the content of all tables of webhooks and e-mail."""
    tables = ("desk_webhook", "desk_webhook_delivery", "desk_mail", "desk_mail_notice")
    with read_transaction(desk.engine) as connection:
        return repr([connection.execute(text(f"SELECT * FROM {table}")).all() for table in tables])  # noqa: S608 - our own tables
