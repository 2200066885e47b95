"""Device tokens: issued for a device's id, valid for a limited time, and revocable."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import requests
from sqlalchemy import Engine

from app.assembly.parts import Parts
from ingest.mobile.devices import TOKEN_LIFETIME, Devices
from ingest.mobile.tokens import Claim, NotAuthenticated, Tokens
from messages.sealing import Sealer
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.mobile.phones import Phone, item
from tests.ingest.people import DEVICE, TEXT

_KEY = b"k" * 32
_SEALED_WITH = b"s" * 64


@pytest.fixture
def devices(engine: Engine, parts: Parts) -> Devices:
    """Devices on each kind of database."""
    return Devices(engine, parts.wrapper, Sealer([_SEALED_WITH]), Tokens(_KEY))


def bearer(token: str) -> dict[str, str]:
    """Return the header with a token, as the door reads it."""
    return {"authorization": f"Bearer {token}"}


def failure_reason(devices: Devices, headers: dict[str, str]) -> str:
    """Return the reason why no device is authenticated."""
    with pytest.raises(NotAuthenticated) as caught:
        devices.authenticate(headers, NOW)
    return caught.value.reason


def test_token_authenticates_its_device(devices: Devices) -> None:
    """A request with a device's id gets a token, which authenticates that device and carries its push token."""
    device = uuid4()
    token, expires = devices.register(device, "push-1", NOW)

    device_of_token = devices.authenticate(bearer(token), expires - timedelta(seconds=1))
    assert (device_of_token.id, device_of_token.push_token) == (device, "push-1")
    assert expires == NOW.replace(microsecond=0) + TOKEN_LIFETIME


def test_token_ends(devices: Devices) -> None:
    """A token is valid until the second of its end."""
    token, expires = devices.register(uuid4(), None, NOW - TOKEN_LIFETIME)
    assert expires <= NOW

    assert failure_reason(devices, bearer(token)) == "token_expired"


def test_revoked_tokens_are_dead(devices: Devices) -> None:
    """All earlier tokens end at once, and the push token is deleted. The device may register again."""
    device = uuid4()
    dead = [devices.register(device, "push-1", NOW)[0] for _ in range(2)]
    devices.revoke(device)

    assert [failure_reason(devices, bearer(token)) for token in dead] == ["token_revoked", "token_revoked"]
    fresh, _ = devices.register(device, None, NOW)
    assert devices.authenticate(bearer(fresh), NOW).push_token == ""


def test_revoking_leaves_other_devices(devices: Devices) -> None:
    """The token of another device stays valid."""
    revoked_device, other_device = uuid4(), uuid4()
    devices.register(revoked_device, None, NOW)
    token, _ = devices.register(other_device, None, NOW)
    devices.revoke(revoked_device)

    assert devices.authenticate(bearer(token), NOW).id == other_device


def test_push_token_may_change(devices: Devices) -> None:
    """A new push token replaces the old one. Registering without one keeps it; an empty one deletes it."""
    device = uuid4()
    push_tokens = []
    for push in ("push-1", "push-2", None, ""):
        token, _ = devices.register(device, push, NOW)
        push_tokens.append(devices.authenticate(bearer(token), NOW).push_token)

    assert push_tokens == ["push-1", "push-2", "push-2", ""]


def test_push_token_of_a_lost_key(engine: Engine, parts: Parts, devices: Devices) -> None:
    """A push token sealed with a lost key is left out, and the device is still authenticated."""
    token, _ = devices.register(uuid4(), "push-1", NOW)
    later = Devices(engine, parts.wrapper, Sealer([b"t" * 64]), Tokens(_KEY))

    assert later.authenticate(bearer(token), NOW).push_token == ""


def test_changed_token_is_invalid() -> None:
    """A token with any one character changed, removed or added is invalid. So is one signed with another key."""
    tokens = Tokens(_KEY)
    token = tokens.issue(Claim(uuid4(), 3), NOW + TOKEN_LIFETIME)
    swapped = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    foreign = Tokens(b"o" * 32).issue(Claim(uuid4(), 3), NOW + TOKEN_LIFETIME)

    for wrong in [*swapped, token[:-1], token + "A", token + "=", "", "é", foreign]:
        with pytest.raises(NotAuthenticated) as caught:
            tokens.read(wrong, NOW)
        assert caught.value.reason == "token_invalid"


def test_device_id_is_stored_hashed(devices: Devices, engine: Engine) -> None:
    """The table contains a keyed hash, with which nobody can register."""
    device = uuid4()
    devices.register(device, "push-1", NOW)

    with engine.connect() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM ingest_device").all())
    assert [private for private in (str(device), device.hex, "push-1") if private in rows] == []


