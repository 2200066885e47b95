"""Operations staff see a device without its id, and revoke its tokens with a recorded reason."""

import json
import subprocess
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from app.assembly.parts import Parts
from app.cli import app
from app.operations.audit.log import AuditLog
from app.operations.devices import DeviceDesk
from bus.errors import Retry
from ingest.mobile.devices import Devices, device_hash
from ingest.mobile.sequences import Sequences
from ingest.mobile.tokens import Tokens
from messages import codec
from messages.shapes import OversightEvent
from messages.topics import OVERSIGHT
from tests.conftest import NOW
from tests.ingest.door_client import DoorClient, FlakyProducer, assert_refused
from tests.ingest.mobile.phones import Phone, item
from tests.ingest.people import DEVICE
from tests.support import program

_ID = UUID(DEVICE)


@pytest.fixture
def desk(engine: Engine, parts: Parts) -> DeviceDesk:
    """Device desk on each kind of database."""
    devices = Devices(engine, parts.wrapper, parts.sealer, Tokens(b"k" * 32))
    return DeviceDesk(parts.bus, devices, Sequences(engine), AuditLog(engine))


@pytest.fixture
def devices(engine: Engine, parts: Parts) -> Devices:
    """Devices on the same database."""
    return Devices(engine, parts.wrapper, parts.sealer, Tokens(b"k" * 32))


def oversight_events(parts: Parts) -> list[OversightEvent]:
    """Return the events that oversight received, each once."""
    reader = parts.bus.reader()
    try:
        events = [codec.decode(OversightEvent, record.value, record.headers) for record in reader.read([OVERSIGHT])]
    finally:
        reader.close()
    return list({event.id: event for event in events}.values())


def audited_actions(engine: Engine) -> list[tuple[str, str, str]]:
    """Return action, subject and actor of each row of the audit log."""
    with AuditLog(engine).rows() as rows:
        return [(row.act.action, row.act.subject, row.act.actor) for row in rows]


def test_revoked_by_a_person(desk: DeviceDesk, devices: Devices, parts: Parts, engine: Engine) -> None:
    """All tokens end and the push token is deleted. Oversight gets the actor and the reason, not the device's id."""
    devices.register(_ID, "push-1", NOW)
    other_device = uuid4()
    devices.register(other_device, "push-2", NOW)

    revoked = desk.revoke(_ID, "petugas-1", "ponsel hilang", NOW)

    (event,) = oversight_events(parts)
    assert (event.event, event.actor, event.reason) == ("device-revoked", "petugas-1", "ponsel hilang")
    assert event.subject == UUID(device_hash(_ID, parts.wrapper))
    assert revoked
    assert DEVICE not in event.model_dump_json() + str(revoked)
    revoked_device, untouched_device = devices.find_registered(_ID), devices.find_registered(other_device)
    assert revoked_device
    assert untouched_device
    assert [(device.epoch, device.push) for device in (revoked_device, untouched_device)] == [(1, False), (0, True)]
    assert audited_actions(engine) == [("devices.revoke", str(event.subject), "petugas-1")]


def test_each_revocation_is_one_event(desk: DeviceDesk, devices: Devices, parts: Parts) -> None:
    """A device that registered again may be revoked again, which is another event."""
    for epoch in range(2):
        devices.register(_ID, None, NOW)
        revoked = desk.revoke(_ID, "petugas-1", "x", NOW)
        assert revoked
        assert revoked.epoch == epoch
    assert len(oversight_events(parts)) == 2


def test_an_interrupted_revocation_can_be_repeated(engine: Engine, devices: Devices, parts: Parts) -> None:
    """Without a bus nothing is revoked. A repeated revocation after an interruption is the same event."""
    devices.register(_ID, None, NOW)

    class _Away:
        producer = staticmethod(lambda: FlakyProducer(parts.bus.producer(), {1}))

    with pytest.raises(Retry):
        DeviceDesk(_Away(), devices, Sequences(engine), AuditLog(engine)).revoke(_ID, "p", "x", NOW)  # type: ignore[arg-type]
    assert (oversight_events(parts), devices.find_registered(_ID).epoch) == ([], 0)  # type: ignore[union-attr]

    class _Dying(Devices):
        def revoke(self, device: UUID, epoch: int | None = None) -> None:
            """Fail as a process that ends before the revocation."""

    dying = _Dying(engine, parts.wrapper, parts.sealer, Tokens(b"k" * 32))
    for devices_of_attempt in (dying, devices):
        DeviceDesk(parts.bus, devices_of_attempt, Sequences(engine), AuditLog(engine)).revoke(_ID, "p", "x", NOW)
    assert (len(oversight_events(parts)), devices.find_registered(_ID).epoch) == (1, 1)  # type: ignore[union-attr]


