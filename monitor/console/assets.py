"""Serves the console's scripts and styles. The address of a file contains a hash of its content."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from starlette.responses import Response

_FOLDER = Path(__file__).parent / "static"
_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_HASH_CHARACTERS = 12
# Browsers may keep a file for a year: changed content gets another address.
_CACHE_CONTROL = "public, max-age=31536000, immutable"


class Assets:
    """Scripts and styles of a folder, read once."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._contents: dict[str, tuple[bytes, str]] = {}
        self._served_names: dict[str, str] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in _MEDIA_TYPES:
                content = path.read_bytes()
                served_name = f"{path.stem}.{sha256(content).hexdigest()[:_HASH_CHARACTERS]}{path.suffix}"
                self._served_names[path.name] = served_name
                self._contents[served_name] = content, _MEDIA_TYPES[path.suffix]

    @property
    def served_names(self) -> Mapping[str, str]:
        """Name with hash under which each file is served, by file name."""
        return self._served_names

    def serve(self, name: str) -> Response:
        """Return the file with this served name; 404 if there is none."""
        if name not in self._contents:
            return Response(status_code=404)
        content, media_type = self._contents[name]
        return Response(content, headers={"Cache-Control": _CACHE_CONTROL}, media_type=media_type)
