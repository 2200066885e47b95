"""SMS door: Twilio's webhook is accepted only with a valid signature; everything else is quarantined."""

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
from messages.gsm_alphabet import fits_one_sms
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, FlakyProducer, assert_refused
from tests.ingest.people import PHONE, TEXT
from tests.support.arrival_ids import arrival_id
from tests.support.paths import SHARED

_TOKEN = "twilio-test"
_SID = "SM0123456789abcdef0123456789abcdef"


def sms(body: str = f"LAPOR {TEXT}", sid: str = _SID, sender: str = PHONE) -> dict[str, str]:
    """Return the fields that Twilio sends, including blank ones. A short `sid` is filled with zeros."""
    sid = f"{sid[:2]}{sid[2:]:0>32}" if sid else ""
    return {
        "MessageSid": sid, "SmsSid": sid, "From": sender, "To": "1708", "Body": body, "NumMedia": "0",
        "FromCity": "", "FromCountry": "ID", "OptOutType": "",
    }  # fmt: skip


def sign(url: str, fields: dict[str, str], token: str = _TOKEN) -> dict[str, str]:
    """Return the header that Twilio's own library computes."""
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
    """A signed SMS is one record of the received bytes, with the id of its MessageSid."""
    answer = send(served, sms())

    (raw,) = served.raw_messages("sms")
    assert answer.status_code == 200
    assert served.open_body(raw) == urlencode(sms()).encode()
    assert (raw.id, raw.verified_by) == (arrival_id("sms", _SID), "twilio-signature")
    assert served.published_count() == 1
    assert PHONE not in raw.model_dump_json()


def test_receipt_is_one_short_sms(served: DoorClient) -> None:
    """The answer is TwiML with one message that has the number, within one GSM-7 segment."""
    answer = send(served, sms())

    (raw,) = served.raw_messages("sms")
    response = ET.fromstring(answer.content)  # noqa: S314 - our own door's answer
    text = response.findtext("Message") or ""
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert [part.tag for part in response] == ["Message"]
    assert raw.tracking in text
    assert fits_one_sms(text)


def test_published_vector_verifies(served: DoorClient) -> None:
    """The signature that Twilio published as an example is valid; one changed field makes it invalid."""
    file = SHARED / "channels" / "twilio_signature_vectors.json"
    if not file.exists():
        pytest.skip(f"Twilio's published signature vectors are not at {file}")
    for vector in json.loads(file.read_text()):
        # A phone call's webhook, and no SMS: but its signature is not what it is held for.
        assert quarantine_reason(served, vector, vector["params"]) == "malformed"
        assert quarantine_reason(served, vector, vector["params"] | {"Digits": "4321"}) == "bad_signature"


def quarantine_reason(served: DoorClient, vector: dict[str, str], params: dict[str, str]) -> str:
    """Return the reason why a webhook with this vector's signature is quarantined."""
    host, _, target = vector["url"].removeprefix("https://").partition("/")
    adapter = SmsAdapter(served.parts.wrapper, f"https://{host}", [vector["auth_token"]])
    signed = {"x-twilio-signature": vector["signature"]}
    message = adapter.accept(Arrival(f"/{target}", signed, urlencode(params).encode(), NOW))
    assert isinstance(message, QuarantinedSms)
    return message.reason


def test_second_token_is_accepted(serve: Serve) -> None:
    """During a token rotation both tokens' signatures are valid; a third token's is not."""
    served = serve(twilio_auth_tokens="new-token,old-token")

    tokens = ("new-token", "old-token", "other")
    answers = [send(served, sms(sid=f"SM{number}"), token).status_code for number, token in enumerate(tokens)]

    assert answers == [200, 200, 403]


@pytest.mark.parametrize(
    ("signature", "reason"),
    [(None, "unsigned"), ("", "bad_signature"), ("RSOYDt4T1cUTdK1PDd93/VVr8B8=", "bad_signature")],
)
def test_unsigned_message_is_quarantined(served: DoorClient, signature: str | None, reason: str) -> None:
    """An unsigned message is refused, quarantined whole with the reason, and not published."""
    assert_refused(forge(served, sms(), signature), 403, reason)

    (message,) = served.quarantined()
    assert (message.reason, message.raw.verified_by) == (reason, "none")
    assert served.open_body(message.raw) == urlencode(sms()).encode()
    assert served.raw_messages("sms") == []


