"""Tells what a long number is: by its length and form, by the check it carries, and by the word before it. Pure."""

import re
from collections.abc import Mapping

from stdnum import luhn

from normalize.entities.common_words import words
from normalize.entities.entity import EntityKind

_NOT_DIGITS = re.compile(r"[^0-9]")
# The word before a number that says what it is.
LABELS: Mapping[str, EntityKind] = {
    **dict.fromkeys(("nik", "ktp", "ektp"), EntityKind.NIK),
    **dict.fromkeys(("kk", "nokk", "keluarga"), EntityKind.KK),
    **dict.fromkeys(("bpjs", "jkn", "kis", "noka", "kartu", "askes", "jamkesmas"), EntityKind.BPJS),
    **dict.fromkeys(("kpj", "kjp", "nokpj", "jamsostek", "bpjstk", "peserta", "kepesertaan"), EntityKind.KPJ),
    "npwp": EntityKind.NPWP,
    **dict.fromkeys(("idpel", "pelanggan", "pln"), EntityKind.IDPEL),
    **dict.fromkeys(("meter", "meteran", "kwh", "token"), EntityKind.METER),
    **dict.fromkeys(("rekening", "rek", "norek", "va", "account"), EntityKind.ACCOUNT),
    **dict.fromkeys(
        words("hp telp telpon telepon tlp tlpn wa whatsapp cp hub hubungi handphone phone"), EntityKind.PHONE
    ),
    **dict.fromkeys(
        words("resi awb tracking track barcode tiket ticket registrasi pendaftaran polis booking permohonan berkas"),
        EntityKind.REFERENCE,
    ),
    **dict.fromkeys(words("nop nim nip nuptk nisn nrp kks kps"), EntityKind.REFERENCE),
}
# Kepmendagri 300.2.2-2138/2025; a number keeps the code of where it was given, so no code is ever given up.
_PROVINCES = frozenset(
    words(
        "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 "
        "95 96"
    )
)
_WOMAN, _LAST_DAY, _LAST_MONTH = 40, 31, 12
# Lengths, by what the issuers write: BPJS Kesehatan, BPJS Ketenagakerjaan, PLN.
_NIK, _BPJS = 16, 13
_SIZED: Mapping[tuple[EntityKind | None, int], EntityKind] = {
    **dict.fromkeys(((EntityKind.BPJS, _BPJS), (EntityKind.KPJ, _BPJS)), EntityKind.BPJS),
    **dict.fromkeys(((EntityKind.BPJS, 11), (EntityKind.KPJ, 11)), EntityKind.KPJ),
    **dict.fromkeys(((EntityKind.IDPEL, 11), (EntityKind.IDPEL, 12)), EntityKind.IDPEL),
    **dict.fromkeys(((EntityKind.METER, 11), (EntityKind.METER, 12)), EntityKind.METER),
}
_MOBILE, _LANDLINE = range(10, 14), range(9, 12)
_NPWP = 15


def digits(written: str) -> str:
    """Only the digits."""
    return _NOT_DIGITS.sub("", written)


def classified(number: str, label: EntityKind | None, *, international: bool = False) -> tuple[EntityKind, str]:
    """The kind of a number of nine digits or more, and its canonical form.

    A number that fails the check of what its label says is a number of unknown kind: a slip was made somewhere.
    """
    if kind := _said(number, label):
        return kind, number
    if phone := _phone(number, international=international or label is EntityKind.PHONE):
        return EntityKind.PHONE, phone
    return EntityKind.NUMBER, number


def _said(number: str, label: EntityKind | None) -> EntityKind | None:
    """The kind by label and length; by length alone where its form leaves no doubt."""
    size = len(number)
    if size == _NIK and label in {None, EntityKind.NIK, EntityKind.KK}:
        # A family card's number is built as a person's: place, date, running number.
        return (label or EntityKind.NIK) if nik(number) else EntityKind.NUMBER
    if label is EntityKind.NPWP:
        return EntityKind.NPWP if _npwp(number) else EntityKind.NUMBER
    if size == _BPJS and number.startswith("000"):
        return EntityKind.BPJS
    return label if label in {EntityKind.ACCOUNT, EntityKind.REFERENCE} else _SIZED.get((label, size))


def nik(number: str) -> bool:
    """Whether 16 digits begin with a province's code and carry a date: 40 more for the day if a woman's."""
    day, month = int(number[6:8]) % _WOMAN, int(number[8:10])
    return number[:2] in _PROVINCES and 1 <= day <= _LAST_DAY and 1 <= month <= _LAST_MONTH


def npwp(written: str) -> bool:
    """Whether a number is written and checks as an NPWP: `09.254.294.3-407.000`."""
    return len(digits(written)) == _NPWP and _npwp(digits(written))


def parcel(written: str) -> bool:
    """Whether it is a postal item's number: two letters, eight digits with a check digit, two letters (UPU S10)."""
    weights = (8, 6, 4, 2, 3, 5, 9, 7)
    check = 11 - sum(int(digit) * weight for digit, weight in zip(written[2:10], weights, strict=True)) % 11
    return written[10] == {10: "0", 11: "5"}.get(check, str(check))


def _npwp(number: str) -> bool:
    # The old number of 15 digits, or the same behind a 0; the first nine carry a check digit (Luhn).
    old = number[1:] if len(number) == _NPWP + 1 and number.startswith("0") else number
    return bool(luhn.is_valid(old[:9])) if len(old) == _NPWP else len(number) == _NIK and nik(number)


def _phone(number: str, *, international: bool) -> str:
    if number.startswith("62") and international:
        number = f"0{number[2:].removeprefix('0')}"
    if number.startswith("08") and len(number) in _MOBILE:
        return f"+62{number[1:]}"
    return f"+62{number[1:]}" if re.match(r"0[2-79]", number) and len(number) in _LANDLINE else ""
