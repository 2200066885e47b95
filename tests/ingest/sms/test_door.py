"""The SMS door: Twilio's webhook, believed only where it is signed; what is not believed is kept aside."""

import hashlib
import json
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
import requests
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator

from bus.port import Producer
from ingest.arrival import Arrival
from ingest.sms.adapter import QuarantinedSms, SmsAdapter
from messages import ids
from messages.gsm_alphabet import fits_one_sms
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, FlakyProducer, assert_refused
from tests.ingest.people import PHONE, TEXT
from tests.support.paths import SHARED

_TOKEN = "twilio-test"
_SID = "SM0123456789abcdef0123456789abcdef"


def sms(body: str = f"LAPOR {TEXT}", sid: str = _SID, sender: str = PHONE) -> dict[str, str]:
    """What Twilio sends, the blank fields among it."""
    return {
        "MessageSid": sid, "SmsSid": sid, "From": sender, "To": "1708", "Body": body, "NumMedia": "0",
        "FromCity": "", "FromCountry": "ID", "OptOutType": "",
    }  # fmt: skip


def sign(url: str, fields: dict[str, str], token: str = _TOKEN) -> dict[str, str]:
    """The header that Twilio's own library computes."""
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, fields)}


def send(served: DoorClient, fields: dict[str, str], token: str = _TOKEN) -> requests.Response:
    """Send as Twilio does."""
    url = f"{served.parts.settings.reached_at}/sms/twilio"
    return served.post("/sms/twilio", data=fields, headers=sign(url, fields, token))


def forge(served: DoorClient, fields: dict[str, str], signature: str | None = None) -> requests.Response:
    """Send without Twilio's token."""
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    return served.post("/sms/twilio", data=fields, headers=headers)


def test_signed_message_becomes_one_record(served: DoorClient) -> None:
    """A signed SMS is one record of the bytes sent, under the id that its MessageSid gives it."""
    answer = send(served, sms())

    (raw,) = served.raw_messages("sms")
    assert answer.status_code == 200
    assert served.open_body(raw) == urlencode(sms()).encode()
    assert (raw.id, raw.verified_by) == (ids.message_id("sms", _SID), "twilio-signature")
    assert served.published_count() == 1
    assert PHONE not in raw.model_dump_json()


def test_receipt_is_one_short_sms(served: DoorClient) -> None:
    """The answer is TwiML with one message that carries the number, in 160 characters that GSM-7 has."""
    answer = send(served, sms())

    (raw,) = served.raw_messages("sms")
    response = ET.fromstring(answer.content)  # noqa: S314 - our own door's answer
    says = response.findtext("Message") or ""
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert [part.tag for part in response] == ["Message"]
    assert raw.tracking in says
    assert fits_one_sms(says)


def test_published_vector_verifies(served: DoorClient) -> None:
    """The signature that Twilio published for its example is true; one changed field makes it false."""
    file = SHARED / "channels" / "twilio_signature_vectors.json"
    if not file.exists():
        pytest.skip(f"Twilio's published signature vectors are not at {file}")
    for vector in json.loads(file.read_text()):
        # A phone call's webhook, and no SMS: but its signature is not what it is held for.
        assert held_because(served, vector, vector["params"]) == "malformed"
        assert held_because(served, vector, vector["params"] | {"Digits": "4321"}) == "bad_signature"


def held_because(served: DoorClient, vector: dict[str, str], params: dict[str, str]) -> str:
    """Why a webhook with this vector's signature is held at its address."""
    host, _, target = vector["url"].removeprefix("https://").partition("/")
    adapter = SmsAdapter(served.parts.wrapper, f"https://{host}", [vector["auth_token"]])
    signed = {"x-twilio-signature": vector["signature"]}
    found = adapter.accept(Arrival(f"/{target}", signed, urlencode(params).encode(), NOW))
    assert isinstance(found, QuarantinedSms)
    return found.reason


def test_second_token_is_accepted(serve: Serve) -> None:
    """While tokens are changed, what either has signed is taken; a third token's is not."""
    served = serve(twilio_auth_tokens="new-token,old-token")

    answers = [send(served, sms(sid=f"SM{token}"), token).status_code for token in ("new-token", "old-token", "other")]

    assert answers == [200, 200, 403]


@pytest.mark.parametrize(
    ("signature", "reason"),
    [(None, "unsigned"), ("", "bad_signature"), ("RSOYDt4T1cUTdK1PDd93/VVr8B8=", "bad_signature")],
)
def test_unproven_message_is_kept_aside(served: DoorClient, signature: str | None, reason: str) -> None:
    """What Twilio did not sign is refused and kept whole in quarantine, with the reason, and is no arrival."""
    assert_refused(forge(served, sms(), signature), 403, reason)

    (kept,) = served.quarantined()
    assert (kept.reason, kept.raw.verified_by) == (reason, "none")
    assert served.open_body(kept.raw) == urlencode(sms()).encode()
    assert served.raw_messages("sms") == []


