"""Proof of phone numbers and mail addresses: decisions, codes and contacts, on both databases."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from structlog.types import EventDict

from config.database import DatabaseLock, DatabaseUnavailable, lock_until_commit, read_transaction, write_transaction
from ingest.http.rate_limits import RateLimiter
from ingest.web.contact_proof.addresses import (
    address_digest,
    mail_address,
    masked_address,
    masked_number,
    mobile_number,
)
from ingest.web.contact_proof.code_proof import CodeNotSent, CodeProof
from ingest.web.contact_proof.code_store import CodeToSend
from ingest.web.contact_proof.contacts import ContactStore, ReportContact
from ingest.web.contact_proof.decision import DAY, HOUR, CodeHistory, SentCode, judge_code, next_code_at
from messages.sealing import Sealer
from pages.refusals import Refused
from tests.conftest import NOW
from tests.ingest.people import EMAIL, PHONE

_KEY = b"a key of the test"
_MINUTE = timedelta(minutes=1)
_CODE = "123456"
_TRACKING = "0000-0000-0000"


def _any_network() -> None:
    """Count nothing."""


class Phones:
    """The clock of the test, and the SMS that were sent. While `is_away` is true, none can be sent."""

    def __init__(self) -> None:
        self.now = NOW
        self.texts: list[tuple[str, str]] = []
        self.is_away = False

    def send(self, code: CodeToSend) -> None:
        """Send a code."""
        if self.is_away:
            raise CodeNotSent
        self.texts.append((code.contact, code.code))


@pytest.fixture
def phones() -> Phones:
    """No SMS yet."""
    return Phones()


@pytest.fixture
def proof(engine: Engine, phones: Phones) -> CodeProof:
    """Codes from 100000 up, at most four a day."""
    new_ids: Iterator[UUID] = (UUID(int=number) for number in count(1))
    codes = (f"{number}" for number in count(100_000))
    return CodeProof(engine, _KEY, phones.send, 4, new_ids.__next__, codes.__next__, lambda: phones.now)


def refusal(proof: CodeProof, typed: str, number: str = PHONE) -> str:
    """Return the reason why a code is refused, empty if it proves the number."""
    try:
        proof.check(number, "test", typed)
    except Refused as refused:
        return refused.reason
    return ""


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0812 3456 7890", "+6281234567890"),
        ("+62 812-3456-7890", "+6281234567890"),
        ("021 345 6789", ""),
        ("+1 202 555 0143", ""),
        ("1708", ""),
        ("nomor saya", ""),
    ],
)
def test_codes_go_to_indonesian_mobile_numbers_only(typed: str, number: str) -> None:
    """Foreign and service numbers may earn money with each SMS."""
    assert mobile_number(typed) == number


def test_mail_addresses() -> None:
    """An address has a local part and a domain, and can't add a header. Masks show its owner which one it is."""
    assert mail_address(f" {EMAIL} ") == EMAIL
    wrong = (
        "sekar",
        "sekar@contoh",
        "a b@contoh.id",
        "a@contoh.id\nBcc: b@contoh.id",
        "a@b@contoh.id",
        "<a@contoh.id>",
        # The Kelvin sign is a `k` in lower case: the address of somebody else.
        "\u212aartika@contoh.id",
    )
    assert [address for address in wrong if mail_address(address)] == []
    assert address_digest(b"key", "Sekar@contoh.id") == address_digest(b"key", "sekar@contoh.id")
    assert address_digest(b"key", "stra\u00dfe@contoh.id") != address_digest(b"key", "strasse@contoh.id")
    assert (masked_address("sekar@contoh.id"), masked_address("")) == ("s•••@contoh.id", "")
    assert (masked_number("+6281234567890"), masked_number("")) == ("••• 890", "")


