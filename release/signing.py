"""Checksums of the files of a release, and the signature of the checksums by OpenSSH's `ssh-keygen`."""

import hashlib
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

CHECKSUMS = "SHA256SUMS"
# Who signs, and for what: a signature for another purpose is no signature of a release.
IDENTITY = "release@satu-pintu"
NAMESPACE = "satu-pintu-release"


def digests(paths: Iterable[Path]) -> Mapping[str, str]:
    """Return the SHA-256 of each file by its name."""
    found = {}
    for path in paths:
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def write_checksums(folder: Path) -> Path:
    """Write the checksums of all files of the folder, as `sha256sum --check` reads them."""
    lines = [f"{digest}  {name}\n" for name, digest in sorted(digests(folder.iterdir()).items())]
    path = folder / CHECKSUMS
    path.write_text("".join(lines))
    return path


def sign(checksums: Path, key: Path, allowed_signers: Path) -> None:
    """Sign the checksums, then verify them as an operator does. Raises `CalledProcessError`.

    So nobody publishes a release whose key is not among those that operators know.
    """
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", NAMESPACE, checksums], check=True)
    signature = checksums.with_name(f"{checksums.name}.sig")
    verify: list[str | Path]
    verify = ["ssh-keygen", "-Y", "verify", "-f", allowed_signers, "-I", IDENTITY, "-n", NAMESPACE, "-s", signature]
    subprocess.run(verify, input=checksums.read_bytes(), check=True, stdout=subprocess.DEVNULL)
