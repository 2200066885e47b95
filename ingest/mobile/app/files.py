"""The files of the app, and the list of them by which a browser notices a new version.

The service worker (`static/sw.js`) imports the list as `version.js`. It keeps a file only if the file has the hash of
the list, so a browser never mixes two versions.
"""

import gzip
import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

STATIC = Path(__file__).parent / "static"
INDEX = "index.html"
WORKER_SCRIPT, VERSION_SCRIPT = "sw.js", "version.js"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
}
_COMPRESSED = frozenset({".css", ".html", ".js", ".webmanifest"})
# Files that the app does not need without a network: the browser reads them when it installs the app.
_ONLINE_ONLY = frozenset({WORKER_SCRIPT, VERSION_SCRIPT, "screenshot-narrow.webp", "screenshot-wide.webp"})


@dataclass(frozen=True)
class AppFile:
    """One file. `name` is its last part of the address, `index.html` for the address of the app itself."""

    name: str
    content: bytes

    @property
    def media_type(self) -> str:
        """Media type, by the end of the name."""
        return _MEDIA_TYPES[Path(self.name).suffix]

    @property
    def path(self) -> str:
        """Address below that of the app."""
        return "" if self.name == INDEX else self.name

    @cached_property
    def compressed(self) -> bytes | None:
        """The content compressed by gzip; `None` for a picture."""
        return gzip.compress(self.content, mtime=0) if Path(self.name).suffix in _COMPRESSED else None

    @cached_property
    def integrity(self) -> str:
        """Hash of the content, as browsers compare it (Subresource Integrity)."""
        return f"sha256-{b64encode(hashlib.sha256(self.content).digest()).decode()}"


def read_files(folder: Path = STATIC) -> Mapping[str, bytes]:
    """Return the contents of the app's files by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in _MEDIA_TYPES}


def with_version(contents: Mapping[str, bytes]) -> Mapping[str, AppFile]:
    """Return the files by name, with the list of those that the app keeps."""
    files = {name: AppFile(name, content) for name, content in contents.items()}
    kept = {file.path: file.integrity for name, file in files.items() if name not in _ONLINE_ONLY}
    # A change of the worker alone is a new version, too.
    everything = json.dumps({name: file.integrity for name, file in sorted(files.items())})
    version = hashlib.sha256(everything.encode()).hexdigest()[:12]
    script = f"export const VERSION = {json.dumps(version)}\nexport const FILES = {json.dumps(kept, indent=1)}\n"
    # A browser compares the worker itself first. Chromium could not start a worker of which only an import had changed.
    worker = AppFile(WORKER_SCRIPT, contents[WORKER_SCRIPT] + f"// Version {version}\n".encode())
    return {**files, WORKER_SCRIPT: worker, VERSION_SCRIPT: AppFile(VERSION_SCRIPT, script.encode())}
