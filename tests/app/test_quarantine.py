"""Quarantine: nothing in it is lost, shown, or believed more than it was; who decided what, and why, is kept."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from typer.testing import CliRunner

from app.assembly.parts import Parts
from app.cli import app
from app.operations.review.quarantine import Quarantine, QuarantineFilter, list_row
from bus.errors import Retry, Stop
from bus.port import Outgoing, Producer
from config.database import DatabaseUnavailable
from config.settings import Settings
from ingest.wrap import accepted_record, quarantine_record
from messages import codec, ids
from messages.sealing import Sealer
from messages.shapes import Channel, OversightEvent, RawMessage
from messages.topics import OVERSIGHT
from tests.conftest import NOW
from tests.ingest.door_client import FlakyProducer, raw_messages
from tests.support import program, records
from tests.support.records import FORM, JSON
from tests.support.stages import make_normalizer

PHONE = "+628000000041"
TEXT = "Pohon tumbang di Jalan Contoh"
SID = "SM0123456789abcdef0123456789abcdef"
LATER = NOW + timedelta(hours=1)


def form(**more: str) -> bytes:
    """The body of Twilio's webhook; a field given as empty is left out."""
    fields = {"MessageSid": SID, "From": PHONE, "Body": TEXT} | more
    return urlencode({name: value for name, value in fields.items() if value}).encode()


class Held:
    """Keeps things aside as the doors do, and looks at what became of them."""

    def __init__(self, parts: Parts, producer: Producer) -> None:
        self.parts = parts
        self.producer = producer
        self.quarantine = Quarantine(parts.bus, parts.wrapper, parts.sealer, parts.audit_log)

    def hold(
        self,
        body: bytes,
        reason: str = "bad_signature",
        at: datetime = NOW,
        content_type: str = FORM,
        channel: Channel = "sms",
    ) -> RawMessage:
        """Keep it aside, named by its content."""
        provider_id = f"held:{body.hex()[:80]}"
        raw = self.parts.wrapper.wrap(channel, provider_id, "", body, at, content_type)
        self.producer.publish([quarantine_record(raw, reason)])
        return raw

    def told(self) -> list[OversightEvent]:
        """What oversight heard."""
        reader = self.parts.bus.reader()
        try:
            return [codec.decode(OversightEvent, one.value, one.headers) for one in reader.read([OVERSIGHT])]
        finally:
            reader.close()

    def release(self, choice: QuarantineFilter | None = None) -> list[str]:
        """The numbers of what was let out."""
        done = self.quarantine.release(choice or QuarantineFilter(), "petugas-1", "token lama", LATER)
        return [one.tracking for one in done]

    def drop(self, choice: QuarantineFilter | None = None) -> int:
        """How many were dropped."""
        return len(list(self.quarantine.drop(choice or QuarantineFilter(), "petugas-2", "palsu", LATER)))

    def waiting(self, choice: QuarantineFilter | None = None) -> list[str]:
        """The ids of what waits."""
        return [str(one.raw.id) for one in self.quarantine.undecided(choice or QuarantineFilter())]


@pytest.fixture
def kept(parts: Parts) -> Iterator[Held]:
    """An empty quarantine."""
    producer = parts.bus.producer()
    yield Held(parts, producer)
    producer.close()


def test_each_held_message_waits_once(kept: Held) -> None:
    """Held twice, or for two reasons, it is one message; the oldest stands first."""
    late = kept.hold(form(MessageSid="SM2"), at=LATER)
    early = kept.hold(form())
    kept.hold(form())
    kept.hold(form(), "unsigned")

    assert kept.waiting() == [str(early.id), str(late.id)]


