"""Quarantine: nothing is lost, shown or trusted more than before; each decision is recorded with actor and reason."""

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from typer.testing import CliRunner

from app.assembly.core import system_user
from app.assembly.parts import Parts
from app.cli import app
from app.operations.review.quarantine import Quarantine, QuarantineFilter, list_row
from bus.errors import Retry, Stop
from bus.port import Outgoing, Producer
from config.database import DatabaseUnavailable
from config.settings import Settings
from ingest.wrap import accepted_record, quarantine_record
from messages import codec
from messages.sealing import Sealer
from messages.shapes import Channel, OversightEvent, RawMessage, iso
from messages.topics import OVERSIGHT
from tests.conftest import NOW
from tests.ingest.door_client import FlakyProducer, raw_messages
from tests.support import program, records
from tests.support.arrival_ids import arrival_id
from tests.support.records import FORM, JSON
from tests.support.stages import make_normalizer

PHONE = "+628000000041"
TEXT = "Pohon tumbang di Jalan Contoh"
SID = "SM0123456789abcdef0123456789abcdef"
LATER = NOW + timedelta(hours=1)


def form(**more: str) -> bytes:
    """Return the body of Twilio's webhook; an empty field is left out."""
    fields = {"MessageSid": SID, "From": PHONE, "Body": TEXT} | more
    return urlencode({name: value for name, value in fields.items() if value}).encode()


class QuarantineHarness:
    """Quarantines messages as the doors do, and reads the effects."""

    def __init__(self, parts: Parts, producer: Producer) -> None:
        self.parts = parts
        self.producer = producer
        self.quarantine = Quarantine(parts.bus, parts.wrapper, parts.sealer, parts.audit_log)

    def quarantine_message(
        self,
        body: bytes,
        reason: str = "bad_signature",
        at: datetime = NOW,
        content_type: str = FORM,
        channel: Channel = "sms",
    ) -> RawMessage:
        """Quarantine a message whose id follows from its content."""
        provider_id = f"held:{body.hex()[:80]}"
        raw = self.parts.wrapper.wrap(channel, provider_id, "", body, at, content_type)
        self.producer.publish([quarantine_record(raw, reason)])
        return raw

    def events(self) -> list[OversightEvent]:
        """Return the events on oversight."""
        reader = self.parts.bus.reader()
        try:
            return [codec.decode(OversightEvent, record.value, record.headers) for record in reader.read([OVERSIGHT])]
        finally:
            reader.close()

    def release(self, choice: QuarantineFilter | None = None) -> list[str]:
        """Release messages and return their numbers."""
        decisions = self.quarantine.release(choice or QuarantineFilter(), "petugas-1", "token lama", LATER)
        return [record.tracking for record in decisions]

    def drop(self, choice: QuarantineFilter | None = None) -> int:
        """Drop messages and return how many."""
        return len(list(self.quarantine.drop(choice or QuarantineFilter(), "petugas-2", "palsu", LATER)))

    def undecided_ids(self, choice: QuarantineFilter | None = None) -> list[str]:
        """Return the ids of the undecided messages."""
        return [str(record.raw.id) for record in self.quarantine.undecided(choice or QuarantineFilter())]


@pytest.fixture
def harness(parts: Parts) -> Iterator[QuarantineHarness]:
    """Return a harness with an empty quarantine."""
    producer = parts.bus.producer()
    yield QuarantineHarness(parts, producer)
    producer.close()


