"""A repository with the working tree as its only commit, so that a release is built from what is tested."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.support.paths import ROOT

_COMMITTER = {
    "GIT_AUTHOR_NAME": "Sri Contoh",
    "GIT_AUTHOR_EMAIL": "sri@example.org",
    "GIT_AUTHOR_DATE": "2026-12-01T08:00:00+07:00",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
_COMMITTER |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in _COMMITTER.items() if "AUTHOR" in name}


def tool(name: str, package: str) -> str:
    """Return the path of a program; skip the test without it."""
    path = shutil.which(name, path=f"{ROOT / '.helm'}{os.pathsep}{os.environ['PATH']}")
    if not path:
        missing(f"no {name} on PATH (Debian's package {package})")
    return str(path)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository whose only commit is the working tree, without what git ignores."""
    git = tool("git", "git")
    if not (ROOT / ".git").exists():
        missing("the tests were not started in a clone")
    folder = tmp_path_factory.mktemp("repository") / "clone"
    listed = subprocess.run(
        [git, "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    # Pictures and messages of other tests are large, and in no file of a release.
    names = [name for name in listed.decode().split("\0") if name and not name.startswith(("tests/", "docs/images/"))]
    for name in names:
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "A release"]):
        subprocess.run([git, "-C", folder, *arguments], check=True, env={**os.environ, **_COMMITTER})
    return folder
