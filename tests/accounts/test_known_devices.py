"""Known devices: guesses elsewhere lock nobody out of a device on which the person has signed in before."""

from http import HTTPStatus

import pyotp
import pytest

from accounts.authentication.attempts import ACCOUNT, KNOWN_DEVICE, SECOND_FACTOR, TooManyAttempts
from accounts.authentication.sign_in import SecondFactorNeeded, SessionStarted, SignInRefused
from tests.accounts.desk import PASSWORD, Desk, email_of, sign_in, signed_in_client
from tests.accounts.desk_client import OpenDesk

NAME, COLLEAGUE = "Sari Dewi", "Budi Santoso"
_DEVICE = "__Host-meja-perangkat"
_WRONG = "salah semua ini"


def attempt(desk: Desk, password: str, device_token: str = "", name: str = NAME, address: str = "198.51.100.7") -> str:
    """Return the type of the outcome of a sign-in."""
    try:
        result = desk.services.sign_in.with_password(email_of(name), password, address, "", "/desk", device_token)
    except TooManyAttempts:
        return "TooManyAttempts"
    return type(result).__name__


def signed_in_device(desk: Desk, name: str = NAME, device_token: str = "") -> str:
    """Return the token of a device after a sign-in on it."""
    result = desk.services.sign_in.with_password(email_of(name), PASSWORD, "", "", "/desk", device_token)
    assert isinstance(result, SessionStarted)
    return result.device_token


def guess_from_everywhere(desk: Desk) -> None:
    """Use up all guesses that strangers have at the account of `NAME`."""
    for number in range(ACCOUNT.attempts):
        assert attempt(desk, _WRONG, address=f"198.51.100.{number}") == "SignInRefused"


def test_strangers_do_not_lock_out_a_known_device(desk: Desk) -> None:
    """After forty guesses in an hour no unknown device signs in, and the person's own one does."""
    desk.add(NAME)
    device = signed_in_device(desk)
    guess_from_everywhere(desk)
    assert attempt(desk, PASSWORD) == "TooManyAttempts"
    assert attempt(desk, PASSWORD, device) == "SessionStarted"


def test_a_known_device_has_a_limit_of_its_own(desk: Desk) -> None:
    """Its failures lock neither another device nor persons on unknown ones. They are recorded."""
    desk.add(NAME)
    devices = [signed_in_device(desk) for _ in range(2)]
    outcomes = [attempt(desk, _WRONG, devices[0]) for _ in range(KNOWN_DEVICE.attempts)]
    assert outcomes == ["SignInRefused"] * KNOWN_DEVICE.attempts
    assert desk.actions().count("account.sign_in_limited") == 1
    assert attempt(desk, PASSWORD, devices[0]) == "TooManyAttempts"
    assert [attempt(desk, PASSWORD, device) for device in (devices[1], "")] == ["SessionStarted"] * 2
    desk.clock.advance(KNOWN_DEVICE.period)
    assert attempt(desk, PASSWORD, devices[0]) == "SessionStarted"


def test_a_device_is_known_to_the_person_alone(desk: Desk) -> None:
    """An officer cannot guess at a colleague's account on the own device, also not with a changed token."""
    desk.add(NAME)
    desk.add(COLLEAGUE)
    own = signed_in_device(desk, COLLEAGUE)
    guess_from_everywhere(desk)
    device_id, signature = own.split(".")
    changed = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    for token in (own, f"{device_id}.{changed}", device_id, f"{device_id}.", "", "é.x", f"{device_id}{own}"):
        assert attempt(desk, PASSWORD, token) == "TooManyAttempts"


@pytest.mark.slow
def test_persons_share_a_device(desk: Desk) -> None:
    """The last five persons of an office who signed in on a device are known on it."""
    names = [f"Petugas {letter}" for letter in "ABCDEF"]
    token = ""
    for name in names:
        desk.add(name)
        token = signed_in_device(desk, name, token)
    for name in names:
        for number in range(ACCOUNT.attempts):
            attempt(desk, _WRONG, name=name, address=f"198.51.100.{number}")
    outcomes = [attempt(desk, PASSWORD, token, name) for name in names]
    assert outcomes == ["TooManyAttempts"] + ["SessionStarted"] * 5


def test_codes_on_a_known_device(desk: Desk) -> None:
    """Who knows the password and guesses codes locks nobody out of the own device."""
    account_id = desk.add(NAME)
    device = signed_in_device(desk)
    secret = desk.switch_on_second_factor(account_id)
    service = desk.services.sign_in

    def code(typed: str, device_token: str) -> object:
        needed = service.with_password(email_of(NAME), PASSWORD, "", "", "/desk", device_token)
        assert isinstance(needed, SecondFactorNeeded)
        return service.with_second_factor(needed.token, typed, "", device_token)

    for _ in range(SECOND_FACTOR.attempts):
        assert isinstance(code("000000", ""), SignInRefused)
    desk.clock.advance(KNOWN_DEVICE.period)
    right_code = pyotp.TOTP(secret).at(desk.clock.time)
    with pytest.raises(TooManyAttempts):
        code(right_code, "")
    assert isinstance(code(right_code, device), SessionStarted)


def test_unlocking(desk: Desk) -> None:
    """All failures at one account are forgotten: of strangers, of known devices and of codes. Others still count."""
    account_id = desk.add(NAME)
    desk.add(COLLEAGUE)
    device = signed_in_device(desk)
    guess_from_everywhere(desk)
    for _ in range(KNOWN_DEVICE.attempts):
        attempt(desk, _WRONG, device)
        attempt(desk, _WRONG, name=COLLEAGUE)
    for _ in range(SECOND_FACTOR.attempts):
        desk.services.limits.begin_second_factor(account_id, email_of(NAME))

    desk.services.people.unlock(account_id, "Rina", "tebakan orang lain")

    assert [attempt(desk, PASSWORD, token) for token in ("", device)] == ["SessionStarted"] * 2
    desk.services.limits.begin_second_factor(account_id, email_of(NAME))
    assert attempt(desk, PASSWORD, name=COLLEAGUE) == "TooManyAttempts"
    (row,) = [row for row in desk.log if row.action == "account.unlocked"]
    assert (row.subject, row.actor, row.why) == (str(account_id), "Rina", "tebakan orang lain")


def test_a_browser_is_known_after_a_sign_in(desk: Desk, open_desk: OpenDesk) -> None:
    """The cookie stays after the sign-out, on this host alone and for no script. A new browser is locked out."""
    desk.add(NAME)
    client = signed_in_client(desk, open_desk, NAME)
    client.post("/desk/keluar")
    assert set(client.cookies) == {_DEVICE}
    guess_from_everywhere(desk)
    form = {"email": email_of(NAME), "sandi": PASSWORD}
    assert open_desk(desk.app()).post("/desk/masuk", form).status_code == HTTPStatus.TOO_MANY_REQUESTS
    answer = client.post("/desk/masuk", form)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    (line,) = [line for line in answer.raw.headers.getlist("Set-Cookie") if line.startswith(_DEVICE)]
    attributes = {part.strip().lower() for part in line.split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/", "max-age=34560000"} <= attributes
    sign_in(client, NAME)
