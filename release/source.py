"""The tree of one commit, without anything that is not committed."""

import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """A commit, exported to `folder`.

    `epoch` is the time of the commit in seconds: all files of a release have it. `version` is that of `pyproject.toml`,
    the only place that says it.
    """

    folder: Path
    commit: str
    epoch: int
    version: str


def export_source(repository: Path, revision: str, folder: Path) -> Source:
    """Export a revision of the repository to a new folder."""
    commit = _git(repository, "rev-parse", "--verify", f"{revision}^{{commit}}").decode().strip()
    epoch = int(_git(repository, "log", "-1", "--format=%ct", commit))
    folder.mkdir(parents=True)
    # The modes of the files do not depend on whoever builds.
    archive = _git(repository, "-c", "tar.umask=0022", "archive", "--format=tar", commit)
    subprocess.run(["tar", "--extract", "--directory", folder], input=archive, check=True)
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    return Source(folder, commit, epoch, project["project"]["version"])


def _git(repository: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", repository, *arguments], check=True, stdout=subprocess.PIPE).stdout
