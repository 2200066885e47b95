"""Rules for new passwords, and the work that a check takes."""

from secrets import token_bytes

import pytest
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

from accounts.authentication.passwords import Passwords, name_words, password_fault
from tests.accounts.desk import CHEAP_HASHER, PASSWORD, PLACES

NAME, EMAIL = "Sari Dewi Kusuma", "sari.kusuma@semarang.example"


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        (PASSWORD, None),
        ("a1!a2!a3!a4!x", None),
        ("hujan-turun-lagi", None),
        ("ノートと鉛筆と消しゴムです", None),
        ("x" * 11, "too_short"),
        ("abcdefghijk", "too_short"),
        ("", "too_short"),
        ("kata " * 26, "too_long"),
        ("aaaaaaaaaaaa", "common"),
        ("121212121212", "common"),
        ("123456789012", "common"),
        ("987654321098", "common"),
        ("abcdefghijkl", "common"),
        ("qwertyuiopas", "common"),
        ("Password1234", "common"),
        ("passwordpassword", "common"),
        ("Indonesia1945!", "common"),
        ("bismillah12345", "common"),
        ("admin@2026!!!", "common"),
        ("semarang2026", "common"),
        ("Kota-Semarang-1", "common"),
        ("JawaTengah2026", "common"),
        ("acehselatan#1", "common"),
        ("Kemenkes-2026", "common"),
        ("semarang semarang", "common"),
        ("semarang hujan lagi", None),
        ("839201746358", None),
        ("saridewi2026", "personal"),
        ("kusuma-kusuma", "personal"),
        ("sari.kusuma@semarang.example", "personal"),
        ("kusuma suka kopi pagi di beranda", None),
    ],
)
def test_new_passwords(password: str, fault: str | None) -> None:
    """Length, common words, places, institutions and the person's own names count; kinds of characters do not."""
    assert password_fault(password, NAME, EMAIL, name_words(PLACES)) == fault


def test_keyboards_that_compose_characters_in_other_ways() -> None:
    """The same letters from another keyboard are the same password (NFKC)."""
    checked = Passwords(CHEAP_HASHER, token_bytes)
    assert checked.verify(checked.hash("caf\u00e9 di beranda"), "cafe\u0301 di beranda")


def test_no_password_opens_an_empty_hash() -> None:
    """An account without a password, or no account, is checked against a hash that no password has."""
    checked = Passwords(CHEAP_HASHER, token_bytes)
    for password in ("", PASSWORD, "no password of anybody"):
        assert not checked.verify("", password)
        assert not checked.verify("not a hash", password)


def test_a_salt_is_made_of_the_given_bytes() -> None:
    """The same bytes give the same hash, and others another one."""
    same = {Passwords(CHEAP_HASHER, bytes).hash(PASSWORD) for _ in range(2)}
    assert len(same) == 1
    assert not same & {Passwords(CHEAP_HASHER, token_bytes).hash(PASSWORD)}


def test_the_work_is_the_same_for_unknown_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    """One hash is calculated in each case, with the same parameters."""
    checked, verified = Passwords(CHEAP_HASHER, token_bytes), []
    stored = checked.hash(PASSWORD)

    def verify(_self: PasswordHasher, password_hash: str, _password: str) -> bool:
        verified.append(password_hash.rpartition("$")[0].rpartition("$")[0])
        return True

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    checked.verify(stored, "x")
    checked.verify("", "x")
    assert len(verified) == 2
    assert verified[0] == verified[1]


def test_the_real_parameters() -> None:
    """Argon2id with 64 MiB: the second recommended option of RFC 9106."""
    assert PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY).hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
