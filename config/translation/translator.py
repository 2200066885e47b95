"""Translates texts into the language of the current request, with the message catalogs in `catalogs/`."""

import gettext
import io
from collections.abc import Callable, Mapping
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment

from config.translation.language import current_language
from config.translation.message import Message

CATALOGS = Path(__file__).parent / "catalogs"


class Translator:
    """Finds translations. `catalogs` are by language; a language without a catalog gets the Indonesian texts.

    `language` returns the code of the language to translate into.
    """

    def __init__(
        self, catalogs: Mapping[str, gettext.NullTranslations], language: Callable[[], str] = current_language
    ) -> None:
        self._catalogs = catalogs
        self._language = language

    def gettext(self, msgid: str) -> str:
        """Return the translation of an Indonesian text, or the text if there is none."""
        catalog = self._catalogs.get(self._language())
        return catalog.gettext(msgid) if catalog else msgid

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """Return the translation for a number. Indonesian has one form, which both arguments contain."""
        catalog = self._catalogs.get(self._language())
        return catalog.ngettext(singular, plural, count) if catalog else singular

    def translate(self, text: str) -> str:
        """Return a marked text in the current language. A text without a mark, such as a name, stays unchanged."""
        if not isinstance(text, Message):
            return text
        if text.number is None:
            translation = self.gettext(text.msgid)
        else:
            translation = self.ngettext(text.msgid, text.msgid, text.number)
        return translation.format(**self._translated_values(text)) if text.values else translation

    def _translated_values(self, text: Message) -> Mapping[str, object]:
        return {name: self.translate(value) if isinstance(value, str) else value for name, value in text.values.items()}


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


def _read_catalog(path: Path) -> gettext.GNUTranslations:
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, abort_invalid=True))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