@pytest.mark.parametrize(
    ("minutes_ago", "in_all", "wait"),
    [
        ([], 0, timedelta(0)),
        ([2], 1, timedelta(0)),
        ([0.5], 1, timedelta(seconds=30)),
        ([30, 60, 90], 3, DAY - 90 * _MINUTE),
        ([], 10, DAY - 100 * _MINUTE),
    ],
)
def test_limits_of_codes(minutes_ago: Sequence[float], in_all: int, wait: timedelta) -> None:
    """One code a minute and three a day go to one number, and ten a day to all numbers of this service."""
    history = CodeHistory([NOW - ago * _MINUTE for ago in minutes_ago], in_all, NOW - 100 * _MINUTE)
    assert next_code_at(history, 10, NOW) == NOW + wait


@pytest.mark.parametrize(
    ("sent", "typed", "verdict"),
    [
        (None, "a", "over"),
        (SentCode("a", NOW, 4, is_used=False), "a", "proven"),
        (SentCode("a", NOW, 4, is_used=False), "b", "wrong"),
        (SentCode("a", NOW, 5, is_used=False), "a", "over"),
        (SentCode("a", NOW, 0, is_used=True), "a", "over"),
        (SentCode("a", NOW - 10 * _MINUTE, 0, is_used=False), "a", "proven"),
        (SentCode("a", NOW - 10 * _MINUTE - timedelta(seconds=1), 0, is_used=False), "a", "over"),
    ],
)
def test_a_code_counts_ten_minutes_and_five_tries(sent: SentCode | None, typed: str, verdict: str) -> None:
    """A used code does not count again."""
    assert judge_code(sent, typed, NOW) == verdict


def test_a_number_is_proven_by_its_last_code(proof: CodeProof, phones: Phones, engine: Engine) -> None:
    """The code is in the SMS only: the database has its digest. Spaces in the typed code do not matter."""
    proof.start(PHONE, "test")
    phones.now += 2 * _MINUTE
    proof.start(PHONE, "test")

    assert [number for number, _ in phones.texts] == [PHONE, PHONE]
    assert "100001" in phones.texts[1][1]
    with read_transaction(engine) as connection:
        stored = str(connection.execute(text("SELECT * FROM web_contact_code")).all())
    assert [private for private in ("100001", PHONE) if private in stored] == []
    assert refusal(proof, "100000") == "code_wrong"
    with pytest.raises(Refused, match="code_over"):
        proof.check(PHONE, "another purpose", "100001")
    proven = proof.check(PHONE, "test", " 100 001 ")
    assert (proven.contact, proven.proven_at) == (PHONE, phones.now)
    assert refusal(proof, "100001") == "code_over"


def test_five_wrong_tries_end_a_code(proof: CodeProof) -> None:
    """The right code comes too late after five wrong ones."""
    proof.start(PHONE, "test")
    assert [refusal(proof, "7") for _ in range(6)] == ["code_wrong"] * 5 + ["code_over"]
    assert refusal(proof, "100000") == "code_over"


def test_limits_name_the_waiting_time(proof: CodeProof, phones: Phones) -> None:
    """Above a limit nothing is sent. Another number has its own limit; all numbers share the limit of the service."""
    sent_at = phones.now
    for _ in range(3):
        proof.start(PHONE, "test")
        phones.now += 2 * _MINUTE
    for number, allowed in ((PHONE, False), ("+6281200001709", True), ("+6281200001710", False)):
        if allowed:
            proof.start(number, "test")
            continue
        with pytest.raises(Refused) as raised:
            proof.start(number, "test")
        expected = (sent_at + DAY - phones.now).total_seconds()
        assert (raised.value.reason, raised.value.retry_after) == ("code_limit", expected)
    assert len(phones.texts) == 4
    phones.now = sent_at + DAY + _MINUTE
    proof.start(PHONE, "test")


def test_kinds_of_purposes_have_their_own_limits(proof: CodeProof, phones: Phones) -> None:
    """Whoever types a number into the form takes no code for the own reports from it. The day's limit counts both."""
    for number in range(3):
        proof.start(PHONE, f"report:{number}")
        phones.now += 2 * _MINUTE
    for purpose in ("report:3", "report"):
        with pytest.raises(Refused, match="code_limit"):
            proof.start(PHONE, purpose)
    proof.start(PHONE, "own-reports")
    with pytest.raises(Refused, match="code_limit"):
        proof.start("+6281200001709", "own-reports")
    assert len(phones.texts) == 4


