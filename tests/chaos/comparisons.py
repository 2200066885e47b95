"""Compares what the models of a service say about the same things. Pure.

Each side is a mapping of facts. The first element of a key is the id of the complaint, or of the message where there is
no complaint: a difference names it.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from cases.course.verdicts import CaseState

Key: TypeAlias = tuple[object, ...]
K = TypeVar("K", bound=Key)
V = TypeVar("V")


class Difference(NamedTuple):
    """A difference: the comparison that found it, the id of the complaint or message, and what differs."""

    comparison: str
    subject: str
    text: str


class Place(NamedTuple):
    """Where a model has a complaint: the agency and the hop of its latest dispatch, and the case that it belongs to.

    The case of a complaint that is its own case is the complaint itself.
    """

    agency: str
    hop: int
    case_id: UUID

    def __str__(self) -> str:
        """Return it as a difference shows it."""
        return f"{self.agency} by hop {self.hop} in case {self.case_id}"


class ComparedDispatch(NamedTuple):
    """A dispatch: its id, the agency, and the case that the complaint belongs to."""

    id: UUID
    agency: str
    case_id: UUID

    def __str__(self) -> str:
        """Return it as a difference shows it."""
        return f"{self.id} to {self.agency} in case {self.case_id}"


# Dispatches by complaint and hop.
Dispatches: TypeAlias = Mapping[tuple[UUID, int], ComparedDispatch]


def compare_facts(
    comparison: str,
    left: Mapping[K, object],
    right: Mapping[K, object],
    *,
    names: tuple[str, str] = ("topics", "table"),
    not_on_right: Collection[object] = (),
) -> Iterator[Difference]:
    """Yield what only one side has, and what is not equal.

    `not_on_right` are first elements of keys that the right side need not have.
    """
    left_name, right_name = names
    for key in sorted(left.keys() | right.keys(), key=str):
        subject, *rest = map(str, key)
        what = "".join(f"{part} " for part in rest)
        if key not in right:
            if key[0] not in not_on_right:
                yield Difference(
                    comparison, subject, f"{what}in {left_name}: {_of(left, key)}, in {right_name}: nothing"
                )
        elif key not in left:
            yield Difference(comparison, subject, f"{what}in {left_name}: nothing, in {right_name}: {_of(right, key)}")
        elif left[key] != right[key]:
            text = f"{what}in {left_name}: {_of(left, key)}, in {right_name}: {_of(right, key)}"
            yield Difference(comparison, subject, text)


def latest_places(dispatches: Dispatches) -> Mapping[UUID, Place]:
    """Return the place of each complaint by its latest dispatch."""
    places: dict[UUID, Place] = {}
    for (complaint_id, hop), dispatch in dispatches.items():
        if complaint_id not in places or places[complaint_id].hop < hop:
            places[complaint_id] = Place(dispatch.agency, hop, dispatch.case_id)
    return places


def compare_places(models: Mapping[str, Mapping[UUID, Place]]) -> Iterator[Difference]:
    """Yield each complaint that models have at different places. The first model is the one of the topics."""
    (first_name, first), *others = models.items()
    for name, places in others:
        yield from compare_facts(f"place: {name}", _keyed(first), _keyed(places), names=(first_name, name))


def compare_followers(models: Mapping[str, Mapping[UUID, Place]]) -> Iterator[Difference]:
    """Yield each case that has different followers in the models."""
    (first_name, first), *others = models.items()
    for name, places in others:
        left, right = _keyed(_followers(first)), _keyed(_followers(places))
        yield from compare_facts(f"followers: {name}", left, right, names=(first_name, name))


def compare_states(models: Mapping[str, Mapping[UUID, CaseState]]) -> Iterator[Difference]:
    """Yield each case whose state is not the same in the models."""
    (first_name, first), *others = models.items()
    for name, states in others:
        yield from compare_facts(f"state: {name}", _keyed(first), _keyed(states), names=(first_name, name))


def state_without_messages(state: CaseState) -> CaseState:
    """Return the state as a model has it that does not know if the sender has answered a question."""
    return "proses" if state == "tunda" else state


def unknown_numbers(accepted: Mapping[str, str], known: Collection[str]) -> Iterator[Difference]:
    """Yield each number that a door gave to a citizen, and that nobody knows. `accepted` has the channel of each."""
    for number in sorted(accepted.keys() - set(known)):
        yield Difference("accepted", number, f"accepted by {accepted[number]}, and unknown")


def _followers(places: Mapping[UUID, Place]) -> Mapping[UUID, str]:
    followers: dict[UUID, list[str]] = {}
    for complaint_id, place in places.items():
        if place.case_id != complaint_id:
            followers.setdefault(place.case_id, []).append(str(complaint_id))
    return {case_id: ", ".join(sorted(ids)) for case_id, ids in followers.items()}


def _keyed(values: Mapping[UUID, V]) -> Mapping[Key, V]:
    return {(id_,): value for id_, value in values.items()}


def _of(facts: Mapping[K, object], key: K) -> str:
    return str(facts[key]) or "it is there"
