"""Sends what the invented persons write, by the real doors of each channel."""

import io
from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID, uuid4

import requests
from PIL import Image
from PIL.ExifTags import Base
from twilio.request_validator import RequestValidator

from app.simulator.wait import wait_until_polled
from messages.sender_link import sender_token
from messages.shapes import Channel
from tests.accounts.desk_client import DeskClient
from tests.end_to_end.canary.persons import MODES, PERSONS, Mode, Person
from tests.end_to_end.canary.providers import X_TOKEN
from tests.end_to_end.counter_service import COUNTER, hidden_fields, number_on
from tests.ingest.door_client import DoorClient, raw_messages
from tests.ingest.mobile.phones import Phone, item
from tests.ingest.people import Fields
from tests.ingest.web.forms import attached, send_form, token
from tests.support.loopback_twilio import TOKEN
from tests.support.service import RunningService

# Of the last one an officer is at the door.
CHANNELS: tuple[Channel, ...] = ("web", "sms", "twitter", "mobile", "counter")
PLACE = "Kota Semarang"
# Of another institution than all other reports, so that none is suggested to be the same.
COUNTER_PLACE = "Kabupaten Sleman"
_TROUBLES: Mapping[Channel, str] = MappingProxyType(
    {
        "web": "Antrean puskesmas panjang sekali dan loket obat tutup sejak pagi",
        "sms": "Petugas pendaftaran rumah sakit membentak pasien lanjut usia",
        "twitter": "Jadwal imunisasi anak tidak pernah diumumkan",
        "mobile": "Ambulans desa tidak datang padahal sudah ditelepon tiga kali",
        "counter": "Trotoar di depan kantor kelurahan pecah dan sulit dilewati kursi roda",
    }
)
_KEYWORDS: Mapping[Mode, str] = MappingProxyType({"open": "LAPOR", "rahasia": "RAHASIA", "anonim": "ANONIM"})
_TAGS: Mapping[Mode, str] = MappingProxyType({"open": "", "rahasia": "#rahasia", "anonim": "#anonim"})
_FLAGS: Mapping[Mode, Mapping[str, str]] = MappingProxyType(
    {"open": {}, "rahasia": {"rahasia": "true"}, "anonim": {"anonim": "true"}}
)
_PATIENCE_SECONDS = 60.0


