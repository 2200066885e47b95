"""Decides which agency gets a report: a pure function of the report and the rules. Officers read the reasons."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from config.reference.regions import Regions
from messages.shapes import Place, Reason, Report
from messages.topics import TRIAGE
from router.decision import NO_CANDIDATE, PLACE_CONFLICT, PLACE_MISSING, Decision
from router.evidence.evidence import CollectedEvidence, Evidence
from router.location.place_evidence import PointLocation
from router.place_bound import bound_by_place
from router.registry.levels import PLACE
from router.registry.registry import Registry
from router.rules import Rules
from router.scoring import AgencyCandidate, calibrated, calibrated_at_triage, rank_candidates
from router.second_matter import find_second_matter
from router.ties import Tie, tie_with_government
from router.unit_kinds import find_unit_kinds

MAX_ALTERNATIVES = 3
_MAX_REASONS = 3
# Of two places that exclude each other, each is so likely at most.
_ONE_OF_TWO_PLACES = 0.5
# Kinds of evidence by which a sender addresses an institution.
_ADDRESSEE_KINDS = frozenset({"addressed", "named", "greeted"})


def decide(report: Report, rules: Rules) -> Decision:
    """Return the likeliest agency if it is likely enough; else triage, with the candidates and the reason.

    A report whose point and whose named place are in different provinces goes to triage: its sender is asked.
    """
    collected = rules.collect_evidence(report)
    decision = _decide_by_evidence(collected, rules)
    return replace(
        decision,
        second_matter=find_second_matter(collected, decision.topic, decision.agency, rules),
        unit_kinds=find_unit_kinds(collected, decision.topic, rules.registry.units),
        programme_words=rules.programme_words.find(collected.text.words),
    )


def _decide_by_evidence(collected: CollectedEvidence, rules: Rules) -> Decision:
    candidates = ranked_agencies(collected, rules)
    best = candidates[0]
    if point := _conflicting_point(collected):
        return _conflict_decision(candidates, collected, point, rules)
    if best.institution != TRIAGE and best.likelihood >= rules.weights.threshold:
        return _agency_decision(candidates, collected, rules)
    if tie := tie_with_government(candidates, _region(collected), rules.jurisdiction):
        others = [candidate for candidate in candidates if candidate is not tie.government]
        decision = _agency_decision([tie.government, *others], collected, rules)
        return replace(decision, reasons=(*decision.reasons, _tie_reason(tie, rules.registry)))
    return _triage_decision(candidates, collected, rules)


def ranked_agencies(collected: CollectedEvidence, rules: Rules) -> Sequence[AgencyCandidate]:
    """Return the candidates by this evidence, the likeliest first; triage stands for: nobody could tell."""
    candidates = _join_offices(rank_candidates(collected.evidence, rules.weights), rules.registry)
    place_finder = rules.language.place_finder
    return bound_by_place(
        candidates, collected.location, rules.jurisdiction.governments_of, lambda code: place_finder.namesakes((code,))
    )


def decide_again(earlier: Report, later: Report, rules: Rules) -> Decision:
    """Return the decision after a sender has written more: by the later report alone, else by both together."""
    decision = decide(later, rules)
    return decide_jointly(earlier, later, rules) if decision.agency == TRIAGE else decision


def decide_jointly(earlier: Report, later: Report, rules: Rules) -> Decision:
    """Return the decision on a report and its sender's next words, read as one text."""
    reported_place = later.place if later.place != Place() else earlier.place
    joint_text = {
        "title": earlier.title,
        "text": f"{earlier.text}\n{later.title}\n{later.text}",
        "place": reported_place,
    }
    joint = earlier.model_copy(update=joint_text | {"agency": later.agency or earlier.agency})
    decision = decide(joint, rules)
    is_conflict = any(reason.rule == PLACE_CONFLICT for reason in decision.reasons)
    if not is_conflict or rules.collect_evidence(later).location.best is None:
        return decision
    # The sender was asked, and answers with a place: that counts more than the point.
    without_point = reported_place.model_copy(update={"latitude": None, "longitude": None, "accuracy": None})
    return decide(joint.model_copy(update={"place": without_point}), rules)


def _join_offices(candidates: Sequence[AgencyCandidate], registry: Registry) -> Sequence[AgencyCandidate]:
    """Return the candidates, those with one receiving agency as one with their joint probability.

    The likeliest institution of each stands for it: it has no connection of its own, or the others have none.
    """
    if all(_is_connected(candidate.institution, registry) for candidate in candidates):
        return candidates
    by_agency: dict[str, list[AgencyCandidate]] = defaultdict(list)
    for candidate in candidates:
        agency = registry.receiving_agency(candidate.institution)
        by_agency[candidate.institution if agency == TRIAGE else agency].append(candidate)
    joined = [
        group[0]._replace(
            likelihood=sum(candidate.likelihood for candidate in group),
            evidence=tuple(piece for candidate in group for piece in candidate.evidence),
        )
        for group in by_agency.values()
    ]
    return sorted(joined, key=lambda candidate: (-candidate.likelihood, candidate.institution))