def test_signature_of_another_message(served: DoorClient) -> None:
    """A true signature proves only the fields that it was made for, blank ones and further ones too."""
    headers = sign(f"{served.address}/sms/twilio", sms())
    changed: list[dict[str, str]] = [sms(body="LAPOR lain"), sms() | {"FromCity": "Tegal"}, sms() | {"Extra": "1"}]

    answers = [served.post("/sms/twilio", data=fields, headers=headers).status_code for fields in changed]

    assert answers == [403, 403, 403]
    assert served.raw_messages("sms") == []


def test_forger_takes_no_place(served: DoorClient) -> None:
    """A forged MessageSid does not get the true message's id: the true one is still taken, as itself."""
    forge(served, sms(body="LAPOR palsu"), "x")
    send(served, sms())

    (kept,), (raw,) = served.quarantined(), served.raw_messages("sms")
    assert raw.id == ids.message_id("sms", _SID)
    assert kept.message_id != raw.id


def test_forgery_sent_twice_is_one(served: DoorClient) -> None:
    """The same forgery again has the same id, so that a reader counts it once."""
    for _ in range(2):
        forge(served, sms())

    assert len({kept.id for kept in served.quarantined()}) == 1


@pytest.mark.parametrize("body", ["", "LAPOR 🚧 jalan\nrusak +&=%", "ꦭꦩ꧀ꦥꦸ", "\u202eبر", "e\u0301" * 300])
def test_any_text_verifies(served: DoorClient, body: str) -> None:
    """Blank fields and any text that a telephone can write are signed as Twilio signs them, and are taken."""
    assert send(served, sms(body)).status_code == 200
    assert [served.open_body(raw) for raw in served.raw_messages("sms")] == [urlencode(sms(body)).encode()]


def test_webhook_sent_again_is_the_same(served: DoorClient) -> None:
    """Twilio sends again when it is not sure: the same MessageSid is the same number and the same message."""
    answers = {send(served, sms()).text for _ in range(2)}

    assert len(answers) == 1
    assert len({raw.id for raw in served.raw_messages("sms")}) == 1


def test_one_person_is_one_sender(served: DoorClient) -> None:
    """Two messages from one number have one sender key; another number has another."""
    for sid, sender in (("SM1", PHONE), ("SM2", PHONE), ("SM3", "+6281200001709")):
        send(served, sms(sid=sid, sender=sender))

    assert len({raw.sender for raw in served.raw_messages("sms")}) == 2


def test_signature_covers_the_public_address(serve: Serve) -> None:
    """Behind a proxy Twilio signs the https address with its path, whatever this server is itself reached at."""
    served = serve(public_url="https://lapor.contoh.id/pintu/")
    public = "https://lapor.contoh.id/pintu/sms/twilio"

    def answer(url: str, path: str = "/sms/twilio") -> int:
        return served.post(path, data=sms(), headers=sign(url, sms())).status_code

    assert answer(public) == 200
    assert answer(f"{public}?kanal=1&x=%20", "/sms/twilio?kanal=1&x=%20") == 200
    assert answer(f"{served.address}/sms/twilio") == 403
    assert answer(public, "/sms/twilio?kanal=1") == 403


@pytest.mark.parametrize("without", ["MessageSid", "From"])
def test_signed_but_not_an_sms(served: DoorClient, without: str) -> None:
    """What is signed but lacks its id or its sender, or has them blank, is 400 and kept in quarantine."""
    absent = {name: value for name, value in sms().items() if name != without}

    for fields in (absent, sms() | {without: ""}):
        assert_refused(send(served, fields), 400, "malformed")

    assert [kept.reason for kept in served.quarantined()] == ["malformed", "malformed"]
    assert served.raw_messages("sms") == []


def sign_json(url: str, body: str, token: str = _TOKEN) -> tuple[str, dict[str, str]]:
    """A JSON webhook as Twilio signs it: the body's hash is in the address, and the address is signed."""
    signed = f"{url}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    headers = {"X-Twilio-Signature": RequestValidator(token).compute_signature(signed, {})}
    return signed, headers | {"Content-Type": "application/json"}


def send_json(served: DoorClient, body: str, sent: str | None = None) -> requests.Response:
    """Send a signed JSON body, or another one under its signature."""
    url, headers = sign_json(f"{served.address}/sms/twilio", body)
    content = (body if sent is None else sent).encode()
    return served.post(url.removeprefix(served.address), data=content, headers=headers)