def test_each_quarantined_message_is_listed_once(harness: QuarantineHarness) -> None:
    """A message that is quarantined twice, or for two reasons, is listed once; the oldest is first."""
    late = harness.quarantine_message(form(MessageSid="SM2"), at=LATER)
    early = harness.quarantine_message(form())
    harness.quarantine_message(form())
    harness.quarantine_message(form(), "unsigned")

    assert harness.undecided_ids() == [str(early.id), str(late.id)]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (QuarantineFilter(), "abc"),
        (QuarantineFilter(reason="unsigned"), "b"),
        (QuarantineFilter(since=NOW), "bc"),
        (QuarantineFilter(until=NOW), "a"),
        (QuarantineFilter(since=NOW - timedelta(hours=1), until=LATER), "ab"),
        (QuarantineFilter(reason="bad_signature", since=NOW), "c"),
        (QuarantineFilter(ids=("",)), ""),
        (QuarantineFilter(ids=("ffffffff",)), ""),
        (QuarantineFilter(reason="malformed"), ""),
    ],
)
def test_filters(harness: QuarantineHarness, choice: QuarantineFilter, expected: str) -> None:
    """Filters by reason, time and id are combined with and."""
    names = {
        str(harness.quarantine_message(form(MessageSid="SM1"), at=NOW - timedelta(hours=1)).id): "a",
        str(harness.quarantine_message(form(MessageSid="SM2"), "unsigned").id): "b",
        str(harness.quarantine_message(form(MessageSid="SM3"), at=LATER).id): "c",
    }
    assert "".join(names[message_id] for message_id in harness.undecided_ids(choice)) == expected


def test_an_id_prefix_finds_a_message(harness: QuarantineHarness) -> None:
    """An id, or its beginning, finds one message."""
    message, _ = harness.quarantine_message(form(MessageSid="SM1")), harness.quarantine_message(form(MessageSid="SM2"))
    assert harness.undecided_ids(QuarantineFilter(ids=(str(message.id)[:8],))) == [str(message.id)]
    assert harness.quarantine.find(str(message.id)[:8]).raw.id == message.id
    with pytest.raises(Stop, match="0 quarantined messages"):
        harness.quarantine.find("ffffffff")


def test_a_released_message_is_the_one_of_twilio(harness: QuarantineHarness) -> None:
    """A released message has its MessageSid's id and its bytes. Twilio's redelivery is the same message."""
    harness.quarantine_message(form())
    (number,) = harness.release()

    (raw,) = raw_messages(harness.parts, "sms")
    assert (raw.id, raw.provider_id, raw.tracking) == (arrival_id("sms", SID), SID, number)
    assert harness.parts.sealer.open(raw.body, raw.id) == form()
    assert (raw.at, raw.content_type) == (NOW, FORM)

    webhook = harness.parts.wrapper.wrap("sms", SID, f"tel:{PHONE}", form(), LATER, FORM, "twilio-signature")
    assert webhook.tracking == number
    stage = make_normalizer(harness.parts.engine, harness.parts.sealer)
    outputs_of_each = [
        stage.handle([records.at(accepted_record(raw_message), offset)])
        for offset, raw_message in enumerate((raw, webhook))
    ]
    assert [len(outputs) for outputs in outputs_of_each] == [1, 0]


def test_a_released_message_stays_unproven(harness: QuarantineHarness) -> None:
    """A released message has no proven sender, so it repeats nobody's complaint."""
    for sid in ("SM1", "SM2"):
        harness.quarantine_message(form(MessageSid=sid))
    harness.release()

    proven = harness.parts.wrapper.wrap("sms", "SM3", f"tel:{PHONE}", form(), NOW, FORM, "twilio-signature")
    released = raw_messages(harness.parts, "sms")
    assert {raw.verified_by for raw in released} == {"none"}
    assert len({raw.sender for raw in (*released, proven)}) == 3


def test_deciding_twice_changes_nothing(harness: QuarantineHarness) -> None:
    """A decided message is not listed, and not decided again."""
    harness.quarantine_message(form(MessageSid="SM1"))
    harness.quarantine_message(form(MessageSid="SM2"), "unsigned")

    assert [len(harness.release(QuarantineFilter(reason="unsigned"))) for _ in range(2)] == [1, 0]
    assert [harness.drop() for _ in range(2)] == [1, 0]
    assert harness.undecided_ids() == []
    assert [event.event for event in harness.events()] == ["released", "dropped"]
    assert len(raw_messages(harness.parts, "sms")) == 1


