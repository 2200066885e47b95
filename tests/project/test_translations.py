"""Every text of a page is in the message catalog, and has a complete translation."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.generated.translations import (
    CONSOLE,
    DOMAINS,
    PAGES,
    Domain,
    catalog_text,
    read_catalog,
    source_texts,
    templates,
    untranslated,
    updated_catalog,
)
from pages.translation.language import DEFAULT_LANGUAGE, LANGUAGES
from pages.translation.translator import CATALOGS
from tests.support.page_texts import indonesian_literals, texts_outside_catalog
from tests.support.paths import ROOT

# `%(name)s` in templates, `{name}` in modules, `[name]` in texts for scripts.
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*(?::[^}]*)?\}|\[\w+\]")
_TAG = re.compile(r"</?[a-z]+[^>]*>")
# Modules whose sentences persons read on pages.
_PAGE_MODULES = ("accounts", "app/staff", "desk", "ingest/http", "ingest/web", "pages", "sinks/ledger")
# Sentences that stay in Indonesian: for programs alone, and ready texts that senders and agencies get as they are.
_INDONESIAN_ONLY = (
    "app/staff/ready_texts.py",
    "accounts/signed_in.py",
    "desk/api/",
    "ingest/http/idempotency.py",
    "ingest/web/open311/",
    "sinks/ledger/page.py",
    "openapi.py",
)


def entries(domain: Domain) -> Iterator[tuple[str, str]]:
    """Yield each pair of a text and its translation; a text with a plural gives one pair for each form.

    The translation into a language with one form, such as Indonesian, is that of the plural: it shows the number.
    """
    for entry in read_catalog(domain):
        if entry.id:
            texts, translations = _forms(entry.id), _forms(entry.string)
            yield from zip(texts[-len(translations) :], translations, strict=True)


def _forms(text: object) -> list[str]:
    return [str(form) for form in text] if isinstance(text, (list, tuple)) else [str(text)]


def test_every_language_has_its_catalogs() -> None:
    """The pages are Indonesian in the source and need all other languages; the console needs Indonesian."""
    assert {path.stem for path in PAGES.folder.glob("*.po")} == LANGUAGES.keys() - {DEFAULT_LANGUAGE}
    assert {path.stem for path in CONSOLE.folder.glob("*.po")} == {DEFAULT_LANGUAGE}
    assert {domain.file for domain in DOMAINS} == set(CATALOGS.rglob("*.po"))


@pytest.mark.parametrize("domain", DOMAINS, ids=["pages", "console"])
def test_the_catalog_has_the_texts_of_the_source(domain: Domain) -> None:
    """No text is missing and none is obsolete. `make translations` repairs both."""
    catalog = updated_catalog(domain, list(source_texts(domain)))
    assert domain.file.read_text() == catalog_text(catalog)


@pytest.mark.parametrize("domain", DOMAINS, ids=["pages", "console"])
def test_every_text_is_translated(domain: Domain) -> None:
    """No text has an empty or unsure translation."""
    catalog = read_catalog(domain)
    assert len(catalog) > 100
    assert untranslated(catalog) == []
    assert [entry.id for entry in catalog if entry.id and entry.fuzzy] == []


@pytest.mark.parametrize("domain", DOMAINS, ids=["pages", "console"])
def test_translations_have_the_placeholders_of_the_text(domain: Domain) -> None:
    """A translation shows the same values as its text."""
    for text, translation in entries(domain):
        difference = set(_PLACEHOLDER.findall(text)) ^ set(_PLACEHOLDER.findall(translation))
        assert difference == set(), translation


@pytest.mark.parametrize("domain", DOMAINS, ids=["pages", "console"])
def test_translations_have_the_markup_of_the_text(domain: Domain) -> None:
    """A translation can't add an element, and can't end the attribute that it stands in."""
    for text, translation in entries(domain):
        assert sorted(_TAG.findall(text)) == sorted(_TAG.findall(translation))
        if not _TAG.search(text):
            assert not set(translation) & set('<>"'), translation


@pytest.mark.parametrize("path", [*templates(PAGES), *templates(CONSOLE)], ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_have_no_text_outside_of_the_catalog(path: Path) -> None:
    """Each word of a page can be translated."""
    assert texts_outside_catalog(path.read_text()) == []


def test_modules_have_no_text_outside_of_the_catalog() -> None:
    """No module of the pages has an Indonesian sentence that is not marked."""
    modules = [path for folder in _PAGE_MODULES for path in (ROOT / folder).rglob("*.py")]
    assert len(modules) > 50
    outside = {str(path.relative_to(ROOT)): indonesian_literals(path) for path in modules}
    assert {name: texts for name, texts in outside.items() if texts and not _is_indonesian_only(name)} == {}


def _is_indonesian_only(name: str) -> bool:
    return any(part in name for part in _INDONESIAN_ONLY)


@pytest.mark.parametrize(
    ("template", "outside"),
    [
        ("<p>Halo</p>", ["Halo"]),
        ("<p>{% if x %}Halo{% else %}{{ _('Anda') }}{% endif %}</p>", ["Halo"]),
        ('<p><input placeholder="Nama Anda"></p>', ["Nama Anda"]),
        ('<p>{{ "halo" if x else y }}</p>', ["halo"]),
        ('{{ field("name", "Nama lengkap") }}', ["Nama lengkap"]),
        ('{% set labels = {"name": "Nama"} %}', ["Nama"]),
        ("{% macro m() %}<b>Halo</b>{% endmacro %}", ["Halo"]),
        ('{% block title %}{{ _("Anda") }} di sini{% endblock %}', ["di sini"]),
        ("<p>{{ _(x) }}</p>", ["not a literal in line 1: use the filter `translated`"]),
        # Nothing to translate.
        ('<p class="{{ "wide" if x }}">{{ _("Halo") }}, {{ name }}. SP4N-LAPOR! {{ x|default("") }}</p>', []),
        ("<p>{% trans n=x %}Halo {{ n }}{% pluralize %}Halo {{ n }}{% endtrans %}</p>", []),
        ("<style>a{color:red}</style><code>LAPOR isi</code>", []),
        ('{% call line("a") %}autocomplete="off" type="tel"{% endcall %}', []),
        ('<b>{% trans n=names.get("Kota Semarang") %}Halo {{ n }}{% endtrans %}</b>', ["Kota Semarang"]),
    ],
)
def test_words_outside_of_the_catalog_are_found(template: str, outside: list[str]) -> None:
    """The check finds a planted word in each part of a template, and nothing in the parts without words."""
    assert texts_outside_catalog(template) == outside


def test_unmarked_sentences_are_found(tmp_path: Path) -> None:
    """The check of modules finds a planted sentence, and accepts a marked one and documentation."""
    module = tmp_path / "module.py"
    module.write_text('"""Teks untuk Anda."""\nA = _("Untuk Anda.")\nB = f"{A} tidak dapat dibuka"\n')
    assert indonesian_literals(module) == [" tidak dapat dibuka"]
