"""The image: read by other tools, without a shell, and the whole service runs in it as an unprivileged user.

`make image` builds it (a minute); CI does so before the tests. `SATUPINTU_TEST_IMAGE` names the file.
"""

import json
import os
import re
import shlex
import stat
import subprocess
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker

from release.image.archive import ENVIRONMENT
from release.image.debian import package_versions
from release.image.libraries import installed_libraries
from release.image.root_folder import USER
from release.pins import pins
from tests.conftest import missing
from tests.release.conftest import tool
from tests.support.import_graph import PACKAGES
from tests.support.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
Run = Callable[..., subprocess.CompletedProcess[str]]
_MEGABYTE = 1_000_000
# Starts the service, and asks before it, while it runs and after it. The service ends by SIGTERM.
_HEALTH = """
import json, subprocess, sys, time
service, check = map(json.loads, sys.argv[1:])
codes = [subprocess.call(check)]
with subprocess.Popen(service, stdout=subprocess.DEVNULL) as process:
    while subprocess.call(check) and process.poll() is None:
        time.sleep(0.5)
    codes.append(subprocess.call(check))
    process.terminate()
codes.append(subprocess.call(check))
print(*codes)
"""
# Finds and imports every module of our packages, as the image has them, and what the program uses of Twilio's library.
_IMPORT_ALL = """
import importlib, pkgutil, sys
from twilio.rest import Client
Client("AC" + "0" * 32, "token").messages
names = []
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    names += [module.name for module in pkgutil.walk_packages(package.__path__, f"{name}.")]
for name in names:
    # Alembic loads its scripts by path. The archive needs pyarrow, which is not in the image.
    if not name.startswith(("app.migrations.", "sinks.archive.")) and not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names))
"""


@pytest.fixture(scope="session")
def image() -> Path:
    """Return the file of the image."""
    path = Path(os.environ.get("SATUPINTU_TEST_IMAGE", ROOT / "dist" / "image.tar"))
    if not path.exists():
        missing(f"no image at {path}: make image (needs root, and Debian's mmdebstrap and binutils)")
    return path


@pytest.fixture(scope="session")
def layout(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the image as a folder."""
    folder = tmp_path_factory.mktemp("layout")
    with tarfile.open(image) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="session")
def config(layout: Path) -> Mapping[str, Any]:
    """Return the image's configuration, by way of its index and its manifest."""
    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = _blob(layout, entry["digest"])
    configuration: Mapping[str, Any] = _blob(layout, manifest["config"]["digest"])["config"]
    return configuration


def _blob(layout: Path, digest: str) -> Any:
    return json.loads((layout / "blobs" / digest.replace(":", "/")).read_text())


@pytest.fixture(scope="session")
def root(layout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the image's files, unpacked by umoci."""
    umoci = tool("umoci", "umoci")
    if os.geteuid() != 0:
        missing("umoci keeps the owners of files only for root")
    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    tag = entry["annotations"]["org.opencontainers.image.ref.name"]
    bundle = tmp_path_factory.mktemp("bundle") / "bundle"
    subprocess.run([umoci, "unpack", "--image", f"{layout}:{tag}", bundle], check=True, capture_output=True)
    return bundle / "rootfs"


@pytest.fixture(scope="session")
def run(root: Path, config: Mapping[str, Any]) -> Run:
    """Return a function that runs a command in the image: its user, no capability, read-only files, only loopback."""
    sandbox = [tool("bwrap", "bubblewrap"), "--unshare-all", "--cap-drop", "ALL", "--clearenv", "--die-with-parent"]
    user, group = config["User"].split(":")
    sandbox += ["--uid", user, "--gid", group, "--ro-bind", str(root), "/", "--proc", "/proc", "--dev", "/dev"]
    for folder in ("/tmp", *config["Volumes"]):  # noqa: S108 - of the image
        sandbox += ["--tmpfs", folder]
    for entry in config["Env"]:
        sandbox += ["--setenv", *entry.split("=", 1)]
    sandbox += ["--chdir", config["WorkingDir"]]

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*sandbox, *command], check=False, capture_output=True, text=True, timeout=300)

    return run


