"""Root keys: they wrap the keys of persons, and each has an id. They are read from a setting, a file or a command.

A list of root keys is text: `ID:HEX` separated by spaces, lines or commas, the current one first. HEX are 64
hexadecimal digits (32 bytes). Nothing else derives from a root key, so ids and numbers survive its rotation.
"""

import base64
import hashlib
import re
import subprocess
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.privacy_settings import PrivacySettings
from config.settings import SettingsError
from messages.sealing import UnknownKeyError, UnsealError

# Beginning of the id of a root key that derives from a root secret.
_DERIVED = "derived-"
_ENTRY = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,39}):([0-9A-Fa-f]{64})")
# A key service has so long to answer.
_COMMAND_SECONDS = 20.0
# The list is read again after this time: a process learns of a new root key without a restart.
REFRESH_SECONDS = 300.0
# The list is read again at most this often because of a key that it lacks.
_MISSING_SECONDS = 15.0

_log = structlog.get_logger()


class RootKeysError(SettingsError):
    """The list of root keys cannot be read. The text quotes no key."""


class MissingRootKeyError(UnknownKeyError):
    """This process lacks a root key. The text is the id of the root key."""

    @property
    def is_of_other_secret(self) -> bool:
        """True for a root key that derives from another root secret, not one of the operator's list."""
        return str(self).startswith(_DERIVED)


class RootKey:
    """One root key. `secret` are 32 bytes."""

    def __init__(self, key_id: str, secret: bytes) -> None:
        self.id = key_id
        self._cipher = AESSIV(HKDF(SHA256(), 64, salt=b"satu-pintu", info=b"wrap").derive(secret))

    def wrap(self, secret: bytes, key_id: str) -> str:
        """Return the key of a person, encrypted and bound to its id, as base64."""
        return base64.b64encode(self._cipher.encrypt(secret, [key_id.encode()])).decode()

    def unwrap(self, wrapped: str, key_id: str) -> bytes:
        """Return the key of a person. Raise `UnsealError` if it was damaged or wrapped by another root key."""
        try:
            return self._cipher.decrypt(base64.b64decode(wrapped, validate=True), [key_id.encode()])
        except (ValueError, InvalidTag) as error:
            raise UnsealError(f"the wrapped key {key_id} is damaged, or root key {self.id} is another one") from error


def parse_root_keys(text: str) -> Sequence[RootKey]:
    """Return the root keys of a list. Raise `RootKeysError`."""
    keys: dict[str, RootKey] = {}
    for number, entry in enumerate(re.split(r"[\s,]+", text.strip()) if text.strip() else (), 1):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise RootKeysError(f"root key {number} of the list is not ID:HEX with 64 hexadecimal digits")
        if match[1] in keys:
            raise RootKeysError(f"two root keys have the id {match[1]}")
        keys[match[1]] = RootKey(match[1], bytes.fromhex(match[2]))
    return tuple(keys.values())


def read_root_key_file(path: Path) -> str:
    """Return the list in a file. Raise `RootKeysError`."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise RootKeysError(f"{path}: {type(error).__name__}") from None


def run_root_key_command(command: str) -> str:
    """Return the list that a command prints, as the client of a key service does. Raise `RootKeysError`.

    The shell runs it, as an operator would. Its output never reaches the disk or the log.
    """
    try:
        run = subprocess.run(command, shell=True, capture_output=True, timeout=_COMMAND_SECONDS, check=False)  # noqa: S602 - the operator's own setting
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RootKeysError(f"the command of the root keys failed: {type(error).__name__}") from None
    if run.returncode:
        raise RootKeysError(f"the command of the root keys ended with exit code {run.returncode}")
    return run.stdout.decode("utf-8", "replace")


def open_root_keys(
    settings: PrivacySettings,
    derived_secret: bytes,
    monotonic: Callable[[], float],
    other_secrets: Iterable[bytes] = (),
) -> "RootKeys":
    """Return the root keys that the settings name. `derived_secret` is the one without a setting.

    `other_secrets` are those of other hosts: they only open. Raises `RootKeysError`.
    """
    derived = [RootKey(_derived_id(secret), secret) for secret in (derived_secret, *other_secrets)]
    if path := settings.root_key_file:
        return RootKeys(lambda: read_root_key_file(path), derived, monotonic)
    if command := settings.root_key_command:
        return RootKeys(lambda: run_root_key_command(command), derived, monotonic)
    return RootKeys(settings.root_keys.get_secret_value, derived, monotonic)


def _derived_id(secret: bytes) -> str:
    """Return an id that differs with the root secret and reveals nothing about it."""
    return f"{_DERIVED}{hashlib.sha256(b'root key id' + secret).hexdigest()[:8]}"


class RootKeys:
    """The root keys of this process. `read` returns the operator's list; without one the first of `derived` is used.

    All of `derived` open also with a list: keys that the first wrapped before the first rotation, and those that hosts
    with another root secret made. The list is read at once, which
    raises `RootKeysError` for one that cannot be used. Later it is read again from time to time.
    """

    def __init__(self, read: Callable[[], str], derived: Sequence[RootKey], monotonic: Callable[[], float]) -> None:
        self._read = read
        self._derived = derived
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._keys = self._with_derived(read())
        self._read_at = monotonic()

    @property
    def current(self) -> RootKey:
        """The root key that wraps new keys."""
        return self._fresh(REFRESH_SECONDS)[0]

    @property
    def ids(self) -> Sequence[str]:
        """Ids of all root keys, the current one first."""
        return [key.id for key in self._fresh(REFRESH_SECONDS)]

    def find(self, key_id: str) -> RootKey:
        """Return the root key with this id. Raises `MissingRootKeyError`."""
        for seconds in (REFRESH_SECONDS, _MISSING_SECONDS):
            for key in self._fresh(seconds):
                if key.id == key_id:
                    return key
        raise MissingRootKeyError(key_id)

    def _fresh(self, max_age: float) -> Sequence[RootKey]:
        with self._lock:
            now = self._monotonic()
            if now - self._read_at >= max_age:
                self._read_at = now
                self._read_again()
            return self._keys

    def _read_again(self) -> None:
        """Read the list again. After a fault the keys stay that this process has."""
        try:
            self._keys = self._with_derived(self._read())
        except RootKeysError as error:
            _log.warning("root_keys.not_read", cause=str(error))

    def _with_derived(self, text: str) -> Sequence[RootKey]:
        return (*parse_root_keys(text), *self._derived)
