"""Invented citizens. None of these values may appear in a log line."""

from typing import Any

NAME = "Sekar Wulandari"
PHONE = "+6281200001708"
EMAIL = "sekar.wulandari@contoh.id"
TEXT = "Jembatan bambu di Dusun Sukamaju roboh, anak sekolah menyeberang lewat sungai."
AUTHOR = "902340001708"
HANDLE = "@sekarwulan"
DEVICE = "0d1f3a52-8a5e-4c1b-9d68-17080000aaaa"
OTHER_DEVICE = "0d1f3a52-8a5e-4c1b-9d68-17080000bbbb"

PRIVATE = (NAME, PHONE, PHONE.removeprefix("+62"), EMAIL, "Sukamaju", AUTHOR, HANDLE, DEVICE, OTHER_DEVICE)

Fields = dict[str, Any]


def report(**more: Any) -> Fields:
    """Return a web report. `more` adds fields or overrides them."""
    return {"text": TEXT, "region": "Kota Semarang", "name": NAME, "phone": PHONE, "email": EMAIL} | more


def post(number: int, **more: Any) -> Fields:
    """Return a mention as the X API v2 returns it. A greater number is newer."""
    text = f"@Lapor1708 {TEXT} ({number}) {HANDLE}"
    return {"id": str(1_990_000_000_000_000_000 + number), "author_id": AUTHOR, "text": text} | more