def test_json_body_is_taken(served: DoorClient) -> None:
    """A JSON webhook is as good as a form: same id, same sender, and its bytes are kept as what they are."""
    body = json.dumps(sms())

    assert send_json(served, body).status_code == 200
    send(served, sms(sid="SM2"))

    from_json, from_form = sorted(served.raw_messages("sms"), key=lambda raw: raw.content_type)
    assert (from_json.id, from_json.content_type) == (ids.message_id("sms", _SID), "application/json")
    assert from_json.sender == from_form.sender
    assert served.open_body(from_json) == body.encode()


def test_json_signature_covers_the_body(served: DoorClient) -> None:
    """Another body under a true signature, or a signature that says nothing of the body, is held."""
    body, other = json.dumps(sms()), json.dumps(sms(body="LAPOR palsu"))
    url = f"{served.address}/sms/twilio"
    bare = {
        "X-Twilio-Signature": RequestValidator(_TOKEN).compute_signature(url, {}),
        "Content-Type": "application/json",
    }

    assert_refused(send_json(served, body, other), 403, "bad_signature")
    assert_refused(served.post("/sms/twilio", data=body, headers=bare), 403, "bad_signature")
    assert_refused(served.post("/sms/twilio", data=b"\xff", headers=bare), 403, "bad_signature")
    assert_refused(served.post("/sms/twilio", data=b"", headers=bare), 403, "bad_signature")
    assert served.raw_messages("sms") == []


@pytest.mark.parametrize("body", ["[]", "null", "{", '"x"', "[" * 100_000, '{"MessageSid": "SM1"}', "9" * 5000])
def test_signed_json_that_is_no_sms(served: DoorClient, body: str) -> None:
    """Signed, but not an object with an id and a sender: 400, and kept."""
    assert_refused(send_json(served, body), 400, "malformed")
    (kept,) = served.quarantined()
    assert served.open_body(kept.raw) == body.encode()


def test_a_true_form_signature_does_not_open_json(served: DoorClient) -> None:
    """The content type is not signed: a form's bytes sent as JSON are not taken for it."""
    headers = sign(f"{served.address}/sms/twilio", sms()) | {"Content-Type": "application/json"}

    assert_refused(served.post("/sms/twilio", data=urlencode(sms()), headers=headers), 403, "bad_signature")


@pytest.mark.parametrize(
    ("public_url", "signed"),
    [
        ("https://lapor.contoh.id:8443/pintu", "https://lapor.contoh.id:8443/pintu"),
        ("https://lapor.contoh.id:8443/pintu", "https://lapor.contoh.id/pintu"),
        ("https://lapor.contoh.id", "https://lapor.contoh.id:443"),
        ("https://[2001:db8::1708]:8443", "https://[2001:db8::1708]:8443"),
        ("https://[2001:db8::1708]:8443", "https://[2001:db8::1708]"),
        ("https://[2001:db8::1708]", "https://[2001:db8::1708]"),
    ],
)
def test_signed_with_or_without_the_port(serve: Serve, public_url: str, signed: str) -> None:
    """Twilio signs the address with its port or without; names and literal addresses alike."""
    served = serve(public_url=public_url)

    assert served.post("/sms/twilio", data=sms(), headers=sign(f"{signed}/sms/twilio", sms())).status_code == 200
    assert served.post("/sms/twilio", data=sms(), headers=sign(f"http{signed[5:]}/x", sms())).status_code == 403


def test_headers_of_a_proxy_do_not_move_the_address(serve: Serve) -> None:
    """What Host and X-Forwarded-* say is not what Twilio signed."""
    served = serve(public_url="https://lapor.contoh.id")
    told = {"Host": "palsu.contoh.id", "X-Forwarded-Host": "palsu.contoh.id", "X-Forwarded-Proto": "https"}

    true = sign("https://lapor.contoh.id/sms/twilio", sms())
    false = sign("https://palsu.contoh.id/sms/twilio", sms())
    assert served.post("/sms/twilio", data=sms(), headers=true | told).status_code == 200
    assert served.post("/sms/twilio", data=sms(), headers=false | told).status_code == 403


def test_fallback_is_the_same_message(served: DoorClient) -> None:
    """Sent to the fallback address with the error, under another idempotency token: one message, one number."""
    url = f"{served.address}/sms/twilio"
    tokens = ({"I-Twilio-Idempotency-Token": "a"}, {"I-Twilio-Idempotency-Token": "b"})
    again = sms() | {"ErrorCode": "11200", "ErrorUrl": url}

    answers = {
        served.post("/sms/twilio", data=fields, headers=sign(url, fields) | token).text
        for fields, token in zip((sms(), again), tokens, strict=True)
    }

    assert len(answers) == 1
    assert {raw.id for raw in served.raw_messages("sms")} == {ids.message_id("sms", _SID)}


