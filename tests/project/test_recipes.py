"""The recipes of CONTRIBUTING name files that exist, and the tests that notice the change."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.import_graph import PACKAGES
from tests.support.paths import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
# Without their examples.
RECIPES = dict(re.findall(r"^## ((?:Add|Change) .*)\n((?:(?!^###? ).*\n)*)", CONTRIBUTING, re.MULTILINE))
# A path, or the name of a file in a folder that the recipe names.
_PATH = re.compile(r"`([\w.-]+/[\w./-]*|[\w-]+\.(?:csv|html|json|jsonl|md|po|py|sql|toml|yml))`")
# Fewer characters may be the same by chance.
_MIN_QUOTE = 12
_QUOTE = re.compile(r'"([^"\n]*)"')


def paths_of(recipe: str) -> set[str]:
    """Return the paths that a recipe names, from the root. Raises `AssertionError` for a file that is nowhere."""
    folders, paths = [ROOT], set()
    for name in _PATH.findall(RECIPES[recipe]):
        places = [folder / name for folder in reversed(folders) if (folder / name).exists()]
        assert places, f"{recipe}: there is no {name}"
        folders.append(places[0] if places[0].is_dir() else places[0].parent)
        paths.add(places[0].relative_to(ROOT).as_posix() + ("/" if name.endswith("/") else ""))
    return paths


def named_tests(recipe: str) -> set[str]:
    """Return the tests that a recipe names."""
    return {path for path in paths_of(recipe) if path.startswith("tests/")}


def is_named(path: str, named: Collection[str]) -> bool:
    """Return True if a path, or a folder that contains it, is among those named."""
    return path in named or any(path.startswith(folder) for folder in named if folder.endswith("/"))


def sources(*folders: str) -> Iterator[Path]:
    """Yield the files of our code below these folders."""
    for folder in folders:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".html", ".toml"}:
                yield path


def mentioning(pattern: str, *folders: str) -> set[str]:
    """Return the files below these folders with this pattern."""
    own = Path(__file__)
    found = {path for path in sources(*folders) if path != own and re.search(pattern, path.read_text())}
    return {path.relative_to(ROOT).as_posix() for path in found}


def copy_with(folder: Path, changes: Mapping[str, str]) -> Path:
    """Return a copy of the repository with these files. All that is unchanged is a link."""
    copy = folder / "service"
    copy.mkdir()
    real = {ROOT, *(parent for name in changes for parent in (ROOT / name).parents if ROOT in parent.parents)}
    for directory in sorted(real):
        target = copy / directory.relative_to(ROOT)
        target.mkdir(exist_ok=True)
        for path in directory.iterdir():
            if path not in real and path.name != "__pycache__" and not path.name.startswith("."):
                (target / path.name).symlink_to(path)
    for name, text in changes.items():
        (copy / name).unlink(missing_ok=True)
        (copy / name).write_text(text)
    return copy


def run(copy: Path, *arguments: str) -> str:
    """Run Python in the copy. Return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False).stdout


def failing_files(copy: Path, *tests: str) -> set[str]:
    """Return the files of these tests that have a failure in the copy."""
    # With temporary files of its own: pytest closes the folder of those of this run to other users.
    temporary = ("--basetemp", str(copy.parent / "temporary"))
    options = ("-q", "-n", "0", "-p", "no:cacheprovider", "--database", "sqlite", *temporary)
    printed = run(copy, "pytest", *options, *tests)
    assert re.search(r"\d+ (passed|failed|error)", printed), printed
    return set(re.findall(r"^(?:FAILED|ERROR) (tests/[\w/]+\.py)", printed, re.MULTILINE))


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_names_existing_files(recipe: str) -> None:
    """A file that was moved or removed is named."""
    assert paths_of(recipe)


@pytest.mark.slow
def test_a_changed_deadline_is_noticed_by_the_tests_that_the_recipe_names(tmp_path: Path) -> None:
    """All periods are two days shorter from February 2027 on."""
    name = "config/data/clocks.csv"
    header, *rows = (ROOT / name).read_text().splitlines()
    ended = [row.removesuffix(",") + ",2027-01-31" for row in rows]
    begun = [re.sub(r",(\d+),(working|calendar),", _shorter, row, count=1) for row in rows]
    begun = [row.replace(",2019-01-01,", ",2027-02-01,") for row in begun]
    copy = copy_with(tmp_path, {name: "\n".join([header, *ended, *begun]) + "\n"})

    tests = ("tests/cases/clocks", "--ignore", "tests/cases/clocks/test_simulated_year.py")
    failing = failing_files(copy, *tests)

    later = re.search(r"A row that is in force only later changes (.*?) alone", RECIPES["Change a deadline"])
    assert later
    assert {Path(path).name for path in failing} == set(re.findall(r"`(test_\w+\.py)`", later[1]))


