"""Builds the programming interface of agencies and its keys from the parts of the process."""

from app.assembly.parts import Parts
from desk.acts.answer_pictures import AnswerPictures
from desk.acts.answers import OfficerAnswers, Record
from desk.acts.divisions import Divisions
from desk.acts.recommendation_answers import RecommendationAnswers
from desk.api.application import AgencyApi
from desk.api.case_endpoints import OpenFile
from desk.api.keys.agency_keys import AgencyKeys
from desk.api.keys.rate_limits import AGENCY_RATES
from desk.institutions import Institutions
from desk.units.contributions import UnitContributions
from desk.units.passing import UnitPassing
from desk.units.units import Units


def build_agency_keys(parts: Parts, record: Record) -> AgencyKeys:
    """Return the operations on keys. `record` appends to the audit log."""
    return AgencyKeys(parts.engine, record, parts.now, parts.randomness.new_id, parts.randomness.token)


def build_agency_api(
    parts: Parts,
    answers: OfficerAnswers,
    recommendations: RecommendationAnswers,
    institutions: Institutions,
    open_file: OpenFile,
    record: Record,
    pictures: AnswerPictures,
    units: Units,
    passing: UnitPassing,
    contributions: UnitContributions,
    divisions: Divisions,
) -> AgencyApi:
    """Return the interface, to be mounted at `/agency/v1`. `record` appends to the audit log."""
    return AgencyApi(
        parts.engine,
        build_agency_keys(parts, record),
        answers,
        recommendations,
        institutions,
        open_file,
        record,
        parts.now,
        {name: rate for name, rate in parts.settings.rates.items() if name in AGENCY_RATES},
        parts.channels.answer_forms,
        parts.deadlines,
        pictures,
        units,
        passing,
        contributions,
        divisions,
    )
