"""Folders of the source as archives: the chart as Helm reads it, and what an operator installs and reads."""

import gzip
import tarfile
from collections.abc import Mapping
from pathlib import Path

from release.source import Source

NAME = "satu-pintu"


def package_chart(source: Source, out: Path) -> None:
    """Write `deploy/chart` into the folder `out`. `helm package` would write the time of the day into it."""
    files = _files(source.folder / "deploy" / "chart")
    _write(out / f"{NAME}-{source.version}-chart.tgz", source, {f"{NAME}/{name}": path for name, path in files.items()})


def package_operators_files(source: Source, out: Path) -> None:
    """Write the files of `deploy` without the chart, and the documents."""
    top = f"{NAME}-{source.version}"
    files = {name: path for name, path in _files(source.folder / "deploy").items() if not name.startswith("chart/")}
    entries = {f"{top}/deploy/{name}": path for name, path in files.items()}
    entries |= {f"{top}/docs/{path.name}": path for path in (source.folder / "docs").glob("*.md")}
    entries |= {f"{top}/{name}": source.folder / name for name in ("LICENSE", "RELEASING.md", "CHANGELOG.md")}
    _write(out / f"{top}-deploy.tgz", source, entries)


def _files(folder: Path) -> Mapping[str, Path]:
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


def _write(path: Path, source: Source, entries: Mapping[str, Path]) -> None:
    """Write the files in the order of their names, with the time of the commit."""
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", 9, file, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, entry in sorted(entries.items()):
            information = tarfile.TarInfo(name)
            information.size, information.mtime = entry.stat().st_size, source.epoch
            information.mode = entry.stat().st_mode & 0o755
            with entry.open("rb") as content:
                archive.addfile(information, content)
