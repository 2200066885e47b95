"""Passwords: hashes by Argon2id, and the rules for a new password (NIST SP 800-63B, 5.1.1.2).

A password has a length and must not be a common or personal one. There are no rules for kinds of characters.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from typing import Literal, TypeAlias

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_PASSWORD_LENGTH = 12
MAX_PASSWORD_LENGTH = 128
PasswordFault: TypeAlias = Literal["too_short", "too_long", "common", "personal"]

_MIN_DIFFERENT_CHARACTERS = 5
# Shorter parts of a name occur in many words.
_MIN_NAME_PART_LENGTH = 4
# A password must have this many characters beside the person's own names.
_MIN_IMPERSONAL_LENGTH = 8
# Words that the commonest passwords consist of, alone or repeated, with figures or punctuation.
_COMMON_WORDS = frozenset(
    {
        "admin",
        "administrator",
        "akucinta",
        "akuganteng",
        "alhamdulillah",
        "anakbangsa",
        "bandung",
        "bhinneka",
        "bismillah",
        "bismillahirrahmanirrahim",
        "cintaku",
        "dashboard",
        "doraemon",
        "dragon",
        "football",
        "garuda",
        "hello",
        "iloveyou",
        "indonesia",
        "indonesiaraya",
        "jakarta",
        "katakunci",
        "katasandi",
        "kominfo",
        "lapor",
        "letmein",
        "login",
        "merdeka",
        "monkey",
        "naruto",
        "pancasila",
        "passw",
        "password",
        "pelayanan",
        "pemkab",
        "pemkot",
        "pengaduan",
        "persib",
        "princess",
        "qazwsx",
        "qazwsxedc",
        "qwerty",
        "qwertyuiop",
        "qwertyuiopasdf",
        "rahasia",
        "sandi",
        "satupintu",
        "sayang",
        "sayangku",
        "semangat",
        "superman",
        "surabaya",
        "terserah",
        "test",
        "trustno",
        "welcome",
    }
)
# Words beside the names of places and institutions, as in `kotasemarang` and `dinkes-jateng`.
_OFFICE_WORDS = frozenset(
    {
        *("badan", "balai", "daerah", "desa", "dinas", "kabupaten", "kantor", "kecamatan", "kelurahan", "kementerian"),
        *("kota", "pemda", "pemerintah", "pemkab", "pemkot", "pemprov", "polda", "polres", "provinsi", "satpol"),
        *(
            "jabar",
            "jateng",
            "jatim",
            "jogja",
            "kalbar",
            "kalsel",
            "kalteng",
            "kaltim",
            "ntb",
            "ntt",
            "sulsel",
            "sumbar",
        ),
    }
)
_MIN_PLACE_WORD_LENGTH = 3
_MOST_PLACE_WORDS = 4
_SEQUENCES = (
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
)


class WeakPassword(Exception):
    """The new password is refused."""

    def __init__(self, fault: PasswordFault) -> None:
        super().__init__(fault)
        self.fault: PasswordFault = fault


def name_words(names: Iterable[str]) -> frozenset[str]:
    """Return the words of names of places and institutions: alone, or with figures, they are no password."""
    words = {word for name in names for word in re.split(r"[\W\d_]+", name.casefold())}
    return frozenset(word for word in words if len(word) >= _MIN_PLACE_WORD_LENGTH) | _OFFICE_WORDS


def password_fault(
    password: str, name: str, email: str, public_words: Collection[str] = frozenset()
) -> PasswordFault | None:
    """Return the reason why a person may not have this password, None if there is none.

    `public_words` are words of `name_words`, of which no password may consist.
    """
    password = _normalized(password)
    if len(password) < MIN_PASSWORD_LENGTH:
        return "too_short"
    if len(password) > MAX_PASSWORD_LENGTH:
        return "too_long"
    folded = password.casefold()
    if _is_common(folded) or _consists_of(re.sub(r"[\W\d_]", "", folded), public_words):
        return "common"
    return "personal" if _is_personal(folded, name, email) else None


def _normalized(password: str) -> str:
    """Return the form in which all keyboards give the same characters."""
    return unicodedata.normalize("NFKC", password)


def _is_common(folded: str) -> bool:
    if len(set(folded)) < _MIN_DIFFERENT_CHARACTERS or any(folded in sequence for sequence in _SEQUENCES):
        return True
    letters = re.sub(r"[\W\d_]", "", folded)
    return any(letters == word * max(1, len(letters) // len(word)) for word in _COMMON_WORDS)


def _consists_of(letters: str, words: Collection[str]) -> bool:
    """Return True if the letters are some of these words, one after the other."""
    ends = {0}
    for _ in range(_MOST_PLACE_WORDS):
        ends = {end + len(word) for end in ends for word in words if letters.startswith(word, end)}
        if letters and len(letters) in ends:
            return True
    return False


def _is_personal(folded: str, name: str, email: str) -> bool:
    parts = {part for part in re.split(r"[\W_]+", f"{name} {email}".casefold()) if len(part) >= _MIN_NAME_PART_LENGTH}
    without_names = folded
    for part in sorted(parts, key=len, reverse=True):
        without_names = without_names.replace(part, "")
    return without_names != folded and len(without_names) < _MIN_IMPERSONAL_LENGTH


class Passwords:
    """Hashes and checks passwords with the parameters of `hasher`. The caller limits the number at once.

    `random_bytes` makes the salt of each hash.
    """

    def __init__(self, hasher: PasswordHasher, random_bytes: Callable[[int], bytes]) -> None:
        self._hasher = hasher
        self._random_bytes = random_bytes

    @cached_property
    def _unmatched_hash(self) -> str:
        """Checked for unknown persons, so that their answer takes as long as that of known ones."""
        return self.hash("no password of anybody")

    def hash(self, password: str) -> str:
        """Return the hash of a password, with a new salt."""
        return self._hasher.hash(_normalized(password), salt=self._random_bytes(self._hasher.salt_len))

    def verify(self, password_hash: str, password: str) -> bool:
        """Return True if the password has this hash. An empty hash matches no password and takes as long."""
        # Made at the first check, whoever is checked: a start need not wait for it.
        unmatched_hash = self._unmatched_hash
        try:
            self._hasher.verify(password_hash or unmatched_hash, _normalized(password)[:MAX_PASSWORD_LENGTH])
        except (VerificationError, InvalidHashError):
            return False
        return bool(password_hash)

    def needs_rehash(self, password_hash: str) -> bool:
        """Return True if the hash was made with other parameters."""
        return self._hasher.check_needs_rehash(password_hash)