@pytest.mark.parametrize(
    ("choice", "found"),
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
def test_filters(kept: Held, choice: QuarantineFilter, found: str) -> None:
    """By reason, by when it was held (from, and before), by id; together all must fit."""
    names = {
        str(kept.hold(form(MessageSid="SM1"), at=NOW - timedelta(hours=1)).id): "a",
        str(kept.hold(form(MessageSid="SM2"), "unsigned").id): "b",
        str(kept.hold(form(MessageSid="SM3"), at=LATER).id): "c",
    }
    assert "".join(names[one] for one in kept.waiting(choice)) == found


def test_by_id_or_how_it_begins(kept: Held) -> None:
    """An id, or enough of it, names one message."""
    one, _ = kept.hold(form(MessageSid="SM1")), kept.hold(form(MessageSid="SM2"))
    assert kept.waiting(QuarantineFilter(ids=(str(one.id)[:8],))) == [str(one.id)]
    assert kept.quarantine.find(str(one.id)[:8]).raw.id == one.id
    with pytest.raises(Stop, match="0 quarantined messages"):
        kept.quarantine.find("ffffffff")


def test_released_is_the_message_that_twilio_sent(kept: Held) -> None:
    """It arrives under its MessageSid's id with the bytes it had; Twilio's own redelivery is delivered again only."""
    kept.hold(form())
    (number,) = kept.release()

    (raw,) = raw_messages(kept.parts, "sms")
    assert (raw.id, raw.provider_id, raw.tracking) == (ids.message_id("sms", SID), SID, number)
    assert kept.parts.sealer.open(raw.body, raw.id) == form()
    assert (raw.at, raw.content_type) == (NOW, FORM)

    true = kept.parts.wrapper.wrap("sms", SID, f"tel:{PHONE}", form(), LATER, FORM, "twilio-signature")
    assert true.tracking == number
    stage = make_normalizer(kept.parts.engine, kept.parts.sealer)
    made = [stage.handle([records.at(accepted_record(one), place)]) for place, one in enumerate((raw, true))]
    assert [len(outputs) for outputs in made] == [1, 0]


def test_released_is_not_believed_more_than_before(kept: Held) -> None:
    """Whoever it says it is from did not become a proven sender: it repeats nobody's complaint."""
    for sid in ("SM1", "SM2"):
        kept.hold(form(MessageSid=sid))
    kept.release()

    proven = kept.parts.wrapper.wrap("sms", "SM3", f"tel:{PHONE}", form(), NOW, FORM, "twilio-signature")
    released = raw_messages(kept.parts, "sms")
    assert {raw.verified_by for raw in released} == {"none"}
    assert len({raw.sender for raw in (*released, proven)}) == 3


def test_deciding_twice_changes_nothing(kept: Held) -> None:
    """What was decided is listed no more, and decided no more."""
    kept.hold(form(MessageSid="SM1"))
    kept.hold(form(MessageSid="SM2"), "unsigned")

    assert [len(kept.release(QuarantineFilter(reason="unsigned"))) for _ in range(2)] == [1, 0]
    assert [kept.drop() for _ in range(2)] == [1, 0]
    assert kept.waiting() == []
    assert [event.event for event in kept.told()] == ["released", "dropped"]
    assert len(raw_messages(kept.parts, "sms")) == 1


def test_held_again_after_the_decision(kept: Held) -> None:
    """The same bytes once more are the same message, decided already."""
    kept.hold(form())
    kept.drop()
    kept.hold(form())
    assert kept.waiting() == []


def test_a_mistaken_drop_can_be_mended(kept: Held) -> None:
    """What was dropped is not lost: named by its id it is let out, and by a filter it is not."""
    raw = kept.hold(form())
    kept.drop()
    assert kept.release(QuarantineFilter(reason="bad_signature")) == []
    assert [len(kept.release(QuarantineFilter(ids=(str(raw.id),)))) for _ in range(2)] == [1, 0]


def test_who_and_why_are_kept(kept: Held) -> None:
    """Oversight hears of each decision: by whom, why, when, about what, and what became of it."""
    raw = kept.hold(form())
    kept.release()
    (event,) = kept.told()
    assert (event.actor, event.reason, event.at, event.subject) == ("petugas-1", "token lama", LATER, raw.id)
    assert event.message_id == ids.message_id("sms", SID)


class Breaking(Held):
    """A bus that goes away in the middle of a release."""

    def broken(self, away: set[int]) -> Quarantine:
        """At these calls, counted over everything that is published."""
        bus = self.parts.bus
        flaky = FlakyProducer(bus.producer(), away)

        class _Bus:
            reader = staticmethod(bus.reader)
            producer = staticmethod(lambda: flaky)

        return Quarantine(_Bus(), self.parts.wrapper, self.parts.sealer, self.parts.audit_log)  # type: ignore[arg-type]  # all it asks for


@pytest.mark.parametrize("away", [{1}, {2}, {3}, {4}])
def test_interrupted_and_done_again(kept: Held, away: set[int]) -> None:
    """Wherever a release broke off, doing it again lets out what is left, under the same ids, and loses nothing."""
    for sid in ("SM1", "SM2"):
        kept.hold(form(MessageSid=sid))
    with pytest.raises(Retry):
        list(Breaking(kept.parts, kept.producer).broken(away).release(QuarantineFilter(), "petugas-1", "x", LATER))

    kept.release()

    assert {raw.provider_id for raw in raw_messages(kept.parts, "sms")} == {"SM1", "SM2"}
    assert sorted(event.message_id for event in kept.told()) == sorted(
        ids.message_id("sms", sid) for sid in ("SM1", "SM2")
    )


def test_what_is_shown_says_nothing(kept: Held) -> None:
    """The list and the description hold no word, number or field name of the sender's."""
    odd = f"{urlencode({'Nama Saya Budi': '1', 'Rahasia': 'x'})}&".encode()
    raw = kept.hold(odd + form(MediaUrl0="https://api.twilio.com/x"))
    waiting = kept.quarantine.find(str(raw.id))
    about = kept.quarantine.describe(waiting)
    shown = json.dumps([list_row(waiting), about])
    assert not any(word in shown for word in (*TEXT.split(), PHONE[1:], SID, "Budi", "Rahasia", raw.sender))
    assert (about["fields"], about["other_fields"], about["files"]) == (["Body", "From", "MessageSid"], 3, 1)
    assert about["has_provider_id"] is True


def test_a_look_is_kept_before_it_is_shown(kept: Held) -> None:
    """Each look is an event with who looked and why; without a bus to tell there is nothing to see."""
    raw = kept.hold(form())
    waiting = kept.quarantine.find(str(raw.id))
    for minutes in range(2):
        at = LATER + timedelta(minutes=minutes)
        assert kept.quarantine.reveal(waiting, "petugas-3", "tiket 17", at) == form()

    told = kept.told()
    assert [(event.event, event.actor, event.reason) for event in told] == [("revealed", "petugas-3", "tiket 17")] * 2
    assert len({event.id for event in told}) == 2
    assert kept.waiting() == [str(raw.id)]
    with pytest.raises(Retry):
        Breaking(kept.parts, kept.producer).broken({1}).reveal(waiting, "petugas-3", "x", LATER)


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
def test_any_bytes_can_be_let_out(
    kept: Held, channel: Channel, content_type: str, body: bytes, provider_id: str | None
) -> None:
    """Under the provider's id where there is one, else under its own: what somebody wrote is no id."""
    was = kept.hold(body, content_type=content_type, channel=channel)
    kept.release()
    (raw,) = raw_messages(kept.parts, channel)
    assert raw.provider_id == (provider_id or was.provider_id)
    assert kept.parts.sealer.open(raw.body, raw.id) == body


def test_files_that_it_names_are_not_fetched(kept: Held) -> None:
    """Whoever wrote the address may have chosen it: the report says that files are missing."""
    kept.hold(form(NumMedia="2", MediaUrl0="http://127.0.0.1:9/x"))
    kept.release()
    (raw,) = raw_messages(kept.parts, "sms")
    assert (raw.attachments, raw.unfetched) == ((), 2)


def test_each_act_stands_in_the_log(kept: Held) -> None:
    """A release, a drop and a look, each by the id of what was held, before the bus hears of it."""
    one, two = kept.hold(form(MessageSid="SM1")), kept.hold(form(MessageSid="SM2"), "unsigned")
    kept.release(QuarantineFilter(reason="unsigned"))
    kept.drop()
    kept.quarantine.reveal(kept.quarantine.find(str(one.id)), "petugas-3", "tiket 17", LATER)
    with pytest.raises(Retry):
        Breaking(kept.parts, kept.producer).broken({1}).reveal(
            kept.quarantine.find(str(one.id)), "petugas-3", "tiket 18", LATER
        )
    with kept.parts.audit_log.rows() as rows:
        assert [(row.act.action, row.act.subject, row.act.actor, row.act.why) for row in rows] == [
            ("quarantine.release", str(two.id), "petugas-1", "token lama"),
            ("quarantine.drop", str(one.id), "petugas-2", "palsu"),
            ("quarantine.reveal", str(one.id), "petugas-3", "tiket 17"),
            ("quarantine.reveal", str(one.id), "petugas-3", "tiket 18"),
        ]


def test_without_a_log_nothing_is_done(kept: Held) -> None:
    """What can't be kept is not done: nothing is let out, dropped or shown."""
    raw = kept.hold(form())
    with kept.parts.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit_log")
    acts: list[Callable[[], object]] = [
        kept.release,
        kept.drop,
        lambda: kept.quarantine.reveal(kept.quarantine.find(str(raw.id)), "petugas-3", "x", LATER),
    ]
    for act in acts:
        with pytest.raises(DatabaseUnavailable):
            act()
    assert (kept.told(), raw_messages(kept.parts, "sms")) == ([], [])


def test_another_secret_key_lets_nothing_out(kept: Held) -> None:
    """It is named, and nothing is decided."""
    kept.hold(form())
    other = Quarantine(kept.parts.bus, kept.parts.wrapper, Sealer([b"o" * 64]), kept.parts.audit_log)
    with pytest.raises(Stop, match="SATUPINTU_SECRET_KEY"):
        list(other.release(QuarantineFilter(), "petugas-1", "x", LATER))
    assert kept.told() == []


def test_what_can_not_be_read_stands_in_nobodys_way(kept: Held) -> None:
    """A record of another shape is passed over."""
    kept.producer.publish([Outgoing("quarantine", b"", b"garbage"), Outgoing(OVERSIGHT, b"", b"garbage")])
    raw = kept.hold(form())
    assert kept.waiting() == [str(raw.id)]


Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cli(settings: Settings, tmp_path: Path) -> Cli:
    """Runs `satupintu quarantine` on this test's data folder."""
    mine = {"SATUPINTU_HOME": str(settings.home), "SATUPINTU_SECRET_KEY": settings.secret_key.get_secret_value()}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SATUPINTU_")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return program.run(("quarantine", *arguments), {**clean, **mine, "COLUMNS": "200"}, tmp_path)

    return run


def test_the_commands(kept: Held, cli: Cli) -> None:
    """What an operator types: list, show, release by filter, drop; and what each says."""
    one, two = kept.hold(form()), kept.hold(form(MessageSid="SM2"), "unsigned")
    listed = cli("list")
    assert {str(one.id), str(two.id)} <= set(listed.stdout.split())
    described = cli("show", str(one.id)[:13])
    assert json.loads(described.stdout)["reason"] == "bad_signature"
    assert not any(word in listed.stdout + described.stdout for word in (*TEXT.split(), PHONE, SID))

    revealed = cli("show", str(one.id), "--reveal", "--actor", "petugas-3", "--why", "tiket 17")
    assert revealed.stdout == form().decode() + "\n"

    let_out = cli("release", "--reason", "bad_signature", "--since", "9999d", "--actor", "petugas-1", "--why", "token")
    assert let_out.stdout.split() == [str(one.id), raw_messages(kept.parts, "sms")[0].tracking]
    dropped = cli("drop", "--id", str(two.id), "--actor", "petugas-2", "--why", "palsu")
    assert (dropped.returncode, dropped.stdout.split()) == (0, [str(two.id)])
    assert json.loads(cli("list", "--json").stdout) == []
    assert [(event.event, event.actor) for event in kept.told()] == [
        ("revealed", "petugas-3"),
        ("released", "petugas-1"),
        ("dropped", "petugas-2"),
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
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
def test_what_is_not_said_is_not_done(kept: Held, arguments: tuple[str, ...], says: str) -> None:
    """Without who, why and which, nothing is decided; what is lacking is named."""
    kept.hold(form())
    found = CliRunner().invoke(app, ["quarantine", *arguments])
    assert found.exit_code == 2
    assert says in found.output
    assert kept.told() == []
