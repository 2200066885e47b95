"""The secrets of the service: one root secret, generated if none is set, and a derived key for each purpose."""

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.private_files import secure_folder
from config.settings import Settings

# File of the generated secrets in the data folder. Only its owner can read it.
SECRETS_FILE = "secrets.json"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys derived from the root secret (HKDF-SHA-256), and the tokens by which providers are authenticated.

    The first of `seal_keys` seals. The others of them, and `other_wrap_keys`, open what a host with another root secret
    sealed.
    """

    tracking_key: bytes = field(repr=False)
    sender_key: bytes = field(repr=False)
    seal_keys: tuple[bytes, ...] = field(repr=False)
    wrap_key: bytes = field(repr=False)
    other_wrap_keys: tuple[bytes, ...] = field(repr=False)
    device_key: bytes = field(repr=False)
    duplicate_key: bytes = field(repr=False)
    message_key: bytes = field(repr=False)
    answer_key: bytes = field(repr=False)
    account_key: bytes = field(repr=False)
    link_key: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    twilio_tokens: tuple[str, ...] = field(repr=False)
    twilio_keys: tuple[str, ...] = field(repr=False)
    x_token: str = field(repr=False)


def open_secrets(settings: Settings, new_secret: Callable[[], str]) -> Secrets:
    """Return the secrets of these settings; those that are not set are generated once, in the data folder.

    The data folder is made private before. Raises `SettingsError` if that is not possible.
    """
    secure_folder(settings.home)
    generated = _generated_secrets(settings.home / SECRETS_FILE, new_secret)
    root = settings.secret_key.get_secret_value() or generated["root"]
    other_secrets = [key.get_secret_value() for key in settings.other_secret_keys]
    tokens = tuple(token.get_secret_value() for token in settings.twilio_auth_tokens)
    return Secrets(
        tracking_key=derive_key(root, "tracking", 32),
        sender_key=derive_key(root, "sender", 32),
        seal_keys=tuple(derive_key(secret, "seal", 64) for secret in (root, *other_secrets)),
        wrap_key=derive_key(root, "person keys", 32),
        other_wrap_keys=tuple(derive_key(secret, "person keys", 32) for secret in other_secrets),
        device_key=derive_key(root, "device", 32),
        duplicate_key=derive_key(root, "matter", 32),
        message_key=derive_key(root, "message", 32),
        answer_key=derive_key(root, "answer", 32),
        account_key=derive_key(root, "account", 64),
        link_key=derive_key(root, "link", 32),
        public_key=derive_key(root, "public", 32),
        twilio_tokens=tokens or (generated["twilio"],),
        twilio_keys=tuple(key.get_secret_value() for key in settings.twilio_shared_keys),
        x_token=settings.x_bearer_token.get_secret_value() or generated["x"],
    )


def _generated_secrets(path: Path, new_secret: Callable[[], str]) -> dict[str, str]:
    """Return the secrets in a file that only its owner can read; a missing file is written with new secrets."""
    if not path.exists():
        _write_new_secrets(path, new_secret)
    generated: dict[str, str] = json.loads(path.read_text())
    return generated


def _write_new_secrets(path: Path, new_secret: Callable[[], str]) -> None:
    """Write a complete file or none. If another process has written one first, its secrets stay."""
    new_secrets = {name: new_secret() for name in ("root", "twilio", "x")}
    descriptor, draft_name = tempfile.mkstemp(dir=path.parent, prefix="secrets.")
    draft = Path(draft_name)
    with os.fdopen(descriptor, "w") as file:
        json.dump(new_secrets, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def derive_key(root: str, purpose: str, length: int) -> bytes:
    """Return the key of a purpose, `length` bytes. Nobody can compute the root secret, or another key, from it."""
    return HKDF(SHA256(), length, salt=b"satu-pintu", info=purpose.encode()).derive(root.encode())
