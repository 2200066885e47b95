"""The chart of a release as Helm reads it."""

import gzip
import tarfile
from pathlib import Path

from release.source import Source

NAME = "satu-pintu"


def package_chart(source: Source, out: Path) -> Path:
    """Write `deploy/chart` of the source into `out`. `helm package` would write the time of the day into it."""
    folder = source.folder / "deploy" / "chart"
    path = out / f"{NAME}-{source.version}-chart.tgz"
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", 9, file, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for entry in sorted(entry for entry in folder.rglob("*") if entry.is_file()):
            information = tarfile.TarInfo(f"{NAME}/{entry.relative_to(folder)}")
            information.size, information.mtime, information.mode = entry.stat().st_size, source.epoch, 0o644
            with entry.open("rb") as content:
                archive.addfile(information, content)
    return path