def test_a_decision_holds_for_the_same_bytes(harness: QuarantineHarness) -> None:
    """The same bytes again are the same message with the same decision."""
    harness.quarantine_message(form())
    harness.drop()
    harness.quarantine_message(form())
    assert harness.undecided_ids() == []


def test_a_dropped_message_is_released_by_id(harness: QuarantineHarness) -> None:
    """A dropped message is released by its id, and not by a filter."""
    raw = harness.quarantine_message(form())
    harness.drop()
    assert harness.release(QuarantineFilter(reason="bad_signature")) == []
    assert [len(harness.release(QuarantineFilter(ids=(str(raw.id),)))) for _ in range(2)] == [1, 0]


def test_an_event_has_actor_and_reason(harness: QuarantineHarness) -> None:
    """The event has actor, reason, time, subject and the released message."""
    raw = harness.quarantine_message(form())
    harness.release()
    (event,) = harness.events()
    assert (event.actor, event.reason, event.at, event.subject) == ("petugas-1", "token lama", LATER, raw.id)
    assert event.message_id == arrival_id("sms", SID)


class HarnessWithFailingBus(QuarantineHarness):
    """Harness whose bus fails during a release."""

    def broken(self, away: set[int]) -> Quarantine:
        """Return a quarantine whose bus fails at these publish calls."""
        bus = self.parts.bus
        flaky = FlakyProducer(bus.producer(), away)

        class _Bus:
            reader = staticmethod(bus.reader)
            producer = staticmethod(lambda: flaky)

        return Quarantine(_Bus(), self.parts.wrapper, self.parts.sealer, self.parts.audit_log)  # type: ignore[arg-type]  # all it asks for


@pytest.mark.parametrize("away", [{1}, {2}, {3}, {4}])
def test_an_interrupted_release_can_be_repeated(harness: QuarantineHarness, away: set[int]) -> None:
    """A repeated release after any interruption finishes it under the same ids."""
    for sid in ("SM1", "SM2"):
        harness.quarantine_message(form(MessageSid=sid))
    with pytest.raises(Retry):
        list(
            HarnessWithFailingBus(harness.parts, harness.producer)
            .broken(away)
            .release(QuarantineFilter(), "petugas-1", "x", LATER)
        )

    harness.release()

    assert {raw.provider_id for raw in raw_messages(harness.parts, "sms")} == {"SM1", "SM2"}
    assert sorted(event.message_id for event in harness.events()) == sorted(
        arrival_id("sms", sid) for sid in ("SM1", "SM2")
    )


def test_a_description_has_no_private_text(harness: QuarantineHarness) -> None:
    """The list and the description have no word, number or field name of the sender."""
    odd_fields = f"{urlencode({'Nama Saya Budi': '1', 'Rahasia': 'x'})}&".encode()
    raw = harness.quarantine_message(odd_fields + form(MediaUrl0="https://api.twilio.com/x"))
    undecided_ids = harness.quarantine.find(str(raw.id))
    description = harness.quarantine.describe(undecided_ids)
    shown_text = json.dumps([list_row(undecided_ids), description])
    assert not any(word in shown_text for word in (*TEXT.split(), PHONE[1:], SID, "Budi", "Rahasia", raw.sender))
    assert (description["fields"], description["other_fields"], description["files"]) == (
        ["Body", "From", "MessageSid"],
        3,
        1,
    )
    assert description["has_provider_id"] is True


def test_a_reveal_is_recorded_first(harness: QuarantineHarness) -> None:
    """Each reveal is an event with actor and reason. Without a bus nothing is shown."""
    raw = harness.quarantine_message(form())
    undecided_ids = harness.quarantine.find(str(raw.id))
    for minutes in range(2):
        at = LATER + timedelta(minutes=minutes)
        assert harness.quarantine.reveal(undecided_ids, "petugas-3", "tiket 17", at) == form()

    events = harness.events()
    assert [(event.event, event.actor, event.reason) for event in events] == [("revealed", "petugas-3", "tiket 17")] * 2
    assert len({event.id for event in events}) == 2
    assert harness.undecided_ids() == [str(raw.id)]
    with pytest.raises(Retry):
        HarnessWithFailingBus(harness.parts, harness.producer).broken({1}).reveal(
            undecided_ids, "petugas-3", "x", LATER
        )