class Senders:
    """The persons with their phones. `numbers` are the tracking numbers, by person and label."""

    def __init__(self, service: RunningService) -> None:
        self.parts = service.parts
        self.door = DoorClient(f"http://127.0.0.1:{service.settings.port}", service.parts)
        self.numbers: dict[tuple[Mode, str], str] = {}
        self._phones = {mode: Phone(self.door, UUID(person.device)) for mode, person in PERSONS.items()}
        self._signatures = RequestValidator(TOKEN)
        self._sequence = 0

    def report_by_all_channels(self, officer: DeskClient) -> None:
        """Send a report of each person by each channel, with a picture by form, app and counter."""
        for mode in MODES:
            texts = {channel: f"{_TROUBLES[channel]} di {PLACE}. {PERSONS[mode].words}" for channel in CHANNELS}
            self.by_form(mode, "web", texts["web"])
            self.by_sms(mode, "sms", texts["sms"])
            self.by_post(mode, "twitter", texts["twitter"])
            self.by_app(mode, "mobile", texts["mobile"])
            self.at_counter(
                mode, "counter", f"{_TROUBLES['counter']} di {COUNTER_PLACE}. {PERSONS[mode].words}", officer
            )

    def by_form(self, mode: Mode, label: str, text: str) -> str:
        """Send the form with a picture, the name and both ways of contact. Return the query of the receipt."""
        person = PERSONS[mode]
        fields: Fields = {"name": person.name, "phone": person.phone, "email": person.email, **_FLAGS[mode]}
        picture = [attached("foto.jpg", picture_of(person))]
        form_id = str(uuid4())
        fields |= {
            "title": person.words,
            "text": text,
            "region": PLACE,
            "form_id": form_id,
            "token": token(self.door, form_id),
        }
        answer = send_form(self.door, picture, **fields)
        assert answer.status_code == requests.codes.see_other, answer.text
        number, _, query = answer.headers["Location"].removeprefix("/web/receipts/").partition("?")
        self.numbers[mode, label] = number
        return str(query)

    def by_sms(self, mode: Mode, label: str, text: str, *, keyword: str | None = None, is_forged: bool = False) -> str:
        """Send an SMS by Twilio's webhook. Return the answer's text. A forged one has a wrong signature."""
        words = " ".join(filter(None, (_KEYWORDS[mode] if keyword is None else keyword, text)))
        fields = {"MessageSid": f"SM{uuid4().hex}", "From": f"{PERSONS[mode].phone}", "To": "1708", "Body": words}
        fields["NumMedia"] = "0"
        address = f"{self.parts.settings.reached_at}/sms/twilio"
        signature = "forged" if is_forged else self._signatures.compute_signature(address, fields)
        answer = self.door.post("/sms/twilio", data=fields, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == (requests.codes.forbidden if is_forged else requests.codes.ok), answer.text
        self.numbers[mode, label] = self.parts.wrapper.tracking("sms", fields["MessageSid"])
        return str(answer.text)

    def by_post(self, mode: Mode, label: str, text: str) -> None:
        """Post on X, and wait until the door has it."""
        post = {"text": f"@Lapor1708 {text} {_TAGS[mode]}".strip(), "author_id": PERSONS[mode].account}
        url = self.parts.settings.x_url
        headers = {"Authorization": f"Bearer {X_TOKEN}"}
        created = requests.post(f"{url}/2/tweets", json={**post, "ref": str(uuid4())}, headers=headers, timeout=30)
        post_id = created.json()["data"]["id"]
        wait_until_polled(url, int(post_id), _PATIENCE_SECONDS, self.parts.clock)
        self.numbers[mode, label] = self.parts.wrapper.tracking("twitter", post_id)

    def by_app(self, mode: Mode, label: str, text: str) -> None:
        """Send a report with a picture from the app."""
        person, phone = PERSONS[mode], self._phones[mode]
        if not phone.token:
            assert phone.register().ok
        self._sequence += 1
        upload = phone.upload(picture_of(person))
        flags = dict.fromkeys(_FLAGS[mode], True)
        contact = {"name": person.name, "phone": person.phone, "email": person.email, "push_token": person.push_token}
        report = item(self._sequence, text=text, attachments=[upload], region=PLACE, **contact, **flags)
        (result,) = phone.results(report)
        assert not result["reason"], result
        self.numbers[mode, label] = result["tracking"]

    def at_counter(self, mode: Mode, label: str, text: str, officer: DeskClient) -> None:
        """Let an officer enter a report with a scan, the name and both ways of contact, and print its receipt."""
        person = PERSONS[mode]
        fields = {
            **hidden_fields(officer.get(COUNTER).text),
            "counter_way": "letter",
            "text": text,
            "region": COUNTER_PLACE,
        }
        contact = {"name": person.name, "phone": person.phone, "email": person.email, **_FLAGS[mode]}
        scan = ("surat.jpg", picture_of(person), "image/jpeg")
        answer = officer.post(COUNTER, fields | contact, files={"files": scan})
        assert answer.status_code == requests.codes.see_other, answer.text
        self.numbers[mode, label] = number_on(officer.get(answer.headers["Location"]).text)

    def follow_up(self, mode: Mode, label: str, act: str, text: str = "") -> requests.Response:
        """Act on a report by its own link."""
        fields = {"token": self.links()[self.numbers[mode, label]], "act": act, "text": text, "confirm": "ya"}
        answer = self.door.post("/web/follow-ups", json=fields)
        assert answer.status_code == requests.codes.accepted, answer.text
        return answer

    def feed(self, mode: Mode) -> requests.Response:
        """Return what the app shows of the person's own reports."""
        return self._phones[mode].call("GET", "/feed")

    def links(self) -> Mapping[str, str]:
        """Return the token of the own link of each accepted message, by number."""
        raws = (raw for channel in CHANNELS for raw in raw_messages(self.parts, channel))
        return {raw.tracking: sender_token(raw.id, self.parts.secrets.link_key) for raw in raws}


def picture_of(person: Person) -> bytes:
    """Return a picture with its author in the EXIF, in a colour of its own."""
    shade = 60 * MODES.index(person.mode)
    image, exif, out = Image.new("RGB", (64, 48), (20 + shade, 90, 100)), Image.Exif(), io.BytesIO()
    exif[Base.Artist] = person.artist
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()
