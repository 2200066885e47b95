"""Settings and secrets: a safe default for one machine, and an error that names each unusable setting."""

import stat
import subprocess
import sys
from pathlib import Path
from secrets import token_hex

import pytest

from config.secrets import open_secrets
from config.setting_values import is_loopback
from config.settings import Settings, SettingsError, given_names, load, unknown_names
from tests.support.paths import ROOT


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run in a folder without a `.env` file."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("environment", "error"),
    [
        ({"SATUPINTU_BUS": "pigeon"}, "SATUPINTU_BUS: "),
        ({"SATUPINTU_BUS": "kafka"}, "SATUPINTU_KAFKA_BOOTSTRAP is needed"),
        ({"SATUPINTU_PORT": "70000"}, "SATUPINTU_PORT: "),
        ({"SATUPINTU_SECRET_KEY": "short"}, "SATUPINTU_SECRET_KEY must have 32 characters"),
        ({"SATUPINTU_PUBLIC_URL": "lapor.example"}, "SATUPINTU_PUBLIC_URL must begin with http"),
        ({"SATUPINTU_TWILIO_BASE_URL": "gateway:4317"}, "SATUPINTU_TWILIO_BASE_URL must begin with http"),
        ({"SATUPINTU_KAFKA_SECURITY": "SASL_SSL"}, "SATUPINTU_KAFKA_SASL_MECHANISM is needed"),
        (
            {"SATUPINTU_OPS_PEERS": "http://10.0.0.6:1710,10.0.0.7:1710"},
            "SATUPINTU_OPS_PEERS: address 2 must begin",
        ),
        ({"SATUPINTU_DESK_URL": "meja.example"}, "SATUPINTU_DESK_URL must begin with http"),
        (
            {"SATUPINTU_OIDC_ISSUER": "https://masuk.example"},
            "SATUPINTU_OIDC_CLIENT_ID and SATUPINTU_OIDC_CLIENT_SECRET",
        ),
        (
            {
                "SATUPINTU_OIDC_ISSUER": "http://masuk.example",
                "SATUPINTU_OIDC_CLIENT_ID": "lapor",
                "SATUPINTU_OIDC_CLIENT_SECRET": "rahasia",
            },
            "SATUPINTU_OIDC_ISSUER must begin with https://",
        ),
        ({"SATUPINTU_X_USER_ID": "@Lapor1708"}, "SATUPINTU_X_USER_ID: "),
        ({"SATUPINTU_WEBHOOK_ALLOWED_NETWORKS": "10.0.0.1/8"}, "SATUPINTU_WEBHOOK_ALLOWED_NETWORKS_0: "),
        ({"SATUPINTU_SMTP_HOST": "mail.example"}, "SATUPINTU_SMTP_FROM must be a mail address"),
        (
            {"SATUPINTU_SMTP_HOST": "mail.example", "SATUPINTU_SMTP_FROM": "a@b.example\nBcc: c@d.example"},
            "SATUPINTU_SMTP_FROM must be a mail address",
        ),
        (
            {"SATUPINTU_SMTP_SECURITY": "none", "SATUPINTU_SMTP_PASSWORD": "short"},
            "SATUPINTU_SMTP_PASSWORD needs SATUPINTU_SMTP_SECURITY=starttls or tls",
        ),
        ({"SATUPINTU_RATES": "web=abc"}, "SATUPINTU_RATES: Value error, 'web=abc' is not a rate; write web=60/minute"),
        (
            {"SATUPINTU_BATCH_PAUSES": "router=5001"},
            "SATUPINTU_BATCH_PAUSES_ROUTER: Input should be less than or equal",
        ),
        ({"SATUPINTU_RATES": "web=60/minute,sms:5"}, "SATUPINTU_RATES: Value error, 'sms:5' names no door and rate"),
    ],
)
def test_an_unusable_setting_is_named(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], error: str) -> None:
    """The error names the variable and the fault, never the value of a secret."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load()
    assert error in str(caught.value)
    assert "short" not in str(caught.value).replace("shorter", "")


def test_a_folder_of_secrets_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file has one setting, without the end of its line. A variable wins, and a file of no setting is named."""
    secrets = {
        "SATUPINTU_SECRET_KEY": "k" * 40,
        "SATUPINTU_SMPP_PASSWORD": "from",
        "SATUPINTU_TWILIO_AUTH_TOKENS": "a,b",
    }
    for name, value in secrets.items():
        (tmp_path / name).write_text(f"{value}\n")
    (tmp_path / "SATUPINTU_SECERT_KEY").write_text("misspelt\n")
    monkeypatch.setenv("SATUPINTU_SECRETS_FOLDER", str(tmp_path))
    monkeypatch.setenv("SATUPINTU_SMPP_PASSWORD", "variable")
    settings = load()
    assert settings.secret_key.get_secret_value() == "k" * 40
    assert settings.smpp_password.get_secret_value() == "variable"
    assert [token.get_secret_value() for token in settings.twilio_auth_tokens] == ["a", "b"]
    assert unknown_names(given_names()) == ["SATUPINTU_SECERT_KEY"]


