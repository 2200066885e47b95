"""Collects the texts of all templates and modules into the message catalogs of `pages/translation/catalogs/`.

`make translations` adds new texts, without a translation, and removes those that no file has any more. With `--check`
it compares the committed catalogs with the files, and names the texts without a translation.

There are two domains. The texts of the pages are Indonesian and are translated into English. The texts of the console
are English, because the same sentences stand in logs and in the terminal; the console shows them in Indonesian.
"""

import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from app.assembly.channels import DIRECTORY
from bench.generated.files import ROOT, write_or_check
from messages.replies.report_states import SENDER_SENTENCES, SET_ASIDE_SENTENCES, STATE_SENTENCES
from pages.translation.translator import CATALOGS, CONSOLE_CATALOGS


class Domain(NamedTuple):
    """Packages whose texts have one catalog: `folder/language.po`."""

    packages: tuple[str, ...]
    folder: Path
    language: str

    @property
    def file(self) -> Path:
        """The file of the catalog."""
        return self.folder / f"{self.language}.po"


PAGES = Domain(("accounts", "app", "cases", "config", "desk", "ingest", "oversight", "pages", "sinks"), CATALOGS, "en")
CONSOLE = Domain(("monitor",), CONSOLE_CATALOGS, "id")
DOMAINS = (PAGES, CONSOLE)
# Modules that mark texts import the markers from here.
_MARKERS = "from pages.translation.message import"
# Functions that mark a text, with the positions of the singular and the plural among their arguments.
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "message": None,
    "gettext": None,
    "ngettext": (1, 2),
    "counted": (1, 1),
    "numbered": (1, 2),
}
_TEMPLATE_METHOD = "jinja2.ext:babel_extract"
_TEMPLATE_OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}


class SourceText(NamedTuple):
    """A text in a file; a text with a plural is a pair. `path` is relative to the repository."""

    path: str
    msgid: str | tuple[str, ...]


def source_texts(domain: Domain) -> Iterator[SourceText]:
    """Yield all texts of a domain that are marked for translation, in the order of the files."""
    for path in (*templates(domain), *_marking_modules(domain)):
        yield from _texts_of(path)
    if domain is PAGES:
        sentences = (*STATE_SENTENCES.values(), *SENDER_SENTENCES.values(), SET_ASIDE_SENTENCES.values())
        for sentence in dict.fromkeys(text for texts in sentences for text in texts):
            yield SourceText("messages/replies/report_states.py", sentence)
    if domain is CONSOLE:
        for door in DIRECTORY.doors.values():
            yield SourceText("app/assembly/channels.py", door.title)


def templates(domain: Domain) -> Sequence[Path]:
    """Return the templates of a domain. What a browser gets unchanged, in a folder `static`, is none."""
    files = (path for package in domain.packages for path in sorted((ROOT / package).rglob("*.html")))
    return [path for path in files if "static" not in path.parts]


def read_catalog(domain: Domain) -> Catalog:
    """Return the committed catalog of a domain; an empty one if there is none."""
    content = domain.file.read_bytes() if domain.file.exists() else b""
    return read_po(io.BytesIO(content), locale=domain.language)


def updated_catalog(domain: Domain, texts: Sequence[SourceText]) -> Catalog:
    """Return a catalog of these texts, with the translations of the committed one."""
    committed, updated = read_catalog(domain), Catalog(locale=domain.language, fuzzy=False)
    for text in texts:
        translated = committed.get(text.msgid[0] if isinstance(text.msgid, tuple) else text.msgid)
        is_same_form = translated is not None and isinstance(translated.id, str) is isinstance(text.msgid, str)
        string = translated.string if translated and is_same_form else ""
        updated.add(text.msgid, string, locations=[(text.path, 0)])
    return updated


def untranslated(catalog: Catalog) -> list[str]:
    """Return the texts of a catalog that have no complete translation."""
    return [str(entry.id) for entry in catalog if entry.id and not _is_complete(entry.string)]


def catalog_text(catalog: Catalog) -> str:
    """Return the file of a catalog. It names files without line numbers, and no time: a diff shows texts alone."""
    body = io.BytesIO()
    write_po(body, catalog, width=0, omit_header=True, ignore_obsolete=True, include_lineno=False, sort_by_file=True)
    return _HEADER.format(language=catalog.locale, plural_forms=catalog.plural_forms) + body.getvalue().decode()


_HEADER = """# Translations of the texts of all pages.
# `make translations` adds and removes texts. Write each `msgstr` by hand.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural_forms}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def _texts_of(path: Path) -> Iterator[SourceText]:
    is_template = path.suffix == ".html"
    method, options = (_TEMPLATE_METHOD, _TEMPLATE_OPTIONS) if is_template else ("python", {})
    with path.open("rb") as file:
        for _line, msgid, _comments, _context in extract(method, file, _KEYWORDS, options=options):
            yield SourceText(path.relative_to(ROOT).as_posix(), msgid)


def _marking_modules(domain: Domain) -> Iterator[Path]:
    for package in domain.packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            if _MARKERS in path.read_text() and path.parent != CATALOGS.parent:
                yield path


def _is_complete(translation: str | Sequence[str] | None) -> bool:
    return all(translation) if isinstance(translation, (list, tuple)) else bool(translation)


def main() -> int:
    """Write the catalogs, or compare with `--check`; return the exit code."""
    catalogs = {domain.file: updated_catalog(domain, list(source_texts(domain))) for domain in DOMAINS}
    missing = [
        f"{file.relative_to(ROOT)}: {text}" for file, catalog in catalogs.items() for text in untranslated(catalog)
    ]
    if missing:
        sys.stderr.write("texts without a translation:\n" + "".join(f"  {text}\n" for text in missing))
    files = {file: catalog_text(catalog) for file, catalog in catalogs.items()}
    return max(write_or_check(files, "translations"), int(bool(missing)) if "--check" in sys.argv else 0)


if __name__ == "__main__":
    sys.exit(main())
