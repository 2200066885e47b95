"""The folder of reference tables: a file of the operator's folder, else the shipped file of that name."""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SHIPPED_FOLDER = Path(__file__).parents[1] / "data"

# When a file was last changed, in nanoseconds of the epoch, and its size in bytes.
FileStamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ReferenceFolder:
    """An operator's folder of reference tables; without one, the shipped tables."""

    path: Path = SHIPPED_FOLDER

    def table(self, name: str) -> Path:
        """Return the operator's file of this name; the shipped file if the folder has none."""
        operators_file = self.path / name
        return operators_file if operators_file.exists() else SHIPPED_FOLDER / name

    def required_table(self, name: str) -> Path:
        """Return the operator's file of this name, also if it does not exist.

        For the list of agencies: the shipped list must never replace the operator's own.
        """
        return self.path / name

    def has_shipped(self, name: str) -> bool:
        """Return True if the shipped file of this name is read beside the operator's list of agencies."""
        return self.table(name).parent == SHIPPED_FOLDER and self.path.resolve() != SHIPPED_FOLDER.resolve()

    def digests(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the SHA-256 digest of each of these tables by name. Raises `OSError`."""
        return {name: hashlib.sha256(self.table(name).read_bytes()).digest() for name in names}

    def stamps(self, names: Iterable[str]) -> Mapping[str, FileStamp]:
        """Return the stamps of these tables as far as the operator's folder has them."""
        stamps = {}
        for name in names:
            with suppress(OSError):
                status = (self.path / name).stat()
                stamps[name] = (status.st_mtime_ns, status.st_size)
        return stamps


SHIPPED = ReferenceFolder()


def version_of(digests: Iterable[bytes]) -> str:
    """Return the version of some tables, 12 hexadecimal digits: equal only if all tables are equal."""
    return hashlib.sha256(b"".join(digests)).hexdigest()[:12]