@pytest.mark.parametrize(
    ("channel", "content_type", "body", "provider_id"),
    [
        ("sms", JSON, json.dumps({"MessageSid": SID, "From": PHONE, "Body": TEXT}).encode(), SID),
        ("sms", FORM, form(MessageSid=""), None),
        ("sms", FORM, form(MessageSid="saya tinggal di Jalan Contoh"), None),
        ("sms", FORM, form(MessageSid="S" * 65), None),
        ("sms", FORM, b"\xff\xfe", None),
        ("sms", JSON, b"[", None),
        ("sms", FORM, b"", None),
        ("twitter", JSON, b'{"account": "1708", "post": {"id": "1990000000000000001"}}', "1990000000000000001"),
        ("twitter", JSON, b'{"account": "1708", "post": {"id": "@budi"}}', None),
        ("twitter", JSON, b'{"account": "1708", "post": ["id"]}', None),
    ],
)
def test_any_bytes_can_be_released(
    harness: QuarantineHarness, channel: Channel, content_type: str, body: bytes, provider_id: str | None
) -> None:
    """A released message has the provider's id if the body has a valid one, else its own; never that of a post."""
    quarantined = harness.quarantine_message(body, content_type=content_type, channel=channel)
    harness.release()
    (raw,) = raw_messages(harness.parts, channel)
    expected_id = provider_id or quarantined.provider_id
    assert raw.id == arrival_id(channel, expected_id)
    assert raw.provider_id == (str(raw.id) if channel == "twitter" else expected_id)
    assert harness.parts.sealer.open(raw.body, raw.id) == body


def test_files_of_a_released_message_are_not_fetched(harness: QuarantineHarness) -> None:
    """Files of a released message are not fetched, because a forger may have chosen the address; the report says so."""
    harness.quarantine_message(form(NumMedia="2", MediaUrl0="http://127.0.0.1:9/x"))
    harness.release()
    (raw,) = raw_messages(harness.parts, "sms")
    assert (raw.attachments, raw.unfetched) == ((), 2)


def test_each_action_is_recorded(harness: QuarantineHarness) -> None:
    """A release, a drop and a reveal are recorded with the message's id before they are published."""
    dropped, released = (
        harness.quarantine_message(form(MessageSid="SM1")),
        harness.quarantine_message(form(MessageSid="SM2"), "unsigned"),
    )
    harness.release(QuarantineFilter(reason="unsigned"))
    harness.drop()
    harness.quarantine.reveal(harness.quarantine.find(str(dropped.id)), "petugas-3", "tiket 17", LATER)
    with pytest.raises(Retry):
        HarnessWithFailingBus(harness.parts, harness.producer).broken({1}).reveal(
            harness.quarantine.find(str(dropped.id)), "petugas-3", "tiket 18", LATER
        )
    shown = f"{dropped.id} role command until {iso(LATER)}"
    with harness.parts.audit_log.rows() as rows:
        assert [(row.act.action, row.act.subject, row.act.actor, row.act.why) for row in rows] == [
            ("quarantine.release", str(released.id), f"petugas-1 ({system_user()})", "token lama"),
            ("quarantine.drop", str(dropped.id), f"petugas-2 ({system_user()})", "palsu"),
            ("quarantine.reveal", shown, f"petugas-3 ({system_user()})", "tiket 17"),
            ("quarantine.reveal", shown, f"petugas-3 ({system_user()})", "tiket 18"),
        ]


def test_an_unrecorded_action_is_not_done(harness: QuarantineHarness) -> None:
    """An action that cannot be recorded is not done."""
    raw = harness.quarantine_message(form())
    with harness.parts.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit_log")
    actions: list[Callable[[], object]] = [
        harness.release,
        harness.drop,
        lambda: harness.quarantine.reveal(harness.quarantine.find(str(raw.id)), "petugas-3", "x", LATER),
    ]
    for action in actions:
        with pytest.raises(DatabaseUnavailable):
            action()
    assert (harness.events(), raw_messages(harness.parts, "sms")) == ([], [])