def test_a_code_that_nobody_got_does_not_count(proof: CodeProof, phones: Phones) -> None:
    """While the provider is away, the sender is told, and may try again at once."""
    phones.is_away = True
    with pytest.raises(Refused, match="code_unsent"):
        proof.start(PHONE, "test")
    phones.is_away = False
    proof.start(PHONE, "test")
    assert refusal(proof, "100001") == ""


def test_contacts_are_sealed_and_proven_apart(engine: Engine) -> None:
    """A report has a proven number, a confirmed address, both or none."""
    store = ContactStore(engine, Sealer([b"k" * 64]), _KEY, lambda: NOW)
    assert (store.contact(_TRACKING), store.proven_ways(_TRACKING)) == (ReportContact(), frozenset())
    assert not store.confirm_email(_TRACKING)
    assert store.add(_TRACKING, UUID(int=1), PHONE, EMAIL, 100, _any_network, lambda _: None)
    assert not store.add(_TRACKING, UUID(int=1), PHONE, EMAIL, 100, _any_network, lambda _: None)

    with read_transaction(engine) as connection:
        stored = str(connection.execute(text("SELECT * FROM web_contact")).all())
    assert [private for private in (PHONE, EMAIL) if private in stored] == []
    assert (store.contact(_TRACKING), store.proven_ways(_TRACKING)) == (ReportContact(PHONE, EMAIL), frozenset())
    store.mark_phone_proven(_TRACKING)
    assert store.proven_ways(_TRACKING) == {"sms"}
    assert store.confirm_email(_TRACKING)
    assert store.contact(_TRACKING) == ReportContact(PHONE, EMAIL, is_phone_proven=True, is_email_confirmed=True)


def test_strangers_get_one_mail(engine: Engine) -> None:
    """An address that did not confirm gets no second mail. One that did gets five a day."""
    now = NOW
    store = ContactStore(engine, Sealer([b"k" * 64]), _KEY, lambda: now)
    numbers = (f"{number:04}-0000-0000" for number in count())

    def add(address: str) -> tuple[str, bool]:
        number = next(numbers)
        return number, store.add(number, UUID(int=int(number[:4]) + 1), "", address, 100, _any_network, lambda _: None)

    first, is_mailed = add(EMAIL)
    assert (is_mailed, add(EMAIL.upper())[1], add("lain@contoh.id")[1]) == (True, False, True)
    store.confirm_email(first)
    for _ in range(4):
        number, is_mailed = add(EMAIL)
        assert is_mailed
        store.confirm_email(number)
    assert not add(EMAIL)[1]
    now = NOW + DAY + _MINUTE
    assert add(EMAIL)[1]


def test_first_mails_have_a_limit_for_all_addresses(engine: Engine, logged: list[EventDict]) -> None:
    """Aliases of a mailbox are one address. Above the day's limit no stranger gets a mail, and the operator hears."""
    now, queued = NOW, list[object]()
    store = ContactStore(engine, Sealer([b"k" * 64]), _KEY, lambda: now)

    def add(number: int, address: str) -> bool:
        tracking, message_id = f"{number:04}-0000-0000", UUID(int=number + 1)
        return store.add(tracking, message_id, "", address, 2, _any_network, queued.append)

    aliases = ("sekar@contoh.id", "sekar+1@contoh.id", "Sekar+2@contoh.id")
    assert [add(*numbered) for numbered in enumerate(aliases)] == [True, False, False]
    now = NOW + HOUR
    assert (add(3, "+tono@contoh.id"), add(4, "+tini@contoh.id")) == (True, False)
    assert withheld(logged) == [(str(UUID(int=5)), "day-limit")]
    now = NOW + HOUR + DAY + _MINUTE
    assert (add(5, "tini@contoh.id"), len(queued)) == (True, 3)


