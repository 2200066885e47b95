"""Reads a service request of Open311: a urlencoded form with the arguments of GeoReport v2."""

from collections.abc import Mapping

from pydantic import ValidationError

from messages.open311 import ServiceRequest
from normalize.draft import Draft, unreadable_field


class Open311Reader:
    """`names` are the services' by their codes; one that is no longer among them is called by its code."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def read_report(self, _content_type: str, body: bytes) -> Draft:
        """The draft in a service request. Raises `Unreadable`."""
        try:
            request = ServiceRequest.from_form(body)
        except ValidationError as error:
            raise unreadable_field(error) from None
        code = request.service_code
        return Draft(request.report(self._names.get(code, code)), request.contact())
