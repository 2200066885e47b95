"""A release is made from one commit, twice with the same bytes, and is checked without a network or our code."""

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from release.__main__ import main
from release.notes import HEADINGS, NotesError, release_notes
from release.signing import CHECKSUMS, IDENTITY, NAMESPACE
from tests.deploy.test_chart import REQUIRED
from tests.release.conftest import tool
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow
_CONSTRAINTS = (ROOT / "constraints.txt").read_text()


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a key of a release, with the file of known signers beside it."""
    folder = tmp_path_factory.mktemp("key")
    keygen = tool("ssh-keygen", "openssh-client")
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-C", IDENTITY, "-f", folder / "key"], check=True)
    public = (folder / "key.pub").read_text()
    (folder / "allowed_signers").write_text(f'{IDENTITY} namespaces="{NAMESPACE}" {public}')
    return folder / "key"


@pytest.fixture(scope="session")
def release(repository: Path, key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a signed release."""
    return _released(repository, key, tmp_path_factory.mktemp("first") / "release")


def _released(repository: Path, key: Path, out: Path) -> Path:
    signers = key.with_name("allowed_signers")
    options = [str(out), "--repository", str(repository), "--key", str(key), "--signers", str(signers), "--no-image"]
    assert main(options) == 0
    return out


def _signature_holds(folder: Path, key: Path) -> bool:
    """Run the two commands of RELEASING.md."""
    signers = str(key.with_name("allowed_signers"))
    verify = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", IDENTITY, "-n", NAMESPACE, "-s", f"{CHECKSUMS}.sig"]
    signed = subprocess.run(verify, cwd=folder, input=(folder / CHECKSUMS).read_bytes(), check=False)
    same = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", CHECKSUMS], cwd=folder, check=False)
    return signed.returncode == 0 and same.returncode == 0