def test_the_dots_of_gmail_are_one_mailbox(engine: Engine) -> None:
    """A name with dots has one mailbox, under both of its domains. Elsewhere dots tell mailboxes apart."""
    store = ContactStore(engine, Sealer([b"k" * 64]), _KEY, lambda: NOW)
    addresses = (
        *("sekarwulan@gmail.com", "s.ekar.wulan@gmail.com", "Sekar.Wulan+lapor@GoogleMail.com", "tono@gmail.com"),
        *("sekarwulan@contoh.id", "sekar.wulan@contoh.id", "sekarwulan@gmail.com.contoh.id"),
    )
    mailed = [
        store.add(f"{number:04}-0000-0000", UUID(int=number + 1), "", address, 100, _any_network, lambda _: None)
        for number, address in enumerate(addresses)
    ]
    assert mailed == [True, False, False, True, True, True, True]


def test_an_hour_has_a_part_of_the_first_mails_of_a_day(engine: Engine, logged: list[EventDict]) -> None:
    """Nobody uses up the mails of a day in one burst: an eighth is for each hour."""
    now = NOW
    store = ContactStore(engine, Sealer([b"k" * 64]), _KEY, lambda: now)
    numbers = count()

    def add() -> bool:
        number = next(numbers)
        address, tracking = f"warga{number}@contoh.id", f"{number:04}-0000-0000"
        return store.add(tracking, UUID(int=number + 1), "", address, 16, _any_network, lambda _: None)

    assert [add() for _ in range(3)] == [True, True, False]
    assert withheld(logged) == [(str(UUID(int=3)), "hour-limit")]
    now = NOW + HOUR
    assert [add() for _ in range(3)] == [True, True, False]


def test_a_network_has_a_rate_of_first_mails(engine: Engine, logged: list[EventDict]) -> None:
    """Above it the report keeps its contact and gets no mail. What gets none for another reason is not counted."""
    store = ContactStore(engine, Sealer([b"k" * 64]), _KEY, lambda: NOW)
    limiter = RateLimiter({"first-mail": "1/day"})

    def add(number: int, email: str, address: str) -> bool:
        tracking, network = f"{number:04}-0000-0000", partial(limiter.check_rate, "first-mail", address)
        return store.add(tracking, UUID(int=number + 1), "", email, 100, network, lambda _: None)

    assert add(0, EMAIL, "198.51.100.1")
    assert not add(1, EMAIL, "198.51.100.2")
    assert add(2, "lain@contoh.id", "198.51.100.2")
    assert not add(3, "tono@contoh.id", "198.51.100.2")
    assert withheld(logged) == [(str(UUID(int=4)), "network-limit")]
    assert store.contact("0003-0000-0000").email == "tono@contoh.id"


def withheld(logged: list[EventDict]) -> list[tuple[str, str]]:
    """Return the reports whose mail was withheld, each with the limit."""
    return [(line["message_id"], line["limit"]) for line in logged if line["event"] == "contact.mail_withheld"]


def test_a_mail_that_is_not_queued_is_not_counted(engine: Engine) -> None:
    """The contact is stored with its mail: the sender who presses again gets it."""
    store, queued = ContactStore(engine, Sealer([b"k" * 64]), _KEY, lambda: NOW), list[object]()

    def fail(_: object) -> None:
        raise DatabaseUnavailable

    with pytest.raises(DatabaseUnavailable):
        store.add(_TRACKING, UUID(int=1), "", EMAIL, 100, _any_network, fail)
    assert store.contact(_TRACKING) == ReportContact()
    assert store.add(_TRACKING, UUID(int=1), "", EMAIL, 100, _any_network, queued.append)
    assert len(queued) == 1


@pytest.mark.only_on("postgresql", "SQLite has one lock")
def test_contacts_wait_for_no_unrelated_lock(engine: Engine) -> None:
    """While a code is counted, a mail is queued. A contact without an address waits for no mail either."""
    store = ContactStore(engine, Sealer([b"k" * 64]), _KEY, lambda: NOW)
    with write_transaction(engine) as connection:
        lock_until_commit(connection, DatabaseLock.CONTACT_CODES)
        assert store.add(_TRACKING, UUID(int=1), PHONE, EMAIL, 100, _any_network, lambda _: None)
        lock_until_commit(connection, DatabaseLock.FIRST_MAILS)
        assert not store.add("1111-0000-0000", UUID(int=2), PHONE, "", 100, _any_network, lambda _: None)
    assert store.contact("1111-0000-0000").phone == PHONE
