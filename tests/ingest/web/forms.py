"""The web form as a browser sends it, with invented files."""

import io
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import requests
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from app.clock import utc_now
from ingest.web.form_token import FormTokens
from tests.ingest.door_client import DoorClient
from tests.ingest.people import Fields, report

FORM_ID = "5f0c0000-0000-4000-8000-000000001708"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
# In the sea north of Semarang.
SPOT = (-6.9, 110.4)

Files = list[tuple[str, tuple[str, bytes, str]]]


def token(served: DoorClient, form_id: str = FORM_ID, age: timedelta = timedelta(minutes=1), **more: bool) -> str:
    """Return the token of a form that was served `age` ago."""
    tokens = FormTokens(served.parts.secrets.sender_key, served.parts.settings.reached_at)
    return tokens.token(form_id, utc_now() - age, **more)


def fields(served: DoorClient, **more: Any) -> Fields:
    """Return the fields of a filled form of ours. `more` adds fields or overrides them."""
    return report(form_id=FORM_ID, token=token(served)) | more


def send_form(
    served: DoorClient, files: Files | None = None, headers: dict[str, str] | None = None, **more: Any
) -> Any:
    """Send a form as browsers do: multipart, including an empty file field."""
    parts = files or [("files", ("", b"", "application/octet-stream"))]
    return served.post("/web/reports", data=fields(served, **more), files=parts, headers=headers)


def fields_on_page(page: requests.Response) -> Fields:
    """Return the values that the form on a page would send: its inputs, texts and selections."""
    values: Fields = {}
    for tag in re.findall(r"<input [^>]*>", page.text):
        attributes = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        kind = attributes.get("type")
        if kind == "file" or (kind in {"radio", "checkbox"} and " checked" not in tag):
            continue
        if attributes["name"] == "kept":
            values.setdefault("kept", []).append(attributes["value"])
        else:
            values[attributes["name"]] = attributes.get("value", "")
    for name, text in re.findall(r'<textarea id="\w+" name="(\w+)"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL):
        values[name] = unescape(text)
    for name, options in re.findall(r'<select id="\w+" name="(\w+)".*?>(.*?)</select>', page.text, re.DOTALL):
        picked = re.search(r'value="([^"]*)" selected', options)
        values[name] = picked[1] if picked else ""
    return values


def messages_by_field(page: requests.Response) -> dict[str, str]:
    """Return the message at each field."""
    messages = re.findall(r'id="(\w+)-salah"><b>Perlu diperbaiki:</b> (.*?)</p>', page.text)
    return {field: unescape(message) for field, message in messages}


def photo(kind: str = "JPEG", spot: tuple[float, float] | None = SPOT, size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a picture as a phone makes it, with author and coordinates in its EXIF."""
    image = Image.new("RGB", size, (20, 90, 100))
    exif = Image.Exif()
    exif[Base.Artist] = "Sekar Wulandari"
    if spot:
        gps = exif.get_ifd(IFD.GPSInfo)
        for degrees, tag, reference, letters in (
            (spot[0], GPS.GPSLatitude, GPS.GPSLatitudeRef, "NS"),
            (spot[1], GPS.GPSLongitude, GPS.GPSLongitudeRef, "EW"),
        ):
            gps[tag] = (abs(degrees), 0.0, 0.0)
            gps[reference] = letters[degrees < 0]
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


def attached(name: str, content: bytes, kind: str = "image/jpeg") -> tuple[str, tuple[str, bytes, str]]:
    """Return a file for the form's file field."""
    return ("files", (name, content, kind))


def published_fields(served: DoorClient) -> Fields:
    """Return the fields of the one report on the bus."""
    (raw,) = served.raw_messages("web")
    return dict(parse_qsl(served.open_body(raw).decode()))


def send_again(served: DoorClient, page: Any, **more: Any) -> Any:
    """Press the button of a page that was shown again."""
    return served.post("/web/reports", data=fields_on_page(page) | more)