def _is_connected(code: str, registry: Registry) -> bool:
    agency = registry.agencies.get(code)
    return agency is not None and agency.connected


def _agency_decision(candidates: Sequence[AgencyCandidate], collected: CollectedEvidence, rules: Rules) -> Decision:
    best, *less_likely = candidates
    agency = rules.registry.receiving_agency(best.institution)
    reasons = (
        *_strongest_reasons(best),
        *_unconnected_reason(best.institution, agency, rules.registry),
        *_overruled_addressee_reason(less_likely, best),
        *(
            _point_reason(collected, rules.language.regions)
            if _governs_point(best.institution, collected, rules)
            else ()
        ),
    )
    topic = next((piece.topic for piece in best.evidence if piece.topic), "") or _first_topic(collected)
    alternatives = _alternatives(best, less_likely, collected, rules)
    return Decision(agency, alternatives, reasons, round(calibrated(best.likelihood), 3), topic, _region(collected))


def _tie_reason(tie: Tie, registry: Registry) -> Reason:
    """Return the reason that names the other institution, which is about as likely."""
    explanation = (
        f"{registry.name_of(tie.other.institution)} hampir sama kuat; "
        "laporan dikirim kepada pemerintah daerah tempat kejadian."
    )
    return Reason(rule="tie", text=explanation)


def _triage_decision(candidates: Sequence[AgencyCandidate], collected: CollectedEvidence, rules: Rules) -> Decision:
    registry = rules.registry
    agencies = _receiving_agencies((candidate.institution for candidate in candidates), registry)
    institutions = [candidate for candidate in candidates if candidate.institution != TRIAGE]
    confidence = calibrated_at_triage(institutions[0].likelihood) if institutions else NO_CANDIDATE
    return Decision(
        TRIAGE,
        tuple(agencies)[:MAX_ALTERNATIVES],
        (
            *_undecided_reasons(candidates, registry, has_place=collected.location.best is not None),
            *_point_reason(collected, rules.language.regions),
        ),
        round(confidence, 3),
        _first_topic(collected),
        _region(collected),
    )


def _conflicting_point(collected: CollectedEvidence) -> PointLocation | None:
    """Return the report's point if it and the named place are in different provinces."""
    point = collected.location.point
    return point if point and point.elsewhere else None


def _conflict_decision(
    candidates: Sequence[AgencyCandidate], collected: CollectedEvidence, point: PointLocation, rules: Rules
) -> Decision:
    """Return the decision for triage about a report with two places in different provinces."""
    undecided = _triage_decision([_without_missing_place(candidate) for candidate in candidates], collected, rules)
    places = (_place_name(code, rules.language.regions) for code in (point.code, point.elsewhere))
    explanation = "Titik lokasi: {}. Laporan menyebut: {}. Pelapor perlu menegaskan tempatnya.".format(*places)
    likeliest, *others = undecided.alternatives or ("",)
    governments = (rules.jurisdiction.government_of(PLACE, code) for code in (point.code, point.elsewhere))
    agencies = filter(None, dict.fromkeys((likeliest, *_receiving_agencies(governments, rules.registry), *others)))
    return replace(
        undecided,
        alternatives=tuple(agencies)[:MAX_ALTERNATIVES],
        reasons=(Reason(rule=PLACE_CONFLICT, text=explanation), *undecided.reasons[:_MAX_REASONS]),
        confidence=min(undecided.confidence, _ONE_OF_TWO_PLACES),
        region="",
    )


def _without_missing_place(candidate: AgencyCandidate) -> AgencyCandidate:
    """Return the candidate without the evidence that no place is known: two are."""
    return candidate._replace(evidence=tuple(piece for piece in candidate.evidence if piece.kind != "unplaced"))


def _point_reason(collected: CollectedEvidence, regions: Regions) -> tuple[Reason, ...]:
    """Return the reason that names the place of the report's point, and the named place that it overrules."""
    point = collected.location.point
    if point is None or point.elsewhere:
        # The reason of the conflict names both places.
        return ()
    explanation = f"Titik lokasi: {_place_name(point.code, regions)}."
    if point.overruled:
        explanation += f" Laporan menyebut {_place_name(point.overruled, regions)}; titik lokasi menentukan."
    return (Reason(rule="point", text=explanation),)