def test_one_token_does_not_make_two_messages_one(served: DoorClient) -> None:
    """Two messages are two, whatever token their deliveries carry: none is lost."""
    url = f"{served.address}/sms/twilio"
    for sid in ("SM1", "SM2"):
        headers = sign(url, sms(sid=sid)) | {"I-Twilio-Idempotency-Token": "a"}
        served.post("/sms/twilio", data=sms(sid=sid), headers=headers)

    assert len({raw.id for raw in served.raw_messages("sms")}) == 2


def test_numbers_of_a_messaging_service(served: DoorClient) -> None:
    """Whichever of a service's numbers was written to, the message is taken, and its sender is one person."""
    for number, to in enumerate(("1708", "+62800000001708", "+12025550108")):
        fields = sms(sid=f"SM{number}") | {"To": to, "MessagingServiceSid": "MG" + "0" * 32}
        assert send(served, fields).status_code == 200

    assert len({raw.sender for raw in served.raw_messages("sms")}) == 1


def test_quarantine_is_not_filled_by_one_address(serve: Serve) -> None:
    """Past the bound one address gets 429 and nothing of it is kept; others, and what Twilio signs, still come in."""
    served = serve(rates="sms-unsigned=2/minute")
    forger, other = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "203.0.113.10"}

    def knock(number: int, headers: dict[str, str]) -> int:
        return served.post("/sms/twilio", data=sms(sid=f"SM{number}"), headers=headers).status_code

    assert [knock(number, forger) for number in range(4)] == [403, 403, 429, 429]
    assert knock(5, other) == 403
    signed = sms(sid="SM6")
    url = f"{served.address}/sms/twilio"
    assert served.post("/sms/twilio", data=signed, headers=sign(url, signed) | forger).status_code == 200
    assert len(served.quarantined()) == 3


def test_held_while_the_bus_is_away(serve: Serve, producer: Producer) -> None:
    """What can't even be held is not promised: 503, so that Twilio goes to the fallback."""
    served = serve(FlakyProducer(producer, {1}))

    assert_refused(forge(served, sms()), 503, "away")
    assert_refused(forge(served, sms()), 403, "unsigned")


def signed_with_shared_key(
    url: str, fields: dict[str, str], secret: str, algorithm: str = HMAC_SHA256
) -> dict[str, str]:
    """The headers of a webhook that a Setting of Twilio's has signed with a SharedKey."""
    return {
        "X-Twilio-Signature": RequestValidator(secret).compute_signature(url, fields, algorithm),
        "X-Twilio-Webhooks-Signature-Settings": f"key=webhooks_sharedkey_1,algorithm={algorithm}",
    }


def test_a_shared_key_signs(serve: Serve) -> None:
    """Either of two SharedKeys, by SHA-256, beside the account's token, which signs what no rule at Twilio matches."""
    served = serve(twilio_shared_keys="new-key,old-key")
    url = f"{served.address}/sms/twilio"

    def answer(secret: str, algorithm: str = HMAC_SHA256) -> int:
        fields = sms(sid=f"SM{secret}{algorithm}")
        headers = signed_with_shared_key(url, fields, secret, algorithm)
        return served.post("/sms/twilio", data=fields, headers=headers).status_code

    assert [answer(secret) for secret in ("new-key", "old-key", "other")] == [200, 200, 403]
    assert send(served, sms()).status_code == 200
    assert len(served.raw_messages("sms")) == 3


@pytest.mark.parametrize(("secret", "algorithm"), [("a-key", HMAC_SHA1), (_TOKEN, HMAC_SHA256)])
def test_each_secret_has_its_algorithm(serve: Serve, secret: str, algorithm: str) -> None:
    """A webhook does not choose how it is looked at: the header may say what it likes."""
    served = serve(twilio_shared_keys="a-key")
    headers = signed_with_shared_key(f"{served.address}/sms/twilio", sms(), secret, algorithm)

    assert_refused(served.post("/sms/twilio", data=sms(), headers=headers), 403, "bad_signature")


def test_a_shared_key_signs_json(serve: Serve) -> None:
    """The body's hash is in the address that is signed, as with a token."""
    served = serve(twilio_shared_keys="a-key")
    body = json.dumps(sms())
    signed, headers = sign_json(f"{served.address}/sms/twilio", body)
    headers |= signed_with_shared_key(signed, {}, "a-key")

    path = signed.removeprefix(served.address)
    assert served.post(path, data=body.replace("LAPOR", "PALSU").encode(), headers=headers).status_code == 403
    assert served.post(path, data=body.encode(), headers=headers).status_code == 200
