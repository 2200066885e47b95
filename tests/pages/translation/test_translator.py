"""Marked texts stay Indonesian as strings, and are translated when a page is rendered."""

import copy
import pickle
from pathlib import Path

import pytest
from babel.messages.pofile import PoFileError
from jinja2 import DictLoader, Environment

from pages.translation.language import current_language, in_language
from pages.translation.message import Message, counted, message
from pages.translation.translator import Translator, install_translation, load_translator

_CATALOG = """
msgid ""
msgstr ""
"Language: en\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "Terlalu besar: paling banyak {limit}."
msgstr "Too large: at most {limit}."

msgid "satu hari"
msgstr "one day"

msgid "{count} laporan menunggu"
msgid_plural "{count} laporan menunggu"
msgstr[0] "{count} report is waiting"
msgstr[1] "{count} reports are waiting"

msgid "%(count)s berkas"
msgid_plural "%(count)s berkas"
msgstr[0] "%(count)s file"
msgstr[1] "%(count)s files"

msgid "Halo <b>%(name)s</b>"
msgstr "Hello <b>%(name)s</b>"
"""
_LIMIT = message("Terlalu besar: paling banyak {limit}.")


@pytest.fixture
def translator(tmp_path: Path) -> Translator:
    """Translator with a small English catalog."""
    (tmp_path / "en.po").write_text(_CATALOG)
    return load_translator(tmp_path)


def rendered(translator: Translator, template: str, **values: object) -> str:
    """Return a rendered template."""
    environment = Environment(loader=DictLoader({"page": template}), autoescape=True)
    install_translation(environment, translator)
    return environment.get_template("page").render(**values)


def test_a_marked_text_is_an_indonesian_string() -> None:
    """Programs and logs get the Indonesian text, with its placeholders filled."""
    assert _LIMIT.filled(limit="8 MB") == "Terlalu besar: paling banyak 8 MB."
    assert counted("{count} laporan menunggu", 3) == "3 laporan menunggu"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda text: pickle.loads(pickle.dumps(text))])  # noqa: S301
def test_a_copy_can_be_translated(translator: Translator, copied: object) -> None:
    """A copied text has its msgid and its values."""
    assert callable(copied)
    text = copied(_LIMIT.filled(limit="8 MB"))
    with in_language("en"):
        assert translator.translate(text) == "Too large: at most 8 MB."


def test_the_language_of_the_request_decides(translator: Translator) -> None:
    """The same text is Indonesian without a choice, and English in a request in English."""
    text = _LIMIT.filled(limit="8 MB")
    assert translator.translate(text) == text
    with in_language("en"):
        assert translator.translate(text) == "Too large: at most 8 MB."
    assert current_language() == "id"


def test_an_unknown_language_is_indonesian() -> None:
    """A language without a catalog never leaves a page without texts."""
    with in_language("xx"):
        assert current_language() == "id"


def test_values_that_are_marked_are_translated(translator: Translator) -> None:
    """A marked text inside another one is translated with it; a name is not."""
    with in_language("en"):
        assert translator.translate(_LIMIT.filled(limit=message("satu hari"))) == "Too large: at most one day."
        assert translator.translate(_LIMIT.filled(limit="satu hari")) == "Too large: at most satu hari."


def test_a_text_of_a_person_is_not_translated(translator: Translator) -> None:
    """A typed text that equals a msgid stays as it was typed."""
    with in_language("en"):
        assert translator.translate("satu hari") == "satu hari"


@pytest.mark.parametrize(("count", "text"), [(1, "1 report is waiting"), (2, "2 reports are waiting")])
def test_english_has_a_plural(translator: Translator, count: int, text: str) -> None:
    """English has two forms for a text with a number."""
    with in_language("en"):
        assert translator.translate(counted("{count} laporan menunggu", count)) == text


def test_templates_translate_literals(translator: Translator) -> None:
    """`trans` and `_` translate, with plurals, and lines of a template are joined."""
    files = "{% trans count=n %}{{ count }} berkas{% pluralize %}{{ count }} berkas{% endtrans %}"
    template = "{% trans %}satu\n hari{% endtrans %}|" + files
    assert rendered(translator, template, n=2) == "satu hari|2 berkas"
    with in_language("en"):
        assert rendered(translator, template, n=1) == "one day|1 file"
        assert rendered(translator, template, n=2) == "one day|2 files"


def test_templates_escape_values(translator: Translator) -> None:
    """A value inside `trans`, and a text behind `translated`, can't add markup to a page."""
    with in_language("en"):
        page = rendered(translator, "{% trans name=name %}Halo <b>{{ name }}</b>{% endtrans %}", name="<script>")
        assert page == "Hello <b>&lt;script&gt;</b>"
        text = _LIMIT.filled(limit="<script>")
        assert rendered(translator, "{{ text|translated }}", text=text) == "Too large: at most &lt;script&gt;."


def test_a_broken_catalog_is_refused(tmp_path: Path) -> None:
    """A file that is no catalog stops the start."""
    (tmp_path / "en.po").write_text('msgid "a\n')
    with pytest.raises(PoFileError):
        load_translator(tmp_path)


def test_a_message_has_no_values_before_it_is_filled() -> None:
    """A text with braces can be marked once and filled often."""
    assert _LIMIT == "Terlalu besar: paling banyak {limit}."
    assert isinstance(_LIMIT.filled(limit=1), Message)
