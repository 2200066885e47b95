"""One text in which places are searched: its words, the regions in it, and the places near a word."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from language.places.gazetteer import AFTER_PREFIX, JOINS, LOCATIVES, RegionMention, containing_codes, is_in_city
from language.tokens import Tokens

# A province has hundreds of villages of a name: only within this distance (in tokens) one of them is meant.
_CLOSE = 4
_MAX_NAME_WORDS = 4
SIDE_BY_SIDE = frozenset((" ", ", ", ",", "-", " - ", "/"))
# “Kalijati RT 02/RW 03 Dawuan”: the neighbourhood stands between the names of village and district.
_NEIGHBOURHOOD = re.compile(r"r[tw]\d*|\d{1,3}")


def behind_neighbourhood(tokens: Tokens, position: int) -> int:
    """Return the position behind "RT 02 RW 03" at a position; the position itself if none stands there."""
    words = tokens.words
    if position < len(words) and words[position].startswith(("rt", "rw")):
        while position < len(words) and _NEIGHBOURHOOD.fullmatch(words[position]):
            position += 1
    return position


class SearchContext:
    """`mentions` are the regions by their first token. `taken` marks tokens that are part of a name.

    `known_codes` are regions known from elsewhere, `confusable_codes` regions that are easily taken for one of them.
    """

    __slots__ = (
        *("_certain_area", "_confusable_area", "_province_area", "_provinces"),
        *("known_codes", "mentions", "taken", "tokens"),
    )

    def __init__(
        self,
        tokens: Tokens,
        mentions: Mapping[int, RegionMention],
        taken: bytearray,
        known_codes: Sequence[str],
        confusable_codes: Collection[str] = (),
    ) -> None:
        self.tokens, self.mentions, self.taken, self.known_codes = tokens, mentions, taken, known_codes
        certain = [(code, mention.first) for mention in mentions.values() if mention.certain for code in mention.codes]
        self._certain_area = Area((*known_codes, *(code for code, _ in certain if is_in_city(code))))
        self._provinces = [(code, first) for code, first in certain if not is_in_city(code)]
        self._province_area = Area(code for code, _ in self._provinces) if self._provinces else _NOWHERE
        self._confusable_area = Area(confusable_codes) if confusable_codes else _NOWHERE

    @property
    def has_certain_region(self) -> bool:
        """True if any region is certain."""
        return bool(self._certain_area or self._provinces)

    def joined(self, first: int, end: int) -> str:
        """Return some words run together."""
        return "".join(self.tokens.words[first:end])

    def joined_names(self, position: int, max_words: int) -> Iterator[tuple[int, str]]:
        """Yield the words from a position on run together, most words first, each with the position after them."""
        words, gaps = self.tokens.words, self.tokens.gaps
        end = position + 1
        while end < min(len(words), position + max_words) and gaps[end] in JOINS and not self._is_typed_at(end):
            end += 1
        for name_end in range(end, position, -1):
            yield name_end, self.joined(position, name_end)

    def _is_typed_at(self, position: int) -> bool:
        mention = self.mentions.get(position)
        return mention is not None and mention.typed

    def has_name_after(self, position: int) -> bool:
        """Return True if a word follows a type word at this position as a name would."""
        following = position + 1
        return following < len(self.tokens.words) and self.tokens.gaps[following] in AFTER_PREFIX

    def within(self, codes: Sequence[str], close_to: int = -1) -> tuple[str, ...]:
        """Return the codes in or around a certain region; with a position, a province must stand close to it."""
        if not codes or not self.has_certain_region:
            return ()
        province_area = self._province_area
        if close_to >= 0 and self._provinces:
            province_area = Area(code for code, first in self._provinces if abs(first - close_to) <= _CLOSE)
        return tuple(code for code in codes if code in self._certain_area or code in province_area)

    def within_or_confusable(self, codes: Sequence[str], close_to: int = -1) -> tuple[str, ...]:
        """Return the codes within certain regions; without any, those in a region easily taken for a known one."""
        return self.within(codes, close_to) or tuple(code for code in codes if code in self._confusable_area)

    def only_one_in_known_provinces(self, codes: Sequence[str]) -> tuple[str, ...]:
        """Return the only code in the provinces of the known codes."""
        provinces = {code.partition(".")[0] for code in self.known_codes}
        codes_in_provinces = tuple(code for code in codes if code.partition(".")[0] in provinces)
        return codes_in_provinces if len(codes_in_provinces) == 1 else ()

    def neighbours(self, first: int, end: int) -> Iterator[RegionMention]:
        """Yield the names directly before and after some words."""
        next_name = behind_neighbourhood(self.tokens, end)
        if (following := self.mentions.get(next_name)) and self.tokens.gaps[next_name] in SIDE_BY_SIDE:
            yield following
        if self.tokens.gaps[first] not in SIDE_BY_SIDE:
            return
        for position in range(first - 1, max(first - _MAX_NAME_WORDS, 0) - 1, -1):
            if (previous := self.mentions.get(position)) and previous.end == first:
                yield previous

    def around_neighbours(self, codes: Sequence[str], position: int) -> tuple[str, ...]:
        """Return the codes of regions that contain a district named directly before or after a word."""
        neighbour_codes = (code for mention in self.neighbours(position, position + 1) for code in mention.codes)
        districts = [code for code in neighbour_codes if code.count(".") > 1]
        return tuple(code for code in codes if any(district.startswith(f"{code}.") for district in districts))

    def has_one_capital(self, position: int) -> bool:
        """Return True if a word is written with one capital letter."""
        word = self.tokens.written(position)
        return word[0].isupper() and word[1:].islower()

    def is_after_locative(self, position: int) -> bool:
        """Return True if a word stands after one like `di`."""
        return position > 0 and self.tokens.words[position - 1] in LOCATIVES

    def is_written_as_name(self, position: int) -> bool:
        """Return True if a word has one capital letter or stands after a word like `di`."""
        return self.has_one_capital(position) or self.is_after_locative(position)

    def stands_alone(self, first: int, end: int) -> bool:
        """Return True if a name is not part of a person's name: no word beside it is written as a name."""
        if self.has_certain_region or not (self.is_written_as_name(first) or end > first + 1):
            return False
        return self.is_after_locative(first) or not (self._has_name_before(first) or self._has_name_at(end))

    def _has_name_before(self, position: int) -> bool:
        return position > 0 and self.tokens.gaps[position] == " " and self.has_one_capital(position - 1)

    def _has_name_at(self, position: int) -> bool:
        is_word = position < len(self.tokens.words) and self.tokens.gaps[position] == " "
        return is_word and self.has_one_capital(position)


class Area:
    """Regions; a code is `in` the area if it is one of them, lies in one or contains one."""

    __slots__ = ("_codes", "_containing_codes")

    def __init__(self, codes: Iterable[str]) -> None:
        self._codes = frozenset(codes)
        self._containing_codes = frozenset(containing for code in self._codes for containing in containing_codes(code))

    def __bool__(self) -> bool:
        """True if there is any region."""
        return bool(self._codes)

    def __contains__(self, code: str) -> bool:
        """Return True if the region lies in the area, is one of its regions or contains one."""
        is_known = code in self._codes or code in self._containing_codes
        return is_known or not self._codes.isdisjoint(containing_codes(code))


_NOWHERE = Area(())