def test_signature_of_another_message(served: DoorClient) -> None:
    """A signature is valid for its own fields only, including blank and additional ones."""
    headers = sign(f"{served.address}/sms/twilio", sms())
    changed: list[dict[str, str]] = [sms(body="LAPOR lain"), sms() | {"FromCity": "Tegal"}, sms() | {"Extra": "1"}]

    answers = [served.post("/sms/twilio", data=fields, headers=headers).status_code for fields in changed]

    assert answers == [403, 403, 403]
    assert served.raw_messages("sms") == []


def test_forgery_does_not_take_an_id(served: DoorClient) -> None:
    """A forged MessageSid does not take the id of the true message, which is still accepted."""
    forge(served, sms(body="LAPOR palsu"), "x")
    send(served, sms())

    (message,), (raw,) = served.quarantined(), served.raw_messages("sms")
    assert raw.id == arrival_id("sms", _SID)
    assert message.message_id != raw.id


def test_forgery_sent_twice_is_one(served: DoorClient) -> None:
    """The same forgery again has the same id, so it counts once."""
    for _ in range(2):
        forge(served, sms())

    assert len({message.id for message in served.quarantined()}) == 1


@pytest.mark.parametrize("body", ["", "LAPOR 🚧 jalan\nrusak +&=%", "ꦭꦩ꧀ꦥꦸ", "\u202eبر", "e\u0301" * 300])
def test_any_text_verifies(served: DoorClient, body: str) -> None:
    """Blank fields and any text of a telephone are accepted with Twilio's signature."""
    assert send(served, sms(body)).status_code == 200
    assert [served.open_body(raw) for raw in served.raw_messages("sms")] == [urlencode(sms(body)).encode()]


def test_webhook_sent_again_is_the_same(served: DoorClient) -> None:
    """A repeated webhook with the same MessageSid is the same message with the same number."""
    answers = {send(served, sms()).text for _ in range(2)}

    assert len(answers) == 1
    assert len({raw.id for raw in served.raw_messages("sms")}) == 1


def test_one_person_is_one_sender(served: DoorClient) -> None:
    """Two messages from one number have one sender key; another number has another."""
    for sid, sender in (("SM1", PHONE), ("SM2", PHONE), ("SM3", "+6281200001709")):
        send(served, sms(sid=sid, sender=sender))

    assert len({raw.sender for raw in served.raw_messages("sms")}) == 2


def test_signature_covers_the_public_address(serve: Serve) -> None:
    """Behind a proxy the signature covers the public https address, not this server's own."""
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
    """A signed webhook with a missing or blank id or sender gets 400 and is quarantined."""
    absent = {name: value for name, value in sms().items() if name != without}

    for fields in (absent, sms() | {without: ""}):
        assert_refused(send(served, fields), 400, "malformed")

    assert [message.reason for message in served.quarantined()] == ["malformed", "malformed"]
    assert served.raw_messages("sms") == []


def sign_json(url: str, body: str, token: str = _TOKEN) -> tuple[str, dict[str, str]]:
    """Return address and headers of a signed JSON webhook: the address contains the body's hash."""
    signed = f"{url}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    headers = {"X-Twilio-Signature": RequestValidator(token).compute_signature(signed, {})}
    return signed, headers | {"Content-Type": "application/json"}


def send_json(served: DoorClient, body: str, sent: str | None = None) -> requests.Response:
    """Send a signed JSON body, or another one under its signature."""
    url, headers = sign_json(f"{served.address}/sms/twilio", body)
    content = (body if sent is None else sent).encode()
    return served.post(url.removeprefix(served.address), data=content, headers=headers)


