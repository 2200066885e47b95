"""Writes a folder as an image: an OCI layout in one file, which `docker load` reads, too."""

import gzip
import hashlib
import io
import json
import os
import shutil
import stat
import tarfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from release.image.root_folder import HOME, USER
from release.source import Source

NAME = "satu-pintu"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_SECOND = 1_000_000_000
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "SATUPINTU_HOME": f"/{HOME}",
    "SATUPINTU_HOST": "0.0.0.0",  # noqa: S104 - the engine or the orchestrator decides who reaches the container
    "SATUPINTU_LOG_FORMAT": "json",
}
ENTRYPOINT = ("/usr/local/bin/satupintu",)
HEALTH = ("CMD", "/usr/bin/python3.11", "-m", "app.health")


def write_image(root: Path, source: Source, path: Path) -> None:
    """Write the image of the folder. All files have the time of the commit and belong to root, but the data folder."""
    layer_path = path.with_suffix(".layer")
    content = _write_layer(root, source.epoch, layer_path)
    layer = _Blob.of_file(layer_path)
    config = _Blob.of(_config(source, content))
    manifest = _Blob.of(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": config.descriptor(_CONFIG),
            "layers": [layer.descriptor(_LAYER)],
        }
    )
    reference = {"org.opencontainers.image.ref.name": source.version}
    index = {
        "schemaVersion": 2,
        "mediaType": _INDEX,
        "manifests": [manifest.descriptor(_MANIFEST) | {"annotations": reference}],
    }
    docker = [
        {"Config": config.name, "RepoTags": [f"{NAME}:{source.version}"], "Layers": [layer.name]},
    ]
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, value in (("oci-layout", {"imageLayoutVersion": "1.0.0"}), ("index.json", index)):
            _add(archive, name, io.BytesIO(_json(value)), source.epoch)
        for blob in (manifest, config):
            _add(archive, blob.name, io.BytesIO(blob.content), source.epoch)
        with layer_path.open("rb") as file:
            _add(archive, layer.name, file, source.epoch)
        _add(archive, "manifest.json", io.BytesIO(_json(docker)), source.epoch)
    layer_path.unlink()


def _config(source: Source, layer_content: str) -> Mapping[str, Any]:
    """Return the configuration of the image. `Healthcheck` is Docker's: other engines have probes of their own."""
    created = datetime.fromtimestamp(source.epoch, UTC).isoformat()
    return {
        "created": created,
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "Env": [f"{name}={value}" for name, value in ENVIRONMENT.items()],
            "Entrypoint": list(ENTRYPOINT),
            "Cmd": ["run"],
            "WorkingDir": f"/{HOME}",
            "Volumes": {f"/{HOME}": {}},
            "ExposedPorts": {"1708/tcp": {}, "1710/tcp": {}},
            "StopSignal": "SIGTERM",
            "Healthcheck": {
                "Test": list(HEALTH),
                "Interval": 10 * _SECOND,
                "Timeout": 5 * _SECOND,
                "StartPeriod": 60 * _SECOND,
                "Retries": 3,
            },
            "Labels": {
                "org.opencontainers.image.title": NAME,
                "org.opencontainers.image.version": source.version,
                "org.opencontainers.image.revision": source.commit,
                "org.opencontainers.image.licenses": "Apache-2.0",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_content}"]},
        "history": [{"created": created, "created_by": "make release"}],
    }


def _write_layer(root: Path, epoch: int, path: Path) -> str:
    """Write the compressed layer. Return the SHA-256 of its content."""
    with TemporaryFile(dir=path.parent) as content:
        with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for entry in _entries(root):
                _add_entry(archive, root, entry, epoch)
        content.seek(0)
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        content.seek(0)
        with path.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as compressed:
            shutil.copyfileobj(content, compressed)
    return digest


def _entries(root: Path) -> Iterator[Path]:
    """Yield all paths of the folder, each folder before its content, in the order of their names."""
    for path in sorted(root.rglob("*")):
        yield path.relative_to(root)


def _add_entry(archive: tarfile.TarFile, root: Path, entry: Path, epoch: int) -> None:
    information = archive.gettarinfo(root / entry, str(entry))
    # A hard link would depend on the order in which the packages were extracted.
    if information.islnk():
        information.type, information.linkname = tarfile.REGTYPE, ""
        information.size = (root / entry).stat().st_size
    is_home = str(entry) == HOME
    information.uid = information.gid = USER if is_home else 0
    information.uname = information.gname = ""
    information.mtime = epoch
    information.mode = _mode(root / entry, is_home=is_home)
    if information.isreg():
        with (root / entry).open("rb") as file:
            archive.addfile(information, file)
    else:
        archive.addfile(information)


def _mode(path: Path, *, is_home: bool) -> int:
    """Return the mode in the image. No file has a bit that gives rights of its owner, and only root writes."""
    if path.is_symlink():
        return 0o777
    if is_home:
        return 0o700
    if path.is_dir():
        return 0o1777 if path.name == "tmp" else 0o755
    return 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644


class _Blob:
    """Part of an image, named by its SHA-256. The content of a large one stays in its file."""

    def __init__(self, digest: str, size: int, content: bytes) -> None:
        self._digest = digest
        self._size = size
        self.content = content

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "_Blob":
        """Return the blob of a JSON value."""
        content = _json(value)
        return cls(hashlib.sha256(content).hexdigest(), len(content), content)

    @classmethod
    def of_file(cls, path: Path) -> "_Blob":
        """Return the blob of a file, without its content."""
        with path.open("rb") as file:
            return cls(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size, b"")

    @property
    def name(self) -> str:
        """Its path in the layout."""
        return f"blobs/sha256/{self._digest}"

    def descriptor(self, media_type: str) -> dict[str, Any]:
        """Return the reference to it."""
        return {"mediaType": media_type, "digest": f"sha256:{self._digest}", "size": self._size}


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _add(archive: tarfile.TarFile, name: str, file: BinaryIO, epoch: int) -> None:
    information = tarfile.TarInfo(name)
    information.size = file.seek(0, os.SEEK_END)
    information.mtime = epoch
    information.mode = 0o644
    file.seek(0)
    archive.addfile(information, file)
