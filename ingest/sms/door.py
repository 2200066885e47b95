"""The SMS door's address."""

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response
from twilio.twiml.messaging_response import MessagingResponse

from ingest.arrival import Refused
from ingest.gate import Gate
from ingest.sms.adapter import Held, SmsAdapter
from ingest.wrap import arrived, held

_log = structlog.get_logger()


class SmsDoor:
    """Answers with TwiML: an SMS that carries the tracking number, in one GSM-7 segment."""

    def __init__(self, gate: Gate, adapter: SmsAdapter) -> None:
        self._gate = gate
        self._adapter = adapter

    def routes(self) -> APIRouter:
        """The addresses to serve."""
        router = APIRouter(tags=["sms"])
        router.add_api_route("/sms/twilio", self.message, methods=["POST"])
        return router

    async def message(self, request: Request) -> Response:
        """Take an SMS; one that is not proven to be Twilio's is kept in quarantine and refused (403)."""
        arrival = await self._gate.read(request)
        found = self._adapter.accept(arrival)
        if isinstance(found, Held):
            await self._gate.publish(held(found.raw, found.reason))
            _log.warning("sms.quarantined", message_id=str(found.raw.id), reason=found.reason)
            if found.reason == "malformed":
                raise Refused(400, found.reason, "Pesan ini tidak lengkap; disimpan untuk diperiksa.")
            says = "Pesan ini tidak terbukti datang dari Twilio; disimpan untuk diperiksa."
            raise Refused(403, found.reason, says)
        await self._gate.publish(arrived(found))
        answer = MessagingResponse()
        answer.message(receipt(found.tracking))
        return Response(str(answer), media_type="application/xml")


def receipt(tracking: str) -> str:
    """What the sender is told; at most 160 characters of the GSM 7-bit alphabet."""
    return f"Laporan Anda sudah kami terima dengan nomor {tracking}. Simpan nomor ini untuk melihat perkembangannya."
