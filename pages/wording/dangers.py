"""Words of dangers to life: the name, what an officer does first, and whom to call, by the kind of the danger.

The numbers are those of the texts for senders (`messages.replies.emergency_texts`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from messages.replies.emergency_texts import (
    AMBULANCE,
    CRISIS_LINE,
    EMERGENCY,
    FIRE_BRIGADE,
    POLICE,
    SAPA,
    SEARCH_AND_RESCUE,
)
from pages.translation.message import Message
from pages.translation.message import message as _

# All by `messages.shapes.Danger`. A name is a mark beside others of a report.
DANGERS: Final[Mapping[str, Message]] = MappingProxyType(
    {
        "fire": _("bahaya: kebakaran"),
        "violence": _("bahaya: kekerasan"),
        "suicide": _("bahaya: bunuh diri"),
        "medical": _("bahaya: darurat medis"),
        "disaster": _("bahaya: bencana"),
    }
)
# The services know nothing of a report: somebody must call them and name the place.
DANGER_ADVICE: Final[Mapping[str, Message]] = MappingProxyType(
    {
        "fire": _("Telepon {fire} (pemadam kebakaran) atau {all} sekarang, dan sebutkan tempat kejadian.").filled(
            fire=FIRE_BRIGADE, all=EMERGENCY
        ),
        "violence": _(
            "Telepon {police} (polisi) atau {all} sekarang, dan sebutkan tempat kejadian. "
            "Korban perempuan atau anak: telepon juga SAPA {sapa}."
        ).filled(police=POLICE, all=EMERGENCY, sapa=SAPA),
        "suicide": _(
            "Telepon {all} sekarang, dan sebutkan tempat pelapor. Pendampingan jiwa bagi pelapor: {crisis}."
        ).filled(all=EMERGENCY, crisis=CRISIS_LINE),
        "medical": _("Telepon {ambulance} (ambulans) atau {all} sekarang, dan sebutkan tempat kejadian.").filled(
            ambulance=AMBULANCE, all=EMERGENCY
        ),
        "disaster": _(
            "Telepon {all} sekarang, dan sebutkan tempat kejadian. Orang hilang atau terjebak: {rescue} (Basarnas)."
        ).filled(all=EMERGENCY, rescue=SEARCH_AND_RESCUE),
    }
)
# The next step, at an agency and at triage.
AGENCY_STEP: Final = _("Sesudah itu terima laporan ini, atau nyatakan segera kalau bukan kewenangan Anda.")
TRIAGE_STEP: Final = _("Sesudah itu teruskan laporan ini ke instansi yang berwenang. Jangan menunggu.")