def test_registration_over_http(served: DoorClient) -> None:
    """Each registration returns a token that no cache may store."""
    answers = [Phone(served, UUID(DEVICE)).register() for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["Cache-Control"] == "no-store"
    assert set(answers[0].json()) == {"token", "token_type", "expires_at"}


def test_registration_names_invalid_fields(served: DoorClient) -> None:
    """An invalid device id and a misspelt field are named."""
    answer = served.post("/mobile/v1/devices", json={"device_id": "satu", "push": ""})

    assert set(assert_refused(answer, 400, "invalid_submission")) == {"device_id", "push"}


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "token_missing"),
        ("Basic abc", "token_missing"),
        ("Bearer", "token_missing"),
        ("Bearer abc", "token_invalid"),
        ("bearer \xff", "token_invalid"),
    ],
)
def test_challenge(served: DoorClient, header: str | None, reason: str) -> None:
    """Without a valid token the door answers 401 with the reason and the header WWW-Authenticate."""
    headers = {"Authorization": header.encode("latin-1")} if header else {}
    answer = requests.get(f"{served.address}/mobile/v1/feed", headers=headers, timeout=60)

    assert_refused(answer, 401, reason)
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="mobile"')
    assert (reason in challenge) == (reason != "token_missing")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/devices/self"),
        ("POST", "/outbox"),
        ("GET", "/outbox"),
        ("GET", "/feed"),
        ("POST", "/uploads"),
        ("PATCH", f"/uploads/{DEVICE}"),
        ("POST", "/reports"),
    ],
)
def test_ended_tokens_are_refused_everywhere(served: DoorClient, method: str, path: str) -> None:
    """Expired and revoked tokens have different reasons at every address, and nothing is published."""
    phone = Phone(served)
    phone.register()
    assert phone.call("DELETE", "/devices/self").status_code == 204

    assert_refused(phone.call(method, path, json={}), 401, "token_revoked")
    phone.token = Tokens(served.parts.secrets.device_key).issue(Claim(phone.device_id, 0), NOW - timedelta(days=999))
    assert_refused(phone.call(method, path, json={}), 401, "token_expired")
    assert served.published_count() == 0


def test_report_with_a_token(served: DoorClient) -> None:
    """A report with a token is verified by it, contains the sealed push token, and keeps the app's own values."""
    phone = Phone(served)
    phone.register(push_token="push-1")
    report_fields = {"device_id": str(phone.device_id), "client_id": str(uuid4()), "text": TEXT}

    assert phone.call("POST", "/reports", json=report_fields).status_code == 202
    (raw,) = served.raw_messages("mobile")
    assert raw.verified_by == "device-token"
    assert b'"push_token": "push-1"' in served.open_body(raw)
    assert TEXT.encode() in served.open_body(raw)
    assert "push-1" not in raw.model_dump_json()


def test_reports_with_and_without_token_have_one_sender(served: DoorClient) -> None:
    """A device without its token is the same sender, because its id is secret.

    The record says that no token was used.
    """
    phone = Phone(served)
    phone.register()
    for send in (phone.call, lambda _, path, json: served.post(f"/mobile/v1{path}", json=json)):
        send("POST", "/reports", json={"device_id": str(phone.device_id), "client_id": str(uuid4()), "text": TEXT})

    raw_messages = served.raw_messages("mobile")
    assert len({raw.sender for raw in raw_messages}) == 1
    assert [raw.verified_by for raw in raw_messages] == ["device-token", "none"]


def test_token_of_another_device(served: DoorClient) -> None:
    """A device cannot report as another device."""
    phone = Phone(served)
    phone.register()
    report_fields = {"device_id": DEVICE, "client_id": str(uuid4()), "text": TEXT}

    assert "device_id" in assert_refused(phone.call("POST", "/reports", json=report_fields), 403, "other_device")
    assert served.published_count() == 0


def test_device_id_is_in_no_record(served: DoorClient) -> None:
    """A reader of the topic learns no device id. With an id anybody could get a token and read the feed."""
    phone = Phone(served)
    phone.register()
    phone.results(item(1))

    (raw,) = served.raw_messages("mobile")
    assert str(phone.device_id) not in raw.model_dump_json()
    assert phone.device_id.hex not in raw.model_dump_json()


def test_devices_are_limited_one_by_one(serve: Serve) -> None:
    """A device above its rate is told to wait. Another device is not affected."""
    served = serve(rates={"mobile": "2/hour"})
    busy, calm = Phone(served), Phone(served)
    busy.register()
    calm.register()
    answers = [busy.call("GET", "/outbox") for _ in range(3)]

    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert_refused(answers[2], 429, "too_many_requests")
    assert int(answers[2].headers["Retry-After"]) > 0
    assert calm.call("GET", "/outbox").status_code == 200