def test_json_body_is_taken(served: DoorClient) -> None:
    """A JSON webhook equals a form: same id, same sender, and its bytes are stored unchanged."""
    body = json.dumps(sms())

    assert send_json(served, body).status_code == 200
    send(served, sms(sid="SM2"))

    from_json, from_form = sorted(served.raw_messages("sms"), key=lambda raw: raw.content_type)
    assert (from_json.id, from_json.content_type) == (arrival_id("sms", _SID), "application/json")
    assert from_json.sender == from_form.sender
    assert served.open_body(from_json) == body.encode()


def test_json_signature_covers_the_body(served: DoorClient) -> None:
    """Another body, or a signature that does not cover the body, is quarantined."""
    body, other_body = json.dumps(sms()), json.dumps(sms(body="LAPOR palsu"))
    url = f"{served.address}/sms/twilio"
    bare = {
        "X-Twilio-Signature": RequestValidator(_TOKEN).compute_signature(url, {}),
        "Content-Type": "application/json",
    }

    assert_refused(send_json(served, body, other_body), 403, "bad_signature")
    assert_refused(served.post("/sms/twilio", data=body, headers=bare), 403, "bad_signature")
    assert_refused(served.post("/sms/twilio", data=b"\xff", headers=bare), 403, "bad_signature")
    assert_refused(served.post("/sms/twilio", data=b"", headers=bare), 403, "bad_signature")
    assert served.raw_messages("sms") == []


@pytest.mark.parametrize("body", ["[]", "null", "{", '"x"', "[" * 100_000, '{"MessageSid": "SM1"}', "9" * 5000])
def test_signed_json_that_is_no_sms(served: DoorClient, body: str) -> None:
    """Signed JSON without an id and a sender gets 400 and is quarantined."""
    assert_refused(send_json(served, body), 400, "malformed")
    (message,) = served.quarantined()
    assert served.open_body(message.raw) == body.encode()


def test_form_signature_is_not_valid_for_json(served: DoorClient) -> None:
    """A form's signature is not valid for the same bytes sent as JSON."""
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
    """The signed address may have its port or not, for names and literal addresses."""
    served = serve(public_url=public_url)

    assert served.post("/sms/twilio", data=sms(), headers=sign(f"{signed}/sms/twilio", sms())).status_code == 200
    assert served.post("/sms/twilio", data=sms(), headers=sign(f"http{signed[5:]}/x", sms())).status_code == 403


def test_proxy_headers_do_not_change_the_address(serve: Serve) -> None:
    """Host and X-Forwarded-* have no effect on the address that the signature must cover."""
    served = serve(public_url="https://lapor.contoh.id")
    proxy_headers = {"Host": "palsu.contoh.id", "X-Forwarded-Host": "palsu.contoh.id", "X-Forwarded-Proto": "https"}

    true = sign("https://lapor.contoh.id/sms/twilio", sms())
    false = sign("https://palsu.contoh.id/sms/twilio", sms())
    assert served.post("/sms/twilio", data=sms(), headers=true | proxy_headers).status_code == 200
    assert served.post("/sms/twilio", data=sms(), headers=false | proxy_headers).status_code == 403


def test_fallback_is_the_same_message(served: DoorClient) -> None:
    """A webhook to the fallback address, with another idempotency token, is the same message."""
    url = f"{served.address}/sms/twilio"
    tokens = ({"I-Twilio-Idempotency-Token": "a"}, {"I-Twilio-Idempotency-Token": "b"})
    again = sms() | {"ErrorCode": "11200", "ErrorUrl": url}

    answers = {
        served.post("/sms/twilio", data=fields, headers=sign(url, fields) | token).text
        for fields, token in zip((sms(), again), tokens, strict=True)
    }

    assert len(answers) == 1
    assert {raw.id for raw in served.raw_messages("sms")} == {arrival_id("sms", _SID)}


def test_one_token_does_not_make_two_messages_one(served: DoorClient) -> None:
    """Two messages with the same idempotency token are two messages."""
    url = f"{served.address}/sms/twilio"
    for sid in ("SM1", "SM2"):
        headers = sign(url, sms(sid=sid)) | {"I-Twilio-Idempotency-Token": "a"}
        served.post("/sms/twilio", data=sms(sid=sid), headers=headers)

    assert len({raw.id for raw in served.raw_messages("sms")}) == 2


