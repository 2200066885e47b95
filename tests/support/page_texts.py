"""Finds words of templates and modules that are not in the message catalog."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

# Functions that translate a literal.
_TRANSLATING = {"_", "gettext", "ngettext"}
_SHOWN_ATTRIBUTES = {"alt", "aria-description", "aria-label", "label", "placeholder", "title"}
# Content of these elements is no text.
_OPAQUE = {"code", "script", "style"}
# Names and codes that are equal in all languages.
_NAMES = re.compile(r"SP4N-LAPOR!|Satu Pintu|\b(?:SMS|Twitter|KB|MB|OK|PDF|UTC|WIB)\b")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
# A literal in an expression that is a sentence or a label, not a name in the program.
_WORDING = re.compile(r"[^\W\d_]{2,}\W+ \W*[^\W\d_]|[^\W\d_]{2,} [^\W\d_]|^[A-Z][a-z]")
# Body of `{% call %}` that adds attributes to an element inside a macro.
_ATTRIBUTES = re.compile(r'\b[a-z-]+="[^"]*"|\bautofocus\b')
# Blocks of our frames that stand inside `<style>`.
_STYLE_BLOCKS = {"style", "page_style"}
# Stands for a value in a template.
_VALUE = "\u2060"
# Frequent words of Indonesian that are no words of English.
_INDONESIAN = re.compile(r"\b(?:Anda|yang|tidak|sudah|belum|untuk|dengan|dari|dapat|laporan|instansi)\b", re.IGNORECASE)


class _TextParser(HTMLParser):
    """Collects the texts and the shown attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._opaque_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        self._opaque_depth += tag in _OPAQUE
        self.texts += [value or "" for name, value in attrs if name in _SHOWN_ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        """See `HTMLParser`."""
        self._opaque_depth -= tag in _OPAQUE

    def handle_data(self, data: str) -> None:
        """See `HTMLParser`."""
        if not self._opaque_depth:
            self.texts.append(_ATTRIBUTES.sub("", data))


def page_text(html: str) -> str:
    """Return all that a person reads or hears of a page, a line for each text."""
    parser = _TextParser()
    parser.feed(html)
    return "\n".join(" ".join(text.split()) for text in parser.texts)


def texts_outside_catalog(template: str) -> list[str]:
    """Return the words of a template that are neither in `trans` nor in `_()`, and each `_()` of a variable."""
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    tree = environment.parse(template)
    page = page_text("".join(_page_parts(tree))).replace(_VALUE, " ")
    outside = [text.strip() for text in page.split("\n") if _LETTERS.search(_NAMES.sub("", text))]
    outside += [
        f"not a literal in line {call.lineno}: use the filter `translated`"
        for call in tree.find_all(nodes.Call)
        if not _is_literal_call(call)
    ]
    outside += [text for text in _untranslated_literals(tree) if _WORDING.search(_NAMES.sub("", text))]
    return sorted(set(outside))


def _page_parts(node: nodes.Node) -> Iterator[str]:
    """Yield the template's HTML with all branches, and its expressions as the literals that they can show."""
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Output):
        for part in node.nodes:
            yield from _page_parts(part) if isinstance(part, nodes.TemplateData) else _shown_literals(part)
    elif not isinstance(node, nodes.Expr) and getattr(node, "name", "") not in _STYLE_BLOCKS:
        for child in node.iter_child_nodes():
            yield from _page_parts(child)


def _shown_literals(expression: nodes.Node) -> Iterator[str]:
    yield _VALUE
    match expression:
        case nodes.Const(value=str(text)):
            yield text
        case nodes.CondExpr(expr1=first, expr2=second):
            yield from _shown_literals(first)
            if second is not None:
                yield from _shown_literals(second)
        case nodes.Or(left=left, right=right):
            yield from _shown_literals(left)
            yield from _shown_literals(right)


def _untranslated_literals(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    is_translation = isinstance(node, nodes.Call) and _is_translating(node)
    for child in node.iter_child_nodes(only=("kwargs",) if is_translation else None):
        yield from _untranslated_literals(child)


def _is_translating(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name in _TRANSLATING


def _is_literal_call(call: nodes.Call) -> bool:
    if not _is_translating(call):
        return True
    assert isinstance(call.node, nodes.Name)
    literals = call.args[:2] if call.node.name == "ngettext" else call.args[:1]
    return all(isinstance(literal, nodes.Const) for literal in literals)


def indonesian_literals(path: Path) -> list[str]:
    """Return the Indonesian sentences of a module that are not marked. Documentation is left out."""
    tree = ast.parse(path.read_text())
    ignored = {id(node) for call in ast.walk(tree) if _is_marker(call) for node in ast.walk(call)}
    ignored |= {id(statement.value) for statement in ast.walk(tree) if isinstance(statement, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in ignored
        if " " in node.value.strip() and _INDONESIAN.search(node.value)
    ]


def _is_marker(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "counted", "message"}
    )
