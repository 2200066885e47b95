"""Invented persons, each with data that occur nowhere else, and the search for these data in any bytes.

A value is looked for as it is, in small letters, as digits alone, in Base64 and in hexadecimal digits. The part that is
looked for has letters and digits only, so that it reads the same in an encoded address.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias, get_args

Mode: TypeAlias = Literal["open", "rahasia", "anonim"]
# The first six are the sender's identity, the next five stand in the words of a report, the last in a picture.
Item: TypeAlias = Literal[
    "name",
    "number",
    "email",
    "account",
    "device",
    "push-token",
    "written-name",
    "written-number",
    "written-nik",
    "written-street",
    "written-handle",
    "exif",
]
MODES: tuple[Mode, ...] = get_args(Mode)
ITEMS: tuple[Item, ...] = get_args(Item)
IDENTITY, WORDS = ITEMS[:6], ITEMS[6:11]

_DIGITS = b"0123456789"
_NO_DIGITS = bytes(set(range(256)) - set(_DIGITS))
# Letters of Base64 that depend on the bytes before and behind a value, by the position of its first byte.
_UNSTABLE_START = (0, 2, 3)


class Finding(NamedTuple):
    """One kind of data of one person."""

    mode: Mode
    item: Item


@dataclass(frozen=True, slots=True)
class Person:
    """An invented citizen who reports in one mode. `tokens` are the parts of the values that are looked for."""

    mode: Mode
    name: str
    phone: str
    email: str
    account: str
    device: str
    push_token: str
    written_name: str
    words: str
    artist: str
    tokens: Mapping[Item, str]


def _person(number: int, mode: Mode, name: str, written_name: str, street: str) -> Person:
    """Return a person whose numbers end with `number`. Of each name the last word is looked for."""
    phone, written_phone = f"8129081710{number}", f"8129081720{number}"
    account, device = f"90234000170{number}", f"0d1f3a52-8a5e-4c1b-9d68-90234099000{number}"
    nik, mailbox, push_token = f"337401450998000{number}", f"posmerpati{number}", f"tokenponselkenari{number}"
    handle, artist = f"kicaumerpati{number}", f"Jurupotretkenari{number}"
    words = f"Saya {written_name}, NIK {nik}, alamat Gang {street} Nomor 7, telepon 0{written_phone}, akun @{handle}"
    tokens: dict[Item, str] = {
        "name": name.rsplit(maxsplit=1)[-1],
        "number": phone,
        "email": mailbox,
        "account": account,
        "device": device,
        "push-token": push_token,
        "written-name": written_name.rsplit(maxsplit=1)[-1],
        "written-number": written_phone,
        "written-nik": nik,
        "written-street": street,
        "written-handle": handle,
        "exif": artist,
    }
    email = f"{mailbox}@contoh.id"
    identity = (name, f"+62{phone}", email, account, device, push_token)
    return Person(mode, *identity, written_name, words, artist, MappingProxyType(tokens))


PERSONS: Mapping[Mode, Person] = MappingProxyType(
    {
        "open": _person(1, "open", "Sekarwangi Kenaridewi", "Larasati Cendanawulan", "Trembesijingga"),
        "rahasia": _person(2, "rahasia", "Ratnapuspa Merpatisari", "Indrawati Gaharuwulan", "Ketapangungu"),
        "anonim": _person(3, "anonim", "Tirtakelana Pipitlestari", "Kusumawati Jatiwulan", "Sonokelingbiru"),
    }
)


def findings_in(data: bytes) -> frozenset[Finding]:
    """Return whose data the bytes have, and which."""
    folded = data.lower()
    digits = folded.translate(None, _NO_DIGITS)
    haystacks = {"folded": folded, "exact": data, "digits": digits}
    return frozenset(finding for where, pattern, finding in _PATTERNS if pattern in haystacks[where])


def _patterns() -> Iterator[tuple[str, bytes, Finding]]:
    """Yield each pattern with the form of the bytes in which it is looked for."""
    for person in PERSONS.values():
        for item, token in person.tokens.items():
            finding, spellings = Finding(person.mode, item), {token, token.lower(), token.replace("-", "")}
            for spelling in spellings:
                yield "folded", spelling.lower().encode(), finding
                yield "folded", spelling.encode().hex().encode(), finding
                yield from (("exact", encoded, finding) for encoded in _in_base64(spelling.encode()))
            if token.isdigit():
                yield "digits", token.encode(), finding


def _in_base64(value: bytes) -> Iterable[bytes]:
    """Return what the value looks like in Base64, wherever it begins. Both alphabets write letters and digits alike."""
    for start, unstable in enumerate(_UNSTABLE_START):
        encoded = base64.b64encode(b"\0" * start + value)
        complete = (start + len(value)) * 8 // 6
        yield encoded[unstable:complete]


_PATTERNS = tuple(_patterns())
