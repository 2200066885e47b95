"""One text in which places are looked for: its words, the regions in it, and what lies near them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from language.places.gazetteer import CITY_PROVINCE, JOINS, LOCATIVES, RegionMention
from language.tokens import Tokens

# A province holds hundreds of villages of a name: only so close (in tokens) it says that one of them is meant.
_CLOSE = 4
_LONGEST_NAME = 4
SIDE_BY_SIDE = frozenset((" ", ", ", ",", "-", " - ", "/"))


class SearchContext:
    """`mentions` are the regions by their first word; `taken` marks words that are part of a name.

    `around` are codes that are known from elsewhere, `beside` regions that are easily taken for one of them.
    """

    __slots__ = ("_lying", "_lying_beside", "_lying_wide", "_provinces", "around", "mentions", "taken", "tokens")

    def __init__(
        self,
        tokens: Tokens,
        mentions: Mapping[int, RegionMention],
        taken: bytearray,
        around: Sequence[str],
        beside: Iterable[str] = (),
    ) -> None:
        self.tokens, self.mentions, self.taken, self.around = tokens, mentions, taken, around
        sure = [(code, mention.first) for mention in mentions.values() if mention.sure for code in mention.codes]
        self._lying = _Around((*around, *(code for code, _ in sure if "." in code or code == CITY_PROVINCE)))
        self._provinces = [(code, first) for code, first in sure if "." not in code and code != CITY_PROVINCE]
        self._lying_beside = _Around(beside)
        self._lying_wide = _Around(code for code, _ in self._provinces)

    @property
    def certain(self) -> bool:
        """Whether any region is certain."""
        return bool(self._lying or self._provinces)

    def joins(self, at: int, most: int) -> Iterator[tuple[int, str]]:
        """The words from `at` on run together, most words first, with the word each ends before."""
        words, gaps = self.tokens.words, self.tokens.gaps
        end = at + 1
        while end < min(len(words), at + most) and gaps[end] in JOINS and not self._said_at(end):
            end += 1
        for last in range(end, at, -1):
            yield last, "".join(words[at:last])

    def _said_at(self, at: int) -> bool:
        mention = self.mentions.get(at)
        return mention is not None and mention.said

    def within(self, codes: Sequence[str], near: int = -1) -> tuple[str, ...]:
        """Those that lie in or around a region that is certain; with a place, a province must stand close to it."""
        if not codes or not self.certain:
            return ()
        wide = self._lying_wide
        if near >= 0 and self._provinces:
            wide = _Around(code for code, first in self._provinces if abs(first - near) <= _CLOSE)
        return tuple(code for code in codes if code in self._lying or code in wide)

    def about(self, codes: Sequence[str], near: int = -1) -> tuple[str, ...]:
        """Those within; if none, those in a region that is easily taken for one of these."""
        kept = self.within(codes, near)
        return kept or tuple(code for code in codes if code in self._lying_beside)

    def alone_around(self, codes: Sequence[str]) -> tuple[str, ...]:
        """The only one of them in the provinces of what is known from elsewhere."""
        provinces = {code.partition(".")[0] for code in self.around}
        kept = tuple(code for code in codes if code.partition(".")[0] in provinces)
        return kept if len(kept) == 1 else ()

    def beside(self, at: int, end: int) -> Iterator[RegionMention]:
        """The names right before and right behind some words."""
        if (after := self.mentions.get(end)) and self.tokens.gaps[end] in SIDE_BY_SIDE:
            yield after
        for first in range(at - 1, max(at - _LONGEST_NAME, 0) - 1, -1) if self.tokens.gaps[at] in SIDE_BY_SIDE else ():
            if (before := self.mentions.get(first)) and before.end == at:
                yield before

    def holding(self, codes: Sequence[str], at: int) -> tuple[str, ...]:
        """Those in which a place lies whose name stands right before or right behind a word."""
        districts = [code for mention in self.beside(at, at + 1) for code in mention.codes if code.count(".") > 1]
        return tuple(code for code in codes if any(district.startswith(f"{code}.") for district in districts))

    def titled(self, at: int) -> bool:
        """Whether the word is written with one capital letter."""
        word = self.tokens.written(at)
        return word[0].isupper() and word[1:].islower()

    def after_where(self, at: int) -> bool:
        """Whether the word stands behind one like `di`."""
        return at > 0 and self.tokens.words[at - 1] in LOCATIVES

    def led(self, at: int) -> bool:
        """Whether the word is written as a name, or stands behind a word like `di`."""
        return self.titled(at) or self.after_where(at)

    def stands_alone(self, at: int, end: int) -> bool:
        """Whether a name by itself is none of a person: not beside another word that is written as a name."""
        if self.certain or not (self.led(at) or end > at + 1):
            return False
        before = at > 0 and self.tokens.gaps[at] == " " and self.titled(at - 1)
        after = end < len(self.tokens.words) and self.tokens.gaps[end] == " " and self.titled(end)
        return self.after_where(at) or not (before or after)


class _Around:
    """Regions; `in` says whether a code is one of them, lies in one or holds one. A look-up costs time by its depth."""

    __slots__ = ("_codes", "_holders")

    def __init__(self, codes: Iterable[str]) -> None:
        self._codes = frozenset(codes)
        self._holders = frozenset(holder for code in self._codes for holder in _holders(code))

    def __bool__(self) -> bool:
        return bool(self._codes)

    def __contains__(self, code: str) -> bool:
        return code in self._codes or code in self._holders or not self._codes.isdisjoint(_holders(code))


def _holders(code: str) -> list[str]:
    """The codes of the regions that a region lies in."""
    return [code[:at] for at, sign in enumerate(code) if sign == "."]
