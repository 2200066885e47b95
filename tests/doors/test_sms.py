"""The SMS door: Twilio's webhook, believed only where it is signed; what is not believed is kept aside."""

import json
import string
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
import requests
from twilio.request_validator import RequestValidator

from ingest.arrival import Arrival
from ingest.sms.adapter import Held, SmsAdapter
from messages import ids
from messages.shapes import Channel
from tests.conftest import NOW, SHARED
from tests.doors.conftest import Serve
from tests.doors.people import PHONE, TEXT
from tests.doors.served import Served, refused

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


def send(served: Served, fields: dict[str, str], token: str = _TOKEN) -> requests.Response:
    """Send as Twilio does."""
    url = f"{served.parts.settings.reached_at}/sms/twilio"
    return served.post("/sms/twilio", data=fields, headers=sign(url, fields, token))


def forge(served: Served, fields: dict[str, str], signature: str | None = None) -> requests.Response:
    """Send without Twilio's token."""
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    return served.post("/sms/twilio", data=fields, headers=headers)


def test_signed_message_becomes_one_record(served: Served) -> None:
    """A signed SMS is one record of the bytes sent, under the id that its MessageSid gives it."""
    answer = send(served, sms())

    (raw,) = served.raws(Channel.SMS)
    assert answer.status_code == 200
    assert served.opened(raw) == urlencode(sms()).encode()
    assert (raw.id, raw.verified_by) == (ids.message_id(Channel.SMS, _SID), "twilio-signature")
    assert served.published() == 1
    assert PHONE not in raw.model_dump_json()


def test_receipt_is_one_short_sms(served: Served) -> None:
    """The answer is TwiML with one message that carries the number, in 160 characters that GSM-7 has."""
    answer = send(served, sms())

    (raw,) = served.raws(Channel.SMS)
    response = ET.fromstring(answer.content)  # noqa: S314 - our own door's answer
    says = response.findtext("Message") or ""
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert [part.tag for part in response] == ["Message"]
    assert raw.tracking in says
    assert len(says) <= 160
    assert set(says) <= set(string.ascii_letters + string.digits + " .,-")


def test_published_vector_verifies(served: Served) -> None:
    """The signature that Twilio published for its example is true; one changed field makes it false."""
    file = SHARED / "channels" / "twilio_signature_vectors.json"
    if not file.exists():
        pytest.skip(f"Twilio's published signature vectors are not at {file}")
    for vector in json.loads(file.read_text()):
        # A phone call's webhook, and no SMS: but its signature is not what it is held for.
        assert held_because(served, vector, vector["params"]) == "malformed"
        assert held_because(served, vector, vector["params"] | {"Digits": "4321"}) == "bad_signature"


def held_because(served: Served, vector: dict[str, str], params: dict[str, str]) -> str:
    """Why a webhook with this vector's signature is held at its address."""
    host, _, target = vector["url"].removeprefix("https://").partition("/")
    adapter = SmsAdapter(served.parts.wrapper, f"https://{host}", [vector["auth_token"]])
    signed = {"x-twilio-signature": vector["signature"]}
    found = adapter.accept(Arrival(f"/{target}", signed, urlencode(params).encode(), NOW))
    assert isinstance(found, Held)
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
def test_unproven_message_is_kept_aside(served: Served, signature: str | None, reason: str) -> None:
    """What Twilio did not sign is refused and kept whole in quarantine, with the reason, and is no arrival."""
    refused(forge(served, sms(), signature), 403, reason)

    (kept,) = served.quarantined()
    assert (kept.reason, kept.raw.verified_by) == (reason, "none")
    assert served.opened(kept.raw) == urlencode(sms()).encode()
    assert served.raws(Channel.SMS) == []


def test_signature_of_another_message(served: Served) -> None:
    """A true signature proves only the fields that it was made for, blank ones and further ones too."""
    headers = sign(f"{served.address}/sms/twilio", sms())
    changed: list[dict[str, str]] = [sms(body="LAPOR lain"), sms() | {"FromCity": "Tegal"}, sms() | {"Extra": "1"}]

    answers = [served.post("/sms/twilio", data=fields, headers=headers).status_code for fields in changed]

    assert answers == [403, 403, 403]
    assert served.raws(Channel.SMS) == []


def test_forger_takes_no_place(served: Served) -> None:
    """A forged MessageSid does not get the true message's id: the true one is still taken, as itself."""
    forge(served, sms(body="LAPOR palsu"), "x")
    send(served, sms())

    (kept,), (raw,) = served.quarantined(), served.raws(Channel.SMS)
    assert raw.id == ids.message_id(Channel.SMS, _SID)
    assert kept.message_id != raw.id


def test_forgery_sent_twice_is_one(served: Served) -> None:
    """The same forgery again has the same id, so that a reader counts it once."""
    for _ in range(2):
        forge(served, sms())

    assert len({kept.id for kept in served.quarantined()}) == 1


@pytest.mark.parametrize("body", ["", "LAPOR 🚧 jalan\nrusak +&=%", "ꦭꦩ꧀ꦥꦸ", "\u202eبر", "e\u0301" * 300])
def test_any_text_verifies(served: Served, body: str) -> None:
    """Blank fields and any text that a telephone can write are signed as Twilio signs them, and are taken."""
    assert send(served, sms(body)).status_code == 200
    assert [served.opened(raw) for raw in served.raws(Channel.SMS)] == [urlencode(sms(body)).encode()]


def test_webhook_sent_again_is_the_same(served: Served) -> None:
    """Twilio sends again when it is not sure: the same MessageSid is the same number and the same message."""
    answers = {send(served, sms()).text for _ in range(2)}

    assert len(answers) == 1
    assert len({raw.id for raw in served.raws(Channel.SMS)}) == 1


def test_one_person_is_one_sender(served: Served) -> None:
    """Two messages from one number have one sender key; another number has another."""
    for sid, sender in (("SM1", PHONE), ("SM2", PHONE), ("SM3", "+6281200001709")):
        send(served, sms(sid=sid, sender=sender))

    assert len({raw.sender for raw in served.raws(Channel.SMS)}) == 2


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
def test_signed_but_not_an_sms(served: Served, without: str) -> None:
    """What is signed but lacks its id or its sender, or has them blank, is 400 and kept in quarantine."""
    absent = {name: value for name, value in sms().items() if name != without}

    for fields in (absent, sms() | {without: ""}):
        refused(send(served, fields), 400, "malformed")

    assert [kept.reason for kept in served.quarantined()] == ["malformed", "malformed"]
    assert served.raws(Channel.SMS) == []