def test_numbers_of_a_messaging_service(served: DoorClient) -> None:
    """Messages to any number of a service are accepted; the sender is the same person."""
    for number, to in enumerate(("1708", "+62800000001708", "+12025550108")):
        fields = sms(sid=f"SM{number}") | {"To": to, "MessagingServiceSid": "MG" + "0" * 32}
        assert send(served, fields).status_code == 200

    assert len({raw.sender for raw in served.raw_messages("sms")}) == 1


def test_one_address_cannot_fill_the_quarantine(serve: Serve) -> None:
    """Beyond its limit an address gets 429 without a quarantined message; other clients are not affected."""
    served = serve(rates="sms-unsigned=2/minute")
    forger, other_client = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "203.0.113.10"}

    def send_unsigned(number: int, headers: dict[str, str]) -> int:
        return served.post("/sms/twilio", data=sms(sid=f"SM{number}"), headers=headers).status_code

    assert [send_unsigned(number, forger) for number in range(4)] == [403, 403, 429, 429]
    assert send_unsigned(5, other_client) == 403
    signed = sms(sid="SM6")
    url = f"{served.address}/sms/twilio"
    assert served.post("/sms/twilio", data=signed, headers=sign(url, signed) | forger).status_code == 200
    assert len(served.quarantined()) == 3


def test_quarantine_while_the_bus_is_away(serve: Serve, producer: Producer) -> None:
    """A message that cannot be quarantined gets 503, so that Twilio uses the fallback."""
    served = serve(FlakyProducer(producer, {1}))

    assert_refused(forge(served, sms()), 503, "away")
    assert_refused(forge(served, sms()), 403, "unsigned")


def signed_with_shared_key(
    url: str, fields: dict[str, str], secret: str, algorithm: str = HMAC_SHA256
) -> dict[str, str]:
    """Return the headers of a webhook that a SharedKey signed."""
    return {
        "X-Twilio-Signature": RequestValidator(secret).compute_signature(url, fields, algorithm),
        "X-Twilio-Webhooks-Signature-Settings": f"key=webhooks_sharedkey_1,algorithm={algorithm}",
    }


def test_a_shared_key_signs(serve: Serve) -> None:
    """Either of two SharedKeys signs with SHA-256; the account's token stays valid."""
    served = serve(twilio_shared_keys="new-key,old-key")
    url = f"{served.address}/sms/twilio"

    def answer(secret: str, algorithm: str = HMAC_SHA256) -> int:
        fields = sms(sid=f"SM{hashlib.md5(f'{secret}{algorithm}'.encode()).hexdigest()}")  # noqa: S324 - an id
        headers = signed_with_shared_key(url, fields, secret, algorithm)
        return served.post("/sms/twilio", data=fields, headers=headers).status_code

    assert [answer(secret) for secret in ("new-key", "old-key", "other")] == [200, 200, 403]
    assert send(served, sms()).status_code == 200
    assert len(served.raw_messages("sms")) == 3


@pytest.mark.parametrize(("secret", "algorithm"), [("a-key", HMAC_SHA1), (_TOKEN, HMAC_SHA256)])
def test_each_secret_has_its_algorithm(serve: Serve, secret: str, algorithm: str) -> None:
    """The header cannot choose the algorithm: each secret has its own."""
    served = serve(twilio_shared_keys="a-key")
    headers = signed_with_shared_key(f"{served.address}/sms/twilio", sms(), secret, algorithm)

    assert_refused(served.post("/sms/twilio", data=sms(), headers=headers), 403, "bad_signature")


def test_a_shared_key_signs_json(serve: Serve) -> None:
    """With a SharedKey the signed address contains the body's hash, as with a token."""
    served = serve(twilio_shared_keys="a-key")
    body = json.dumps(sms())
    signed, headers = sign_json(f"{served.address}/sms/twilio", body)
    headers |= signed_with_shared_key(signed, {}, "a-key")

    path = signed.removeprefix(served.address)
    assert served.post(path, data=body.replace("LAPOR", "PALSU").encode(), headers=headers).status_code == 403
    assert served.post(path, data=body.encode(), headers=headers).status_code == 200
