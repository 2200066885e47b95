"""Translates texts into the language of the current request, with the message catalogs in `catalogs/`."""

import gettext
import io
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment

from pages.translation.language import DEFAULT_LANGUAGE, current_language
from pages.translation.message import Message

_INDONESIAN_SEPARATORS = str.maketrans(",.", ".,")
CATALOGS = Path(__file__).parent / "catalogs"
# The texts of the console are English in the source, and Indonesian by translation.
CONSOLE_CATALOGS = CATALOGS / "console"


class Translator:
    """Finds translations. `catalogs` are by language; a language without a catalog gets the source texts.

    `language` returns the code of the language to translate into.
    """

    def __init__(
        self, catalogs: Mapping[str, gettext.NullTranslations], language: Callable[[], str] = current_language
    ) -> None:
        self._catalogs = catalogs
        self._language = language

    def gettext(self, msgid: str) -> str:
        """Return the translation of a text, or the text if there is none."""
        catalog = self._catalogs.get(self._language())
        # The empty msgid is the header of a catalog.
        return catalog.gettext(msgid) if catalog and msgid else msgid

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """Return the translation for a number; without a catalog the source text for it."""
        catalog = self._catalogs.get(self._language())
        if catalog:
            return catalog.ngettext(singular, plural, count)
        return singular if count == 1 else plural

    def translate(self, text: str) -> str:
        """Return a marked text in the current language. A text without a mark, such as a name, stays unchanged."""
        if not isinstance(text, Message):
            return text
        if text.number is None:
            translation = self.gettext(text.msgid)
        else:
            translation = self.ngettext(text.msgid, text.plural, text.number)
        values = {name: self._translated_value(value) for name, value in text.values.items()}
        return translation.format(**values) if values else translation

    def _translated_value(self, value: object) -> object:
        if isinstance(value, str):
            return self.translate(value)
        if isinstance(value, (int, float)) and self._language() == DEFAULT_LANGUAGE:
            return _IndonesianNumber(value)
        return value


class _IndonesianNumber:
    """A number whose format has a comma before the decimals and full stops between the thousands."""

    def __init__(self, value: float) -> None:
        self._value = value

    def __format__(self, specification: str) -> str:
        return format(self._value, specification).translate(_INDONESIAN_SEPARATORS)


def load_translator(folder: Path = CATALOGS) -> Translator:
    """Return the translator with all catalogs of a folder, `en.po` for English. They are compiled in memory."""
    return Translator({path.stem: _read_catalog(path) for path in sorted(folder.glob("*.po"))})


def install_translation(environment: Environment, translator: Translator) -> None:
    """Give a Jinja environment `_("…")`, `{% trans %}`, the filter `translated` and the function `language`.

    `_` and `trans` are for literal texts: they mark their result as safe HTML. A variable goes through `translated`,
    which leaves the escaping to the template.
    """
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        translator.gettext, translator.ngettext, newstyle=True
    )
    environment.filters["translated"] = translator.translate
    environment.globals["language"] = current_language


@lru_cache
def _read_catalog(path: Path) -> gettext.GNUTranslations:
    """Return a catalog. It comes with the program, so each is read once in a process: it takes 0.1 s."""
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, abort_invalid=True))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
