"""The filter of triage's list: topics and regions by their names, and the choices of both. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.staff.next_case import ListFilter
from config.reference.regions import Region, Regions
from pages.wording.cases import region_label, topic_label
from sinks.ledger.triage_cases import UndecidedSubject

# Words before the name of a city or a regency, which people leave out.
_LEVELS = ("kota ", "kabupaten ", "kab. ", "kab ")


class FilterChoice(NamedTuple):
    """A value of the filter with its name, and the number of cases that it leaves."""

    value: str
    label: str
    cases: int


def read_filter(topic: str, region: str, topics: Mapping[str, str], regions: Regions) -> ListFilter:
    """Return the filter for a topic and a region, each by its code or its name. `topics` are names by id."""
    by_name = {name.casefold(): code for code, name in topics.items()}
    choice = ListFilter.read(topic, region)
    return ListFilter(by_name.get(" ".join(topic.split()).casefold(), choice.topic), _region(choice.region, regions))


def topic_choices(
    subjects: Sequence[UndecidedSubject], chosen: str, topics: Mapping[str, str]
) -> Sequence[FilterChoice]:
    """Return the topics of the undecided cases by name; also the chosen one."""
    counts = Counter[str]({chosen: 0} if chosen else {})
    for subject in subjects:
        counts[subject.topic] += subject.cases
    choices = [FilterChoice(topic, topic_label(topics, topic), cases) for topic, cases in counts.items() if topic]
    return sorted(choices, key=lambda choice: choice.label.casefold())


def region_choices(subjects: Sequence[UndecidedSubject], chosen: str, regions: Regions) -> Sequence[FilterChoice]:
    """Return the provinces, cities and regencies of the undecided cases, each province before its parts.

    Also the chosen region.
    """
    counts = Counter[str]({chosen: 0} if chosen else {})
    for subject in subjects:
        for region in regions.lineage(subject.region):
            counts[region.code] += subject.cases
    shown = [code for code in counts if code == chosen or code.count(".") <= 1]
    choices = [FilterChoice(code, region_label(regions, code) or code, counts[code]) for code in shown]
    return sorted(choices, key=lambda choice: _order(choice.value, regions))


def _order(code: str, regions: Regions) -> list[str]:
    return [region.name for region in regions.lineage(code)] or [code]


def _region(typed: str, regions: Regions) -> str:
    """Return the code of a province, city or regency that is typed by its name; another text as it is.

    A name of several, without the word for its level, is that of the city.
    """
    if regions.get(typed):
        return typed
    name = " ".join(typed.split()).casefold()
    provinces = regions.children()
    wide = [*provinces, *(region for province in provinces for region in regions.children(province.code))]
    exact = [region for region in wide if region.name.casefold() == name]
    short = [region for region in wide if _short_name(region) == name]
    found = exact or sorted(short, key=lambda region: not region.name.casefold().startswith("kota "))
    return found[0].code if found else typed


def _short_name(region: Region) -> str:
    name = region.name.casefold()
    return next((name.removeprefix(level) for level in _LEVELS if name.startswith(level)), name)
