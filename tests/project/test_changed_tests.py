"""The selection of tests for a change."""

from pathlib import PurePosixPath

from tests.support.changed_tests import select_tests

_IMPORTERS = {
    "router.stage": ["tests.router.test_stage", "tests.support.stages"],
    "tests.support.stages": ["tests.desk.harness", "tests.router.test_answers"],
    "tests.desk.harness": ["tests.desk.pages.test_acts"],
}
_FOLDERS = {PurePosixPath(name) for name in ("tests", "tests/router", "tests/desk", "tests/desk/pages")}


def selected(*changed: str) -> list[str]:
    """Return the tests of some changed files."""
    return select_tests(map(PurePosixPath, changed), _IMPORTERS, _FOLDERS)


def test_a_module_has_its_folder_and_what_imports_it() -> None:
    """Also through helpers of the tests. A file in a folder of the list is not named again."""
    assert selected("router/stage.py") == ["tests/desk/pages/test_acts.py", "tests/router"]


def test_a_page_has_the_nearest_folder() -> None:
    """The folder of its package, if none is nearer."""
    assert selected("desk/pages/templates/case.html") == ["tests/desk/pages"]
    assert selected("desk/mail/texts.txt") == ["tests/desk"]


def test_a_helper_and_a_conftest_have_their_tests() -> None:
    """A test file stands for itself; a document for none."""
    assert selected("tests/support/stages.py") == ["tests/desk/pages/test_acts.py", "tests/router/test_answers.py"]
    assert selected("tests/desk/conftest.py", "tests/router/test_stage.py") == [
        "tests/desk",
        "tests/router/test_stage.py",
    ]
    assert selected("README.md") == []
