"""A form that an attacker made from a signed one has the same signature. It is quarantined: an attack table."""

from urllib.parse import urlencode

import pytest

from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.people import PHONE
from tests.ingest.sms.test_door import send, sign, sms

_SID = "SM0123456789abcdef0123456789abcdef"
_VICTIM = "+6281200000001"
_ACCOUNT = "AC0123456789abcdef0123456789abcdef"

Pairs = list[tuple[str, str]]


def genuine(body: str) -> dict[str, str]:
    """Return a form as Twilio signs it."""
    return sms(body, _SID) | {"AccountSid": _ACCOUNT}


def moved(fields: dict[str, str], changes: dict[str, str | None], *more: tuple[str, str]) -> Pairs:
    """Return the pairs with changed values, without the fields whose change is `None`, and with more pairs."""
    changed = {name: changes.get(name, value) for name, value in fields.items()}
    return [*((name, value) for name, value in changed.items() if value is not None), *more]


_PLAIN, _WITH_FROM = genuine("LAPOR lampu padam"), genuine(f"LAPOR lampu padamFrom{_VICTIM}")
# The signed form, and what an attacker makes of it.
ATTACKS: dict[str, tuple[dict[str, str], Pairs]] = {
    "To in the id": (
        {name: value for name, value in _PLAIN.items() if name not in {"NumMedia", "OptOutType", "SmsSid"}},
        [
            *((name, _PLAIN[name]) for name in ("AccountSid", "Body", "From", "FromCity", "FromCountry")),
            ("MessageSid", f"{_SID}To1708"),
        ],
    ),
    "NumMedia in the id": (_PLAIN, moved(_PLAIN, {"MessageSid": f"{_SID}NumMedia0", "NumMedia": None})),
    "name with the value": (_PLAIN, moved(_PLAIN, {"MessageSid": None}, (f"MessageSid{_SID}", ""))),
    "From in the text": (_PLAIN, moved(_PLAIN, {"Body": f"{_PLAIN['Body']}From{PHONE}", "From": None})),
    "two senders": (_WITH_FROM, moved(_WITH_FROM, {"Body": _PLAIN["Body"]}, ("From", _VICTIM))),
    "sender in a sender": (_WITH_FROM, moved(_WITH_FROM, {"Body": _PLAIN["Body"], "From": f"{_VICTIM}From{PHONE}"})),
    "true sender in a new field": (
        genuine(f"LAPOR lampu padamFrom{_VICTIM}FromA"),
        moved(_PLAIN, {"From": _VICTIM}, ("FromA", f"From{PHONE}")),
    ),
    "true sender in a field's name": (
        genuine(f"LAPOR lampu padamFrom{_VICTIM}FromA"),
        moved(_PLAIN, {"From": _VICTIM}, (f"FromAFrom{PHONE}", "")),
    ),
    "account in the version": (
        _PLAIN | {"ApiVersion": "2010-04-01"},
        moved(_PLAIN, {"AccountSid": f"{_ACCOUNT}ApiVersion2010-04-01"}),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("signed", "attack"), ATTACKS.values(), ids=ATTACKS)
def test_a_form_with_moved_borders_is_quarantined(served: DoorClient, signed: dict[str, str], attack: Pairs) -> None:
    """The signature is valid, so only the form of each field shows the attack. No complaint comes of it."""
    url = f"{served.parts.settings.reached_at}/sms/twilio"
    headers = sign(url, signed) | {"Content-Type": "application/x-www-form-urlencoded"}
    assert served.post("/sms/twilio", data=urlencode(list(signed.items())), headers=headers).status_code in {200, 400}
    accepted_messages = len(served.raw_messages("sms"))

    answer = served.post("/sms/twilio", data=urlencode(attack), headers=headers)

    assert_refused(answer, 400, "malformed")
    assert len(served.raw_messages("sms")) == accepted_messages
    assert served.quarantined()[-1].reason == "malformed"


FORMS = {
    "MessageSid": ["", "SM1", f"{_SID}0", _SID.upper(), f"sm{_SID[2:]}", f"{_SID}\n", f" {_SID}"],
    "From": ["", "+", "+0812", "+62812345678901234", "12", "123456789", "0812 ", "BANK INDONESIA RI", "whatsapp:+62"],
    "To": ["", "+62 812", "1708\n", "lapor@1708"],
    "NumMedia": ["-1", "100", "1e1", "٣", "x"],
    "AccountSid": ["", "AC1", _SID],
    "MessagingServiceSid": ["MG1"],
    "FromCity": [f"SEMARANGFrom{PHONE}", f"MessageSid{_SID}"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in FORMS.items() for value in values])
def test_each_field_has_its_form(served: DoorClient, name: str, value: str) -> None:
    """A signed message with a field in another form than Twilio's is quarantined, not lost."""
    assert_refused(send(served, sms() | {name: value}), 400, "malformed")
    assert (len(served.quarantined()), served.raw_messages("sms")) == (1, [])


@pytest.mark.parametrize(
    "change",
    [
        {"From": "1708"}, {"From": "PLN 123"}, {"To": "+6281200001708"}, {"To": "98811"}, {"NumMedia": ""},
        {"NumSegments": "3"}, {"Body": ""}, {"Body": f"LAPOR pesan dari From{_VICTIM} dan MessageSid{_SID}"},
        {"ToCity": "Tokyo", "FromCity": "Fromborg"}, {"MessagingServiceSid": "MG0123456789abcdef0123456789abcdef"},
        {"NewFieldOfTwilio": "anything: 1, 2"},
    ],
)  # fmt: skip
def test_twilios_own_forms_are_accepted(served: DoorClient, change: dict[str, str]) -> None:
    """Short codes, names as senders, a new field, and any text are accepted."""
    assert send(served, sms() | change).status_code == 200
    assert len(served.raw_messages("sms")) == 1


def test_more_fields_than_twilio_sends_are_no_message_of_twilio(served: DoorClient) -> None:
    """Checking the signature of thousands of fields would take seconds. A message with ten pictures has 45."""
    pictures = {f"Media{name}{number}": "x" for number in range(10) for name in ("Url", "ContentType")}
    known = genuine("LAPOR lampu padam") | {f"Further{number}": "x" for number in range(20)} | pictures
    assert send(served, known).status_code == 200
    many = genuine("LAPOR lampu padam") | {f"Further{number}": "x" for number in range(200)}
    assert_refused(send(served, many), 403, "bad_signature")