def _shorter(period: re.Match[str]) -> str:
    return f",{int(period[1]) - 2},{period[2]},"


@pytest.mark.slow
def test_a_new_table_is_noticed_by_the_tests_that_the_recipe_names(tmp_path: Path) -> None:
    """It has its class and no more. `make tables` makes its entries."""
    name = "sinks/public/tables.py"
    table = """

class Visit(SQLModel, table=True):
    \"""A visit.\"""

    __tablename__ = "public_visit"
    __table_args__ = declared(deleted("visits"), retention="public-notices")

    id: UUID = Field(primary_key=True)
"""
    lists = {path: (ROOT / path).read_text() for path in ("config/data/retention.csv", "docs/personal-data.md")}
    copy = copy_with(tmp_path, {name: (ROOT / name).read_text() + table, **lists})
    migrations = "tests/app/test_migrations.py::test_models_and_migrated_tables_are_equal"
    tests = (
        migrations,
        "tests/app/test_tables.py",
        "tests/app/retention/test_retention_table.py",
        "tests/app/forgetting/test_treatments.py",
    )

    assert failing_files(copy, *tests) == named_tests("Add a table")
    run(copy, "bench.generated.table_lists")
    assert "table:public_visit" in (copy / "config" / "data" / "retention.csv").read_text()


def test_a_field_of_the_form_is_in_the_files_that_the_recipe_names() -> None:
    """The example of the recipe is in each of them, and nowhere else."""
    pattern = r"\.incident_time\b|\bincident_time[=:]|[\"']incident_time[\"']"
    named = paths_of("Add a field of the form")
    assert {path for path in mentioning(pattern, *PACKAGES, "tests") if not is_named(path, named)} == set()
    tests = {path for path in named if path.startswith("tests/") and path.endswith(".py")}
    assert tests == mentioning(pattern, "tests")


def test_a_staff_page_is_in_the_files_that_the_recipe_names() -> None:
    """The page of the retention table is in each of them, and nowhere else."""
    pattern = r"\bRetentionPage\b|addresses\.RETENTION\b|[\"']/desk/masa-simpan|staff_retention"
    named = paths_of("Add a staff page") | {"app/staff/retention_page.py"}
    mentioned = mentioning(pattern, *PACKAGES, "tests")
    assert {path for path in mentioned if not is_named(path, named)} == set()
    unnoticed = {"accounts/permissions.py", "app/staff/templates/", "tests/app/routes/"}
    assert named - mentioned == unnoticed


def test_texts_of_an_sms_are_quoted_by_the_tests_that_the_recipe_names() -> None:
    """Each test that quotes a text of an SMS alone is named, and each that is named quotes one."""
    named = paths_of("Change the text of an SMS")
    modules = {path for path in named if path.endswith(".py") and not path.startswith("tests/")}
    texts = "\n".join(text for path in modules for text in literals((ROOT / path).read_text()))
    fragments = {
        text for text in re.split(r"\n|{.*?}", texts) if len(text.strip()) >= _MIN_QUOTE and " " in text.strip()
    }
    others = "\n".join(
        path.read_text() for path in sources(*PACKAGES) if path.relative_to(ROOT).as_posix() not in modules
    )
    quoting: dict[str, bool] = {}
    for path in sources("tests"):
        text = path.read_text()
        quotes = {fragment.strip() for fragment in fragments if fragment.strip() in text}
        quotes |= {quote.strip() for quote in _QUOTE.findall(text) if quote.strip() in texts}
        quotes = {quote for quote in quotes if len(quote) >= _MIN_QUOTE and " " in quote}
        if quotes:
            quoting[path.relative_to(ROOT).as_posix()] = any(quote not in others for quote in quotes)
    assert {path for path, is_of_sms_alone in quoting.items() if is_of_sms_alone and not is_named(path, named)} == set()
    tests = named_tests("Change the text of an SMS")
    assert {path for path in tests if not any(is_named(quoted, {path}) for quoted in quoting)} == set()


def literals(code: str) -> list[str]:
    """Return the texts in code, without its docstrings."""
    tree = ast.parse(code)
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    documenting = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [str(node.value).strip() for node in nodes if node not in documenting]
