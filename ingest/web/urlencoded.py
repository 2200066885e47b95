"""Reads a urlencoded form as bytes, within a limit of fields."""

from urllib.parse import parse_qsl

from ingest.web.multipart import MAX_PARTS


def parse_urlencoded(body: bytes) -> list[tuple[bytes, bytes]]:
    """Return names and values as bytes. Raises `ValueError` if there are more fields than any form has."""
    # Latin-1 maps each byte to one character, so bytes that are not UTF-8 stay unchanged.
    text = body.decode("latin-1")
    pairs = parse_qsl(text, keep_blank_values=True, encoding="latin-1", max_num_fields=MAX_PARTS)
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
