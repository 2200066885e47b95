"""Classifies a long number by its length and form, its check digit, and the label before it. Pure."""

import re
from collections.abc import Mapping

from stdnum import luhn

from language.ordinary_words import split_words
from normalize.entities.entity import EntityKind

_NOT_DIGITS = re.compile(r"[^0-9]")
# Labels before a number and the kind that they state.
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
        split_words("hp telp telpon telepon tlp tlpn wa whatsapp cp hub hubungi handphone phone"), EntityKind.PHONE
    ),
    **dict.fromkeys(
        split_words(
            "resi awb tracking track barcode tiket ticket registrasi pendaftaran polis booking permohonan berkas"
        ),
        EntityKind.REFERENCE,
    ),
    **dict.fromkeys(split_words("nop nim nip nuptk nisn nrp kks kps"), EntityKind.REFERENCE),
}
# Kepmendagri 300.2.2-2138/2025. A number keeps the code of the province that issued it, so no code is ever removed.
_PROVINCE_CODES = frozenset(
    split_words(
        "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 "
        "95 96"
    )
)
# In a woman's NIK, 40 is added to the day of birth.
_WOMAN_DAY_OFFSET, _LAST_DAY, _LAST_MONTH = 40, 31, 12
# Numbers of digits as the issuers state them: BPJS Kesehatan, BPJS Ketenagakerjaan, PLN.
_NIK_DIGITS, _BPJS_DIGITS = 16, 13
_KIND_BY_LABEL_AND_DIGITS: Mapping[tuple[EntityKind | None, int], EntityKind] = {
    **dict.fromkeys(((EntityKind.BPJS, _BPJS_DIGITS), (EntityKind.KPJ, _BPJS_DIGITS)), EntityKind.BPJS),
    **dict.fromkeys(((EntityKind.BPJS, 11), (EntityKind.KPJ, 11)), EntityKind.KPJ),
    **dict.fromkeys(((EntityKind.IDPEL, 11), (EntityKind.IDPEL, 12)), EntityKind.IDPEL),
    **dict.fromkeys(((EntityKind.METER, 11), (EntityKind.METER, 12)), EntityKind.METER),
}
_MOBILE_DIGITS, _LANDLINE_DIGITS = range(10, 14), range(9, 12)
_NPWP_DIGITS = 15
_LANDLINE_PREFIX = re.compile(r"0[2-79]")
# The part of an NPWP that ends with a check digit (Luhn).
_NPWP_CHECKED_DIGITS = 9
# UPU S10: weights of the eight digits; the check digits that stand for 10 and 11.
_PARCEL_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_PARCEL_CHECK_DIGITS = {10: "0", 11: "5"}


def only_digits(text: str) -> str:
    """Return the digits of a text."""
    return _NOT_DIGITS.sub("", text)


def classify_number(number: str, label: EntityKind | None, *, international: bool = False) -> tuple[EntityKind, str]:
    """Return the kind of a number of nine digits or more and its canonical form.

    A number that fails the check of its label's kind is a number of unknown kind, for a digit of it must be wrong.
    """
    if kind := _kind_by_label(number, label):
        return kind, number
    if phone := _phone_number(number, international=international or label is EntityKind.PHONE):
        return EntityKind.PHONE, phone
    return EntityKind.NUMBER, number


def _kind_by_label(number: str, label: EntityKind | None) -> EntityKind | None:
    """Return the kind by label and number of digits; by the digits alone where they leave no doubt."""
    size = len(number)
    if size == _NIK_DIGITS and label in {None, EntityKind.NIK, EntityKind.KK}:
        # A family card's number (KK) has the form of a NIK: place, date, running number.
        return (label or EntityKind.NIK) if _is_nik(number) else EntityKind.NUMBER
    if label is EntityKind.NPWP:
        return EntityKind.NPWP if _is_npwp_number(number) else EntityKind.NUMBER
    if size == _BPJS_DIGITS and number.startswith("000"):
        return EntityKind.BPJS
    if label in {EntityKind.ACCOUNT, EntityKind.REFERENCE}:
        return label
    return _KIND_BY_LABEL_AND_DIGITS.get((label, size))


def _is_nik(number: str) -> bool:
    """Return whether 16 digits begin with a province's code and contain a date, with 40 added to a woman's day."""
    day, month = int(number[6:8]) % _WOMAN_DAY_OFFSET, int(number[8:10])
    return number[:2] in _PROVINCE_CODES and 1 <= day <= _LAST_DAY and 1 <= month <= _LAST_MONTH


def is_npwp(text: str) -> bool:
    """Return whether a text is an NPWP of 15 digits with a correct check digit: `09.254.294.3-407.000`."""
    return len(only_digits(text)) == _NPWP_DIGITS and _is_npwp_number(only_digits(text))


def _is_npwp_number(number: str) -> bool:
    # The new NPWP is the old one of 15 digits after a 0, or the NIK.
    is_prefixed = len(number) == _NPWP_DIGITS + 1 and number.startswith("0")
    old_number = number[1:] if is_prefixed else number
    if len(old_number) == _NPWP_DIGITS:
        return bool(luhn.is_valid(old_number[:_NPWP_CHECKED_DIGITS]))
    return len(number) == _NIK_DIGITS and _is_nik(number)


def is_parcel_number(text: str) -> bool:
    """Return whether two letters, nine digits and two letters are a postal item's number: the ninth digit is a check.

    The form and the check digit are those of UPU S10.
    """
    weighted = (int(digit) * weight for digit, weight in zip(text[2:10], _PARCEL_WEIGHTS, strict=True))
    check = 11 - sum(weighted) % 11
    return text[10] == _PARCEL_CHECK_DIGITS.get(check, str(check))


def _phone_number(number: str, *, international: bool) -> str:
    """Return the number as `+62…`; an empty string if it is no Indonesian phone number."""
    if international and number.startswith("62"):
        number = f"0{number[2:].removeprefix('0')}"
    is_mobile = number.startswith("08") and len(number) in _MOBILE_DIGITS
    is_landline = len(number) in _LANDLINE_DIGITS and _LANDLINE_PREFIX.match(number)
    return f"+62{number[1:]}" if is_mobile or is_landline else ""
