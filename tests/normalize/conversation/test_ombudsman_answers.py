"""YA and TIDAK by SMS answer the question about the Ombudsman: only the sender's, only of a case that was asked."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from stdnum.iso7064 import mod_37_36

from bus.port import Outgoing
from messages import codec
from messages.payloads.sms import parse_sms, stated_act
from messages.shapes import OversightEvent
from messages.topics import OVERSIGHT
from messages.tracking import find_tracking_numbers
from tests.normalize.conversation.citizen import OTHER_PHONE, Citizen, assert_belongs
from tests.support import records

REPORT = "Listrik sering padam di Desa Rempoah Kecamatan Baturraden"


def ask(
    citizen: Citizen,
    complaint: Mapping[str, Any],
    name: Literal["ombudsman-asked", "rating-asked"] = "ombudsman-asked",
) -> None:
    """Let oversight ask the sender of a case now."""
    event = OversightEvent(
        id=uuid4(),
        message_id=complaint["message_id"],
        at=citizen.now,
        event=name,
        subject=UUID(str(complaint["id"])),
        reason="resolve",
    )
    message = Outgoing(OVERSIGHT, *codec.encode(event, str(event.subject), "/tests"))
    assert citizen.handle(records.at(message, 0, citizen.now)) == []


def test_only_the_sender_of_an_asked_case_answers(citizen: Citizen) -> None:
    """A YA by SMS is no consent, asked or not: the number of its sender can be forged. A TIDAK takes a consent back."""
    report = citizen.send(REPORT)
    number = report["tracking"]
    assert_belongs(citizen.send(f"YA {number}"), report, "adds", "own-number")
    ask(citizen, report)
    for words in ("ya", "ya terima kasih banyak pak"):
        assert citizen.send(words)["follow_up"]["act"] == "adds"
    other = citizen.send(f"YA {number}", phone=OTHER_PHONE)
    assert other["follow_up"]["act"] == "reports"
    unproven = citizen.send(f"YA {number}", proven=False)
    assert unproven["follow_up"]["act"] == "reports"

    assert_belongs(citizen.send(f"Ya, {number}."), report, "adds", "consent-by-number")
    assert_belongs(citizen.send(f"TIDAK {number}"), report, "declines-ombudsman", "own-number")
    # The agency asks later: a bare YA is the answer to it.
    citizen.answer(report, "asked")
    assert_belongs(citizen.send(f"YA {number}"), report, "adds", "own-number")
    assert_belongs(citizen.send(f"YA {number}"), report, "adds", "consent-by-number")


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("YA!", "agrees-to-ombudsman"),
        ("iya setuju", "agrees-to-ombudsman"),
        ("TIDAK", "declines-ombudsman"),
        ("tdk setuju", "declines-ombudsman"),
        ("ya?", None),
        ("ya sudah saya cek, lampu masih mati", None),
        ("tidak ada air sejak kemarin", None),
        ("tidak ada perubahan", None),
    ],
)
def test_the_words_stand_alone(text: str, act: str | None) -> None:
    """A sentence that begins with YA or TIDAK is a sentence."""
    assert stated_act(text) == act


def test_a_number_of_digits_is_no_unclear_text() -> None:
    """Two letters and a number of digits alone are read, not asked for more."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    digits = next(
        symbols + check
        for start in range(100)
        if (check := mod_37_36.calc_check_digit(symbols := f"1234567{start:04}", alphabet)).isdigit()
    )
    number = f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
    assert find_tracking_numbers(f"YA {number}") == (number,)
    assert parse_sms(f"YA {number}").kind == "report"