def test_a_missing_folder_of_secrets_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service whose secrets were not mounted does not start with secrets that it makes itself."""
    monkeypatch.setenv("SATUPINTU_SECRETS_FOLDER", str(tmp_path / "missing"))
    with pytest.raises(SettingsError, match=r"SATUPINTU_SECRETS_FOLDER: .*missing is no folder"):
        load()


def test_an_env_file_is_read(tmp_path: Path) -> None:
    """It is read like the environment; tokens are separated by commas."""
    (tmp_path / ".env").write_text(
        "SATUPINTU_PORT=1709\nSATUPINTU_TWILIO_AUTH_TOKENS=one, two\nSATUPINTU_TWILIO_SHARED_KEYS=three,four\n"
    )
    settings = load()
    assert settings.port == 1709
    secrets = open_secrets(settings, lambda: token_hex(32))
    assert (secrets.twilio_tokens, secrets.twilio_keys) == (("one", "two"), ("three", "four"))


def test_secrets_do_not_print() -> None:
    """Printed settings and secrets show no secret."""
    twilio = {"twilio_auth_tokens": "twilio-secret", "twilio_shared_keys": "twilio-secret"}
    settings = Settings.model_validate({"secret_key": "a very secret root of thirty-two or more", **twilio})
    assert "very secret" not in f"{settings!r} {settings} {open_secrets(settings, lambda: token_hex(32))!r}"
    assert "twilio-secret" not in f"{settings!r} {settings} {open_secrets(settings, lambda: token_hex(32))!r}"


def test_generated_secrets_are_stored_for_the_owner_only(tmp_path: Path) -> None:
    """They are generated once, differ between installations, and other users of the machine cannot read them."""
    first, second = Settings(home=tmp_path / "first"), Settings(home=tmp_path / "second")
    assert open_secrets(first, lambda: token_hex(32)) == open_secrets(first, lambda: token_hex(32))
    assert (
        open_secrets(first, lambda: token_hex(32)).tracking_key
        != open_secrets(second, lambda: token_hex(32)).tracking_key
    )
    assert stat.S_IMODE((tmp_path / "first" / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "first").stat().st_mode) == 0o700


def test_each_purpose_has_its_own_key(tmp_path: Path) -> None:
    """A leaked tracking key opens no seal."""
    secrets = open_secrets(Settings(home=tmp_path), lambda: token_hex(32))
    assert len({secrets.tracking_key, secrets.sender_key, *secrets.seal_keys}) == 3


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:1709", True),
        ("http://localhost:1", True),
        ("http://[::1]:1", True),
        ("https://api.x.com", False),
        ("http://10.0.0.1", False),
        ("nonsense", False),
    ],
)
def test_loopback_addresses_are_recognised(url: str, loopback: bool) -> None:  # noqa: FBT001
    """A replay posts to this machine only."""
    assert is_loopback(url) is loopback


def test_without_a_token_x_is_simulated() -> None:
    """One machine needs no account. With a token, X itself is read."""
    assert Settings().practice_x
    assert (Settings().x_url, Settings().x_pause) == ("http://127.0.0.1:1709", 1.0)
    real = Settings(x_bearer_token="t")  # type: ignore[arg-type]
    assert (real.practice_x, real.x_url, real.x_pause) == (False, "https://api.x.com", 15.0)


_RAISES = """
import logging, structlog
from config import logs
logs.configure("info", "json")
try:
    raise ValueError("+628000000021")
except ValueError as error:
    structlog.get_logger().error("ours", exc_info=error)
    logging.getLogger("uvicorn.error").exception("theirs")
"""


def test_a_logged_exception_has_no_text() -> None:
    """The log shows the class and the place of an exception, also of a library, not its text."""
    log = subprocess.run([sys.executable, "-c", _RAISES], cwd=ROOT, capture_output=True, text=True, check=True).stderr
    assert log.count('"error": "ValueError"') == log.count('"raised_at": "<string>:') == 2
    assert "+62800" not in log


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("10.0.0.7", "10.0.0.7"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - what others set
        ("::", "[::1]"),
        ("fd00::7", "[fd00::7]"),
    ],
)
def test_this_process_is_watched_at_its_own_address(host: str, address: str) -> None:
    """Without named processes the monitor watches the process of this machine."""
    assert Settings(ops_host=host, port=1708).peers == [f"http://{address}:1710"]


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({}, "http://127.0.0.1:1708"),
        ({"desk_port": 1800}, "http://127.0.0.1:1800"),
        ({"public_url": "https://lapor.example/"}, "https://lapor.example"),
        ({"public_url": "https://lapor.example", "desk_port": 1800}, "https://lapor.example"),
        ({"public_url": "https://lapor.example", "desk_url": "https://meja.example/"}, "https://meja.example"),
    ],
)
def test_the_address_of_the_desk(values: dict[str, object], address: str) -> None:
    """Invitations lead to the desk's own address, else to the public one, else to its port on this machine."""
    assert Settings.model_validate(values).desk_reached_at == address
