"""The environments of the peers: `.bench-peers/NAME`, each with the packages of `requirements/NAME.txt`.

`python -m bench.peers.environments` makes those that are missing or have other packages than their file says. Peers are
never a dependency of the product.
"""

import subprocess
import sys
from pathlib import Path

_FOLDER = Path(__file__).parents[2] / ".bench-peers"
_REQUIREMENTS = Path(__file__).parent / "requirements"


def python_of(environment: str) -> Path | None:
    """Return the Python of an environment; `None` if it was not made, or is older than its file of packages."""
    stamp = _FOLDER / environment / ".ready"
    if not stamp.exists() or stamp.read_text() != _requirements_file(environment).read_text():
        return None
    return _FOLDER / environment / "bin" / "python"


def make_environments() -> None:
    """Make the environments that are missing. Raises `CalledProcessError` if a package cannot be installed."""
    for file in sorted(_REQUIREMENTS.glob("*.txt")):
        if python_of(file.stem):
            continue
        folder = _FOLDER / file.stem
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)  # noqa: S603 - our own command
        pip = [str(folder / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", "-r", str(file)]
        subprocess.run(pip, check=True)  # noqa: S603 - as above
        (folder / ".ready").write_text(file.read_text())


def _requirements_file(environment: str) -> Path:
    return _REQUIREMENTS / f"{environment}.txt"


if __name__ == "__main__":
    make_environments()