@pytest.mark.parametrize("transport", ["oci-archive", "docker-archive"])
def test_other_tools_read_the_image(image: Path, transport: str) -> None:
    """Skopeo reads the file as an OCI layout and as the archive of `docker load`."""
    described = subprocess.run(
        [tool("skopeo", "skopeo"), "inspect", f"{transport}:{image}"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    assert json.loads(described)["Labels"]["org.opencontainers.image.title"] == "satu-pintu"


def test_the_service_runs_in_the_image(run: Run, config: Mapping[str, Any]) -> None:
    """`satupintu demo` accepts reports by all doors as an unprivileged user, and its audit finds no difference."""
    demo = run(*config["Entrypoint"], "demo")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    counts = json.loads(demo.stdout.splitlines()[-1])
    assert (counts["lost"], counts["doubled"], counts["dead"], counts["differences"]) == (0, 0, 0, [])
    assert counts["at_agencies"] > 0


def test_the_health_check_follows_the_service(run: Run, config: Mapping[str, Any]) -> None:
    """The command of the health check succeeds while the service runs, and fails after its end."""
    arguments = [json.dumps(config["Entrypoint"] + config["Cmd"]), json.dumps(config["Healthcheck"]["Test"][1:])]
    checked = run("/usr/bin/python3.11", "-c", _HEALTH, *arguments)
    assert (checked.returncode, checked.stdout) == (0, "1 0 1\n"), checked.stderr


def test_every_module_is_in_the_image(run: Run) -> None:
    """Nothing that was left out of the image to make it small is imported by the program."""
    imported = run("/usr/bin/python3.11", "-W", "error::ImportWarning", "-c", _IMPORT_ALL, *PACKAGES)
    assert imported.returncode == 0, imported.stderr
    assert int(imported.stdout) > 500


def test_the_image_has_the_pinned_libraries(root: Path) -> None:
    """The libraries in the image are the pinned ones for Linux, and the program; setuptools only builds."""
    marked = {
        pin.name: pin.version for pin in pins((ROOT / "constraints.txt").read_text()) if _is_for_image(pin.marker)
    }
    del marked["setuptools"]
    assert {_normal(library.name): library.version for library in installed_libraries(root)} == {
        _normal(name): version for name, version in marked.items()
    }
    assert package_versions(root)["python3.11-minimal"].startswith("3.11.")


def _is_for_image(marker: str) -> bool:
    environment = {"sys_platform": "linux", "implementation_name": "cpython", "python_full_version": "3.11.2"}
    return not marker or Marker(marker).evaluate(environment | {"platform_python_implementation": "CPython"})


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_image_is_small_and_has_no_shell(root: Path) -> None:
    """At most 250 MB, no shell or package manager, no file with the rights of its owner, nothing to write but data."""
    paths = [path for path in root.rglob("*") if not path.is_symlink()]
    assert sum(path.stat().st_size for path in paths if path.is_file()) <= 250 * _MEGABYTE
    names = {path.name for path in (*root.glob("usr/bin/*"), *root.glob("usr/sbin/*"), *root.glob("usr/local/bin/*"))}
    assert names == {"python3.11", "satupintu"}
    assert [path for path in paths if path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)] == []
    writable = [path for path in paths if path.stat().st_uid == USER or path.stat().st_mode & stat.S_IWOTH]
    assert sorted(path.relative_to(root) for path in writable) == [Path("tmp"), Path("var/lib/satupintu")]


def test_an_engine_builds_the_same(config: Mapping[str, Any]) -> None:
    """Environment, user, health check, ports and command of the Containerfile are those of the image."""
    final = (ROOT / "deploy" / "Containerfile").read_text().partition("FROM scratch\n")[2].replace("\\\n", " ")
    lines = dict(line.split(maxsplit=1) for line in final.splitlines() if line)
    assert [tuple(entry.split("=", 1)) for entry in shlex.split(lines["ENV"])] == list(ENVIRONMENT.items())
    assert (lines["USER"], lines["WORKDIR"], lines["STOPSIGNAL"]) == (
        config["User"],
        config["WorkingDir"],
        config["StopSignal"],
    )
    assert {lines["VOLUME"]} == set(config["Volumes"])
    assert set(lines["EXPOSE"].split()) == set(config["ExposedPorts"])
    assert (json.loads(lines["ENTRYPOINT"]), json.loads(lines["CMD"])) == (config["Entrypoint"], config["Cmd"])
    options, command = lines["HEALTHCHECK"].split(" CMD ")
    health = config["Healthcheck"]
    assert ["CMD", *json.loads(command)] == health["Test"]
    assert _options(options) == {
        "interval": f"{health['Interval'] // 10**9}s",
        "timeout": f"{health['Timeout'] // 10**9}s",
        "start-period": f"{health['StartPeriod'] // 10**9}s",
        "retries": str(health["Retries"]),
    }


def _options(line: str) -> Mapping[str, str]:
    words: Sequence[str] = line.split()
    return dict(re.fullmatch(r"--([a-z-]+)=(\S+)", word).groups() for word in words)  # type: ignore[union-attr, misc]
