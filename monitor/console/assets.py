"""The console's own files, at addresses that change with what is in them."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from starlette.responses import Response

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_HASH_CHARACTERS = 12
# An address is never used for other bytes.
_FOR_EVER = "public, max-age=31536000, immutable"


class Assets:
    """Scripts and styles of a folder, read once."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._contents: dict[str, tuple[bytes, str]] = {}
        self._named: dict[str, str] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in _TYPES:
                content = path.read_bytes()
                name = f"{path.stem}.{sha256(content).hexdigest()[:_HASH_CHARACTERS]}{path.suffix}"
                self._named[path.name] = name
                self._contents[name] = content, _TYPES[path.suffix]

    @property
    def named(self) -> Mapping[str, str]:
        """The name under which each is served."""
        return self._named

    def answer(self, name: str) -> Response:
        """The file of that name."""
        if name not in self._contents:
            return Response(status_code=404)
        content, media_type = self._contents[name]
        return Response(content, headers={"Cache-Control": _FOR_EVER}, media_type=media_type)
