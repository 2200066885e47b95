"""The service's secrets: one root, made once where none is given, and a key of its own for each purpose."""

import json
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys derived from the root (HKDF-SHA-256), and the tokens providers prove themselves with."""

    tracking_key: bytes = field(repr=False)
    sender_key: bytes = field(repr=False)
    seal_keys: tuple[bytes, ...] = field(repr=False)
    device_key: bytes = field(repr=False)
    matter_key: bytes = field(repr=False)
    twilio_tokens: tuple[str, ...] = field(repr=False)
    twilio_keys: tuple[str, ...] = field(repr=False)
    x_token: str = field(repr=False)


def open_secrets(settings: Settings) -> Secrets:
    """The secrets that these settings name; what they leave out is generated and kept in the data folder."""
    kept = _kept(settings.home / "secrets.json")
    root = settings.secret_key.get_secret_value() or kept["root"]
    tokens = tuple(token.get_secret_value() for token in settings.twilio_auth_tokens)
    return Secrets(
        tracking_key=_derive(root, "tracking", 32),
        sender_key=_derive(root, "sender", 32),
        seal_keys=(_derive(root, "seal", 64),),
        device_key=_derive(root, "device", 32),
        matter_key=_derive(root, "matter", 32),
        twilio_tokens=tokens or (kept["twilio"],),
        twilio_keys=tuple(key.get_secret_value() for key in settings.twilio_shared_keys),
        x_token=settings.x_bearer_token.get_secret_value() or kept["x"],
    )


def _kept(path: Path) -> dict[str, str]:
    """The generated secrets; the file is readable by its owner alone, and made whole or not at all."""
    # The databases in this folder hold what citizens wrote: it is the owner's alone, whoever makes it first.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        made = {name: secrets.token_hex(32) for name in ("root", "twilio", "x")}
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix="secrets.")
        draft = Path(name)
        with os.fdopen(descriptor, "w") as file:
            json.dump(made, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # fails where another process was first: its secrets count
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    kept: dict[str, str] = json.loads(path.read_text())
    return kept


def _derive(root: str, purpose: str, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=b"satu-pintu", info=purpose.encode()).derive(root.encode())
