"""Messages that were set aside: the list, one masked message, and its release."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from app.assembly.safekeeping.forgetting import forgetting
from app.operations.review.set_aside import RELEASABLE_REASONS
from app.staff.ready_texts import RELEASING
from app.staff.set_aside_page import REASON_LABELS
from tests.app.review.test_set_aside import QUOTING, Service, delete_expired
from tests.app.staff.harness import StaffHarness, hidden_fields
from tests.conftest import NOW
from tests.support import records

PAGE = "/desk/disisihkan"
HELLO = "halo selamat pagi"


@pytest.fixture
def service(staff_on_each_database: StaffHarness) -> Service:
    """Stages on the same bus and database."""
    return Service(staff_on_each_database.parts)


def set_aside(service: Service, text: str, phone: str) -> str:
    """Let an SMS be set aside, and return its number."""
    return service.accept(records.sms(service.parts, text, phone)).tracking


def test_a_message_is_read_and_released_as_a_report(staff_on_each_database: StaffHarness, service: Service) -> None:
    """List and page have the masked text. The release is recorded, and the next message opens."""
    staff = staff_on_each_database
    other, wrong = set_aside(service, HELLO, "+628000000041"), set_aside(service, QUOTING, "+628000000042")
    staff.time = NOW + timedelta(hours=1)
    page = staff.get(PAGE)
    assert [words in page for words in (wrong, other, "Iklan", "Sapaan")] == [True] * 4
    assert [words in page for words in ("Kemenkes tolong, hubungi •••", HELLO, "3456")] == [True, True, False]
    shown = staff.get(f"{PAGE}/{wrong}")
    assert "Kemenkes tolong, hubungi •••" in shown
    assert "3456" not in shown
    fields = hidden_fields(shown, f"{PAGE}/{wrong}")
    numbers = sorted((wrong, other), key=page.index)
    answer = staff.send(f"{PAGE}/{wrong}", **fields, siap="aduan")
    following = numbers[numbers.index(wrong) + 1 :]
    assert answer.headers["Location"].startswith(f"{PAGE}/{following[0]}?" if following else f"{PAGE}?")
    assert "1 pesan dijadikan laporan." in staff.follow(answer)
    assert staff.acts() == [("set_aside.release", staff.label, RELEASING["aduan"])]
    service.work()
    assert service.status(wrong).set_aside == ""
    page = staff.get(PAGE)
    assert [other in page, wrong in page] == [True, False]


def test_the_list_names_a_message_that_is_no_longer_on_its_topic(
    staff_on_each_database: StaffHarness, service: Service
) -> None:
    """Its neighbours keep their text."""
    staff = staff_on_each_database
    gone = set_aside(service, QUOTING, "+628000000046")
    service.accept(records.web(service.parts, "Kemenkes tolong"))
    delete_expired(service.parts)
    kept = set_aside(service, HELLO, "+628000000047")
    page = staff.get(PAGE)
    assert [words in page for words in (gone, "Isi pesan ini tidak dapat dibaca lagi.", "Kemenkes")] == [
        True,
        True,
        False,
    ]
    assert [words in page for words in (kept, HELLO)] == [True, True]


def test_the_words_of_a_forgotten_sender_are_shown_no_more(
    staff_on_each_database: StaffHarness, service: Service
) -> None:
    """The list keeps the number, and the message cannot be opened or released, also before the key is destroyed."""
    staff = staff_on_each_database
    raw = service.accept(records.sms(service.parts, QUOTING, "+628000000048"))
    assert "Kemenkes tolong" in staff.get(PAGE)
    forgetting(service.parts).forget(raw.sender, NOW + timedelta(minutes=1), "sender")
    page = staff.get(PAGE)
    assert [words in page for words in (raw.tracking, "tidak dapat dibaca lagi", "Kemenkes")] == [True, True, False]
    assert staff.client.get(f"{PAGE}/{raw.tracking}").status_code == HTTPStatus.NOT_FOUND
    assert staff.send(f"{PAGE}/{raw.tracking}", siap="aduan").status_code == HTTPStatus.NOT_FOUND


def test_a_report_and_an_unknown_number_are_told(staff_on_each_database: StaffHarness, service: Service) -> None:
    """Nothing is released twice, and a request without a complaint has no form."""
    staff = staff_on_each_database
    report = service.accept(records.web(service.parts, "Kemenkes tolong")).tracking
    request = set_aside(service, "STATUS", "+628000000043")
    assert "tidak dapat dijadikan laporan" in staff.client.get(f"{PAGE}/{report}").text
    assert staff.client.get(f"{PAGE}/ABC").status_code == HTTPStatus.NOT_FOUND
    assert f'action="{PAGE}/{request}"' not in staff.get(f"{PAGE}/{request}")
    assert staff.send(f"{PAGE}/{request}", siap="aduan").status_code == HTTPStatus.CONFLICT
    assert staff.send(f"{PAGE}/{report}", siap="aduan").status_code == HTTPStatus.NOT_FOUND
    assert staff.acts() == []


def test_the_filter_chooses_a_reason_and_a_period(staff_on_each_database: StaffHarness, service: Service) -> None:
    """An unknown reason or period stands for the usual one."""
    staff = staff_on_each_database
    number = set_aside(service, HELLO, "+628000000044")
    staff.time = NOW + timedelta(days=10)
    queries = ("", "?hari=30", "?hari=30&alasan=fraud", "?hari=30&alasan=greeting", "?hari=99999&alasan=x")
    assert [number in staff.get(f"{PAGE}{query}") for query in queries] == [False, True, False, True, False]


def test_a_release_needs_a_reason(staff_on_each_database: StaffHarness, service: Service) -> None:
    """Nothing is released without one."""
    staff = staff_on_each_database
    number = set_aside(service, HELLO, "+628000000045")
    answer = staff.send(f"{PAGE}/{number}", siap="x", alasan_rilis=" ")
    assert (answer.status_code, "Isi alasannya" in answer.text) == (HTTPStatus.BAD_REQUEST, True)
    assert staff.acts() == []


def test_each_reason_for_setting_a_message_aside_has_a_label() -> None:
    """The list shows every message that a person may release."""
    assert set(REASON_LABELS) == set(RELEASABLE_REASONS)
