"""Everything that a page of an overseer shows, made of what was read. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from oversight.figures.computation import Figures
from oversight.figures.counts import AgencyPair, Scope, ScopeKind
from oversight.pages.address import View
from oversight.pages.funnel import FunnelStep, draw_funnel
from oversight.pages.headline import headline
from oversight.pages.names import ScopeNames
from oversight.pages.ranking import Candidate, RankingGroup, rank_scopes
from oversight.pages.reading import PageData, ScopeValue
from oversight.pages.shown_figures import SHOWN_FIGURES, FigureValue, ShownFigure
from oversight.pages.tile_map import Tile, draw_tiles
from oversight.pages.trend import Trend, draw_trend
from pages.translation.message import Message


class FigureRow(NamedTuple):
    """A figure of the month beside that of the compared month."""

    figure: ShownFigure
    value: FigureValue
    compared_value: FigureValue

    @property
    def text(self) -> Message:
        """The value of the month."""
        return self.figure.text(self.value)

    @property
    def compared_text(self) -> Message:
        """The value of the compared month."""
        return self.figure.text(self.compared_value)


class ChannelFigures(NamedTuple):
    """The values of all figures for the reports that came by a channel in a month, in the order of the figures."""

    channel: str
    values: Sequence[FigureValue]


@dataclass(frozen=True, slots=True)
class OversightPage:
    """A page. `tiles` are empty for all scopes but the nation; `groups` are empty if nothing is ranked."""

    view: View
    name: str
    headline: Message
    rows: Sequence[FigureRow]
    trend: Trend
    funnel: Sequence[FunnelStep]
    tiles: Sequence[Tile]
    groups: Sequence[RankingGroup]
    channels: Sequence[ChannelFigures]
    compared_channels: Sequence[ChannelFigures]
    worst_pairs: Sequence[AgencyPair]
    is_provisional: bool
    is_outdated: bool


def build_page(view: View, data: PageData, names: ScopeNames) -> OversightPage:
    """Return the page of a view."""
    overdue, figure = data.overdue, view.figure
    is_nation = view.scope.kind == "nation"
    province_values = {code: value.value for code, value in data.by_kind.get("province", {}).items()}
    ranked = data.by_kind.get(view.ranked, {})
    return OversightPage(
        view=view,
        name=names.name(view.scope),
        headline=headline(view.scope, names.name(view.scope), overdue, names.name(Scope("agency", overdue.agency))),
        rows=[FigureRow(shown, shown.read(data.figures), shown.read(data.compared_figures)) for shown in SHOWN_FIGURES],
        trend=draw_trend([(month, figure.read(figures)) for month, figures in data.months], figure),
        funnel=draw_funnel(data.figures, data.finished),
        tiles=draw_tiles(names.provinces(), province_values, figure) if is_nation else (),
        groups=rank_scopes(_candidates(view.ranked, ranked, names), figure),
        channels=_channel_figures(data.by_channel),
        compared_channels=_channel_figures(data.compared_by_channel),
        worst_pairs=data.figures.worst_pairs,
        is_provisional=data.figures.is_provisional,
        is_outdated=data.is_outdated,
    )


def _channel_figures(by_channel: Mapping[str, Figures]) -> Sequence[ChannelFigures]:
    """Return the values of each channel, that with the most reports first."""
    channels = sorted(by_channel, key=lambda channel: (-by_channel[channel].received.get(channel, 0), channel))
    return [
        ChannelFigures(channel, [shown.read(by_channel[channel]) for shown in SHOWN_FIGURES]) for channel in channels
    ]


def _candidates(kind: ScopeKind, values: Mapping[str, ScopeValue], names: ScopeNames) -> Sequence[Candidate]:
    scopes = [Scope(kind, code) for code in values]
    return [Candidate(ranked, names.name(ranked), *values[ranked.value]) for ranked in scopes]