def test_another_secret_key_releases_nothing(harness: QuarantineHarness) -> None:
    """With another key nothing is decided, and the setting is named."""
    harness.quarantine_message(form())
    quarantine = Quarantine(harness.parts.bus, harness.parts.wrapper, Sealer([b"o" * 64]), harness.parts.audit_log)
    with pytest.raises(Stop, match="SATUPINTU_SECRET_KEY"):
        list(quarantine.release(QuarantineFilter(), "petugas-1", "x", LATER))
    assert harness.events() == []


def test_an_unreadable_record_is_skipped(harness: QuarantineHarness) -> None:
    """A record of another shape is skipped."""
    harness.producer.publish([Outgoing("quarantine", b"", b"garbage"), Outgoing(OVERSIGHT, b"", b"garbage")])
    raw = harness.quarantine_message(form())
    assert harness.undecided_ids() == [str(raw.id)]


Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cli(settings: Settings, tmp_path: Path) -> Cli:
    """Return a runner of `satupintu quarantine` on this test's data folder."""
    environment = program.environment_of(settings)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return program.run(("quarantine", *arguments), {**environment, "COLUMNS": "200"}, tmp_path)

    return run


def test_the_commands(harness: QuarantineHarness, cli: Cli) -> None:
    """List, show, reveal, release and drop, with their outputs."""
    first, second = harness.quarantine_message(form()), harness.quarantine_message(form(MessageSid="SM2"), "unsigned")
    list_output = cli("list")
    assert {str(first.id), str(second.id)} <= set(list_output.stdout.split())
    show_output = cli("show", str(first.id)[:13])
    assert json.loads(show_output.stdout)["reason"] == "bad_signature"
    assert not any(word in list_output.stdout + show_output.stdout for word in (*TEXT.split(), PHONE, SID))

    reveal_output = cli("show", str(first.id), "--reveal", "--actor", "petugas-3", "--why", "tiket 17")
    assert reveal_output.stdout == form().decode() + "\n"

    release_output = cli(
        "release", "--reason", "bad_signature", "--since", "9999d", "--actor", "petugas-1", "--why", "token"
    )
    assert release_output.stdout.split() == [str(first.id), raw_messages(harness.parts, "sms")[0].tracking]
    drop_output = cli("drop", "--id", str(second.id), "--actor", "petugas-2", "--why", "palsu")
    assert (drop_output.returncode, drop_output.stdout.split()) == (0, [str(second.id)])
    assert json.loads(cli("list", "--json").stdout) == []
    assert [(event.event, event.actor) for event in harness.events()] == [
        ("revealed", "petugas-3"),
        ("released", "petugas-1"),
        ("dropped", "petugas-2"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("release", "--all"), "--actor"),
        (("drop", "--all", "--actor", "petugas-1"), "--why"),
        (("drop", "--all", "--actor", " ", "--why", "x"), "--actor"),
        (("release", "--actor", "petugas-1", "--why", "x"), "No messages are chosen"),
        (
            ("drop", "--all", "--actor", "p" * 201, "--why", "x"),
            "at most 200 characters, --why at most 500",
        ),
        (("drop", "--all", "--actor", "petugas-1", "--why", "x\ny"), "must each be one line"),
        (("drop", "--actor", "petugas-1", "--why", "x", "--since", "kemarin"), "kemarin is not a time"),
        (("show", "ffff", "--reveal"), "--actor"),
    ],
)
def test_missing_arguments_are_named(harness: QuarantineHarness, arguments: tuple[str, ...], message: str) -> None:
    """Without actor, reason and choice nothing is decided; the error names what is missing."""
    harness.quarantine_message(form())
    result = CliRunner().invoke(app, ["quarantine", *arguments])
    assert result.exit_code == 2
    assert message in result.output
    assert harness.events() == []
