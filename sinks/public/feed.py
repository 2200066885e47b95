"""The Atom feed (RFC 4287) of the public view. Pure."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from xml.etree.ElementTree import Element, SubElement, tostring

from cases.clocks.public_day import begin_of_day
from sinks.public import address
from sinks.public.queries import ShownReport
from sinks.public.wording import heading, state_label

_NAMESPACE = "http://www.w3.org/2005/Atom"
# Time of a feed without an entry: a feed must have one.
_NEVER = date(1970, 1, 1)
# Characters that XML 1.0 cannot contain, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TITLE = "Laporan publik SP4N-LAPOR!"
_ANSWER = "Jawaban instansi"


def render_feed(
    reports: Sequence[ShownReport],
    institution: Callable[[str], str],
    topic: Callable[[str], str],
    site: str,
    own_address: str,
) -> bytes:
    """Return the feed. `institution` and `topic` return names for codes.

    `site` is the service's public address, `own_address` that of this feed.
    """
    feed = Element("feed", xmlns=_NAMESPACE)
    _add(feed, "title", _TITLE)
    _add(feed, "id", own_address)
    SubElement(feed, "link", rel="self", href=own_address)
    SubElement(feed, "link", rel="alternate", href=f"{site}{address.LIST}")
    _add(feed, "updated", _moment(max((report.changed_on for report in reports), default=_NEVER)))
    # An entry without an author needs that of the feed. The sender of a report is never one.
    _add(SubElement(feed, "author"), "name", "SP4N-LAPOR!")
    for report in reports:
        entry, link = SubElement(feed, "entry"), f"{site}{address.report_address(report.public_id)}"
        _add(entry, "title", heading(report, topic))
        _add(entry, "id", link)
        SubElement(entry, "link", rel="alternate", href=link)
        _add(entry, "published", _moment(report.published_on))
        _add(entry, "updated", _moment(report.changed_on))
        SubElement(entry, "category", term=report.topic, label=topic(report.topic))
        _add(entry, "summary", f"{institution(report.agency)}: {state_label(report.state)}")
        _add(entry, "content", _content(report)).set("type", "text")
    return bytes(tostring(feed, encoding="utf-8", xml_declaration=True))


def _content(report: ShownReport) -> str:
    answers = [f"{_ANSWER}: {text}" for text in (report.answer, report.closing) if text]
    return "\n\n".join([report.text, *answers])


def _moment(day: date) -> str:
    return begin_of_day(day).isoformat()


def _add(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = _NOT_XML.sub("", text)
    return element