def test_a_release_is_the_same_twice(
    release: Path, repository: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another folder, umask and time zone change no byte of any file."""
    monkeypatch.setenv("TZ", "Asia/Jayapura")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    umask = os.umask(0o077)
    try:
        again = _released(repository, key, tmp_path / "somewhere" / "else")
    finally:
        os.umask(umask)
    assert {path.name: path.read_bytes() for path in again.iterdir()} == {
        path.name: path.read_bytes() for path in release.iterdir()
    }


def test_every_file_is_signed(release: Path, key: Path) -> None:
    """The commands of RELEASING.md succeed, and the checksums name every file."""
    listed = {line.split()[1] for line in (release / CHECKSUMS).read_text().splitlines()}
    assert listed == {path.name for path in release.iterdir()} - {CHECKSUMS, f"{CHECKSUMS}.sig"}
    assert _signature_holds(release, key)


@pytest.mark.parametrize("name", ["NOTES.md", CHECKSUMS, f"{CHECKSUMS}.sig"])
def test_a_changed_file_is_found(release: Path, key: Path, tmp_path: Path, name: str) -> None:
    """One changed byte in a file, in the checksums or in the signature fails the check."""
    for path in release.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    changed = bytearray((tmp_path / name).read_bytes())
    changed[len(changed) // 2] ^= 1
    (tmp_path / name).write_bytes(changed)
    assert not _signature_holds(tmp_path, key)


def test_a_key_that_operators_do_not_know_signs_nothing(repository: Path, key: Path, tmp_path: Path) -> None:
    """A signature by a key that is not in the file of known signers ends the command with an error."""
    (tmp_path / "allowed_signers").write_text("# none\n")
    options = ["--repository", str(repository), "--key", str(key), "--signers", str(tmp_path / "allowed_signers")]
    options += ["--no-image"]
    with pytest.raises(subprocess.CalledProcessError):
        main([str(tmp_path / "release"), *options])


def test_the_statement_names_commit_and_files(release: Path, repository: Path) -> None:
    """The statement has the commit, and the checksum of every file but itself."""
    statement = json.loads((release / "provenance.json").read_text())
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, check=True, stdout=subprocess.PIPE, text=True)
    assert statement["predicate"]["buildDefinition"]["externalParameters"]["commit"] == head.stdout.strip()
    lines = [line.split() for line in (release / CHECKSUMS).read_text().splitlines()]
    sums = {name: digest for digest, name in lines}
    del sums["provenance.json"]
    assert {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]} == sums


def test_the_bill_is_what_is_pinned(release: Path) -> None:
    """The bill of materials holds by CycloneDX's schema, and has the pinned versions and no other."""
    (path,) = release.glob("*.cdx.json")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(path.read_text()) is None
    components = json.loads(path.read_text())["components"]
    pinned = [line.split(" \\")[0] for line in _CONSTRAINTS.splitlines() if "==" in line]
    listed = [f"{component['name']}=={component['version']}" for component in components]
    assert sorted(listed) == sorted(line.partition(" ")[0] for line in pinned)
    markers = {entry["value"] for component in components for entry in component.get("properties", ())}
    assert markers == {line.partition(" ; ")[2] for line in pinned if " ; " in line}


def test_the_wheel_knows_its_commit_and_runs(release: Path, repository: Path, tmp_path: Path) -> None:
    """`--version` of the wheel prints the commit of the repository. No test, bench or tool of releases is in it."""
    (wheel,) = release.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)  # noqa: S202 - the wheel that was built here
        top = {name.partition("/")[0] for name in archive.namelist()}
    assert not top & {"tests", "bench", "release"}
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, check=True, stdout=subprocess.PIPE, text=True)
    printed = subprocess.run(
        [sys.executable, "-P", "-c", "from app.cli import main; main()", "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    assert printed == f"satupintu {wheel.name.split('-')[1]} (commit {head.stdout.strip()})\n"


def test_helm_reads_the_chart(release: Path) -> None:
    """Helm renders the packaged chart as it renders the folder."""
    helm = tool("helm", "none: run `make helm`")
    (chart,) = release.glob("*-chart.tgz")
    rendered = [
        subprocess.run(
            [helm, "template", "lapor", path, "--kube-version", "1.31.0", "--values", "-"],
            input=yaml.safe_dump(dict(REQUIRED)),
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        for path in (chart, ROOT / "deploy" / "chart")
    ]
    assert rendered[0] == rendered[1]
    assert "kind: StatefulSet" in rendered[0]


def test_the_operators_page_names_the_files(release: Path) -> None:
    """docs/operating.md names the files of this version, and its archive has what the commands copy."""
    page = (ROOT / "docs" / "operating.md").read_text()
    named = set(re.findall(r"satu[-_]pintu-[\d.]+-[\w.-]+\.(?:whl|tgz|tar)", page))
    image = next(name for name in named if name.endswith("-image.tar"))
    assert named - {image} <= {path.name for path in release.iterdir()}
    (archive,) = release.glob("*-deploy.tgz")
    assert image == archive.name.replace("-deploy.tgz", "-image.tar")
    with tarfile.open(archive) as opened:
        members = {member.name.partition("/")[2]: member.mode for member in opened}
    assert set(re.findall(r"deploy/[\w./-]+\.\w+", page)) <= set(members)
    assert members["deploy/secrets.sh"] == 0o755
    assert "docs/operating.md" in members


def test_notes_without_an_answer_are_refused() -> None:
    """Notes need every heading: without one, or without a section, there is no release."""
    full = "## 2.0.0\n" + "".join(f"### {heading}\n\nNone.\n\n" for heading in HEADINGS)
    assert release_notes(f"# Changelog\n\n{full}## 1.0.0\n", "2.0.0").endswith("### Verify\n\nNone.\n")
    with pytest.raises(NotesError, match="lacks: Rollback"):
        release_notes(full.replace("### Rollback", ""), "2.0.0")
    with pytest.raises(NotesError, match=r"no section 2\.0\.1"):
        release_notes(full, "2.0.1")