def _governs_point(institution: str, collected: CollectedEvidence, rules: Rules) -> bool:
    """Return True for a government of the place of the report's point."""
    point = collected.location.point
    return point is not None and institution in rules.jurisdiction.governments_of(point.code)


def _place_name(code: str, regions: Regions) -> str:
    """Return the names of a region and of those that it lies in, the narrowest first."""
    return ", ".join(region.name for region in reversed(regions.lineage(code)))


def _first_topic(collected: CollectedEvidence) -> str:
    return collected.topics[0].name if collected.topics else ""


def _region(collected: CollectedEvidence) -> str:
    return collected.location.best.code if collected.location.best else ""


def _alternatives(
    best: AgencyCandidate, less_likely: Sequence[AgencyCandidate], collected: CollectedEvidence, rules: Rules
) -> tuple[str, ...]:
    """Return the next likeliest agencies, then the governments of the place: these at least know who is competent."""
    registry = rules.registry
    institutions = [candidate.institution for candidate in less_likely if candidate.institution != TRIAGE]
    agency = registry.agencies.get(best.institution)
    if agency and agency.parent:
        institutions.append(agency.parent)
    if collected.location.best:
        institutions.extend(rules.jurisdiction.governments_of(collected.location.best.code))
    chosen = registry.receiving_agency(best.institution)
    agencies = _receiving_agencies(institutions, registry)
    return tuple(code for code in agencies if code != chosen)[:MAX_ALTERNATIVES]


def _receiving_agencies(institutions: Iterable[str], registry: Registry) -> Iterator[str]:
    """Yield the agencies that receive the complaints of these institutions, each once, without triage."""
    agencies = dict.fromkeys(map(registry.receiving_agency, institutions))
    return (code for code in agencies if code != TRIAGE)


def _strongest_reasons(candidate: AgencyCandidate) -> tuple[Reason, ...]:
    """Return the reasons of the strongest evidence, each once: “Puskesmas” and “puskesmas” are one."""
    reasons: dict[str, Reason] = {}
    for piece in candidate.evidence:
        if piece.strength > 0:
            reasons.setdefault(f"{piece.rule}{piece.explanation}".casefold(), piece.reason)
    return tuple(islice(reasons.values(), _MAX_REASONS))


def _unconnected_reason(institution: str, agency: str, registry: Registry) -> tuple[Reason, ...]:
    """Return the reason why another agency receives the complaints of an unconnected institution."""
    if institution == agency:
        return ()
    explanation = (
        f"{registry.name_of(institution)} belum terhubung; laporan diteruskan melalui {registry.name_of(agency)}."
    )
    return (Reason(rule="unconnected", text=explanation),)


def _overruled_addressee_reason(less_likely: Sequence[AgencyCandidate], best: AgencyCandidate) -> tuple[Reason, ...]:
    """Return a reason for the institution that the sender named although it is not competent.

    The officer sees by it that the name was not overlooked.
    """
    for candidate in less_likely:
        for piece in candidate.evidence:
            if piece.kind in _ADDRESSEE_KINDS and candidate.institution != best.institution:
                explanation = f"{piece.explanation} Urusannya ada pada instansi lain."
                return (Reason(rule="addressee-overruled", text=explanation),)
    return ()


def _undecided_reasons(
    candidates: Sequence[AgencyCandidate], registry: Registry, *, has_place: bool
) -> tuple[Reason, ...]:
    """Return the reasons for triage: the missing information, or the institutions that are about equally likely."""
    nobody = next(candidate for candidate in candidates if candidate.institution == TRIAGE)
    institutions = [candidate for candidate in candidates if candidate is not nobody]
    if not institutions:
        pieces = (_triage_reason(piece, has_place=has_place) for piece in nobody.evidence)
        return tuple(dict.fromkeys(pieces))[:_MAX_REASONS]
    unplaced = [piece for piece in nobody.evidence if piece.kind == "unplaced"]
    names = ", ".join(registry.name_of(candidate.institution) for candidate in institutions[:MAX_ALTERNATIVES])
    not_sure = Reason(rule="not-sure", text=f"Belum cukup yakin; calon instansi: {names}.")
    missing_place = [_triage_reason(piece, has_place=has_place) for piece in unplaced[:1]]
    return (*missing_place, not_sure, *_strongest_reasons(institutions[0]))[: _MAX_REASONS + 1]


def _triage_reason(piece: Evidence, *, has_place: bool) -> Reason:
    """Return the reason of a piece of evidence for triage. A sender is asked for the place by its rule."""
    is_place_missing = piece.kind == "unplaced" and not has_place
    return Reason(rule=PLACE_MISSING, text=piece.explanation) if is_place_missing else piece.reason
