"""Reads a service request of Open311: a urlencoded form with the arguments of GeoReport v2."""

from collections.abc import Mapping

from pydantic import ValidationError

from messages.payloads.open311 import ServiceRequest
from normalize.draft import Draft, unreadable_field


class Open311Reader:
    """Reads service requests. `service_names` are by code; a service without a name there is called by its code."""

    def __init__(self, service_names: Mapping[str, str]) -> None:
        self._service_names = service_names

    def read_report(self, _content_type: str, body: bytes) -> Draft:
        """Return the draft of a service request. Raises `Unreadable`."""
        try:
            request = ServiceRequest.from_form(body)
        except ValidationError as error:
            raise unreadable_field(error) from None
        code = request.service_code
        return Draft(request.report(self._service_names.get(code, code)), request.contact())
