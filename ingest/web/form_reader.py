"""Reads the body of a posted form, with files or without, within limits. A form that is too large is read in part."""

from urllib.parse import parse_qsl

from fastapi import Request

from ingest.http.gate import MAX_BODY_BYTES, Gate
from pages.files.multipart import MAX_PARTS, MULTIPART, PostedForm, read_multipart
from pages.refusals import Refused


async def read_form(request: Request, gate: Gate, form: PostedForm) -> None:
    """Read the body of a request into `form`. `form.cut` says if it was incomplete or too large."""
    content_type = request.headers.get("content-type", "")
    if content_type.casefold().startswith(MULTIPART):
        await read_multipart(request.stream(), content_type, form, MAX_BODY_BYTES)
        return
    try:
        arrival = await gate.read_arrival(request)
        form.fields = _parse_urlencoded(arrival.body)
    except (Refused, ValueError):
        form.cut = "too_large"


def _parse_urlencoded(body: bytes) -> list[tuple[bytes, bytes]]:
    """Return names and values as bytes. Raises `ValueError` if there are more fields than any form has."""
    # Latin-1 maps each byte to one character, so bytes that are not UTF-8 stay unchanged.
    text = body.decode("latin-1")
    pairs = parse_qsl(text, keep_blank_values=True, encoding="latin-1", max_num_fields=MAX_PARTS)
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