def test_only_tokens_of_the_epoch_are_revoked(devices: Devices) -> None:
    """Two concurrent revocations end the same tokens once. A token issued in between stays valid."""
    devices.register(_ID, None, NOW)
    devices.revoke(_ID, 0)
    token, _ = devices.register(_ID, None, NOW)
    devices.revoke(_ID, 0)
    assert devices.authenticate({"authorization": f"Bearer {token}"}, NOW).id == _ID


def test_unknown_device(desk: DeviceDesk, parts: Parts) -> None:
    """Nothing is revoked, published or shown for a device that never registered."""
    assert (desk.describe(uuid4()), desk.revoke(uuid4(), "p", "x", NOW), oversight_events(parts)) == (None, None, [])


# What an operator types.


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(served: DoorClient) -> Run:
    """Run `satupintu devices` beside the service of this test."""
    settings = served.parts.settings
    tables = {"SATUPINTU_REFERENCE_FOLDER": str(settings.reference_folder), "COLUMNS": "200"}
    environment = {**program.environment_of(settings), **tables}

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return program.run(("devices", *arguments), environment, settings.home)

    return command


def test_show(served: DoorClient, run: Run) -> None:
    """`show` prints the state of a device without its id."""
    phone = Phone(served)
    phone.register(push_token="push-1")
    phone.results(item(1), item(3))

    printed = run("show", str(phone.device_id)).stdout
    shown = json.loads(printed)

    assert {name: shown[name] for name in ("revoked", "push", "highest", "missing")} == {
        "revoked": 0,
        "push": True,
        "highest": 3,
        "missing": [[2, 2]],
    }
    assert (shown["registered_at"][-1], shown["latest_report_at"][-1]) == ("Z", "Z")
    assert shown["device"] == device_hash(phone.device_id, served.parts.wrapper)
    assert str(phone.device_id) not in printed


def test_revoke(served: DoorClient, run: Run) -> None:
    """`revoke` ends the token of the app without printing the id, and the app may register again."""
    phone = Phone(served)
    phone.register(push_token="push-1")
    device = str(phone.device_id)

    done = run("revoke", device, "--actor", "petugas-1", "--why", "ponsel hilang")

    revoked_hash = device_hash(phone.device_id, served.parts.wrapper)
    assert (done.returncode, done.stdout) == (0, f"{revoked_hash}: every token revoked\n")
    assert_refused(phone.call("GET", "/feed"), 401, "token_revoked")
    revoked = served.parts.doors.devices.find_registered(phone.device_id)
    assert revoked
    assert revoked.epoch == 1
    assert [event.actor for event in oversight_events(served.parts)] == ["petugas-1"]
    stranger = run("revoke", str(uuid4()), "--actor", "petugas-1", "--why", "x")
    assert (stranger.returncode, stranger.stderr) == (1, "No device with this id has registered.\n")
    assert device not in done.stdout + done.stderr
    assert phone.register().ok
    assert phone.call("GET", "/feed").ok


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "bukan-uuid"), "UUID"),
        (("revoke", "bukan-uuid", "--actor", "p", "--why", "x"), "UUID"),
        (("revoke", DEVICE, "--actor", " ", "--why", "x"), "--actor is missing"),
        (("revoke", DEVICE, "--actor", "p", "--why", ""), "--why is missing"),
        (("revoke", DEVICE, "--why", "x"), "--actor"),
        (("revoke", DEVICE, "--actor", "p"), "--why"),
    ],
)
def test_missing_arguments_are_named(arguments: tuple[str, ...], message: str) -> None:
    """Without actor, reason and device nothing is read. The missing argument is named, and the id is not printed."""
    outcome = CliRunner().invoke(app, ["devices", *arguments])
    assert outcome.exit_code == 2
    assert message in outcome.output
    assert DEVICE not in outcome.output
