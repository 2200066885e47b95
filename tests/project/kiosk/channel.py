"""Facts about the kiosks; goes to `ingest/kiosk/channel.py`."""

from messages.channels import ChannelFacts, DoorFacts

DOOR = DoorFacts(
    name="kiosk",
    label="Kiosk",
    title="The kiosks' door",
    address_prefix="/kiosk/",
    only_programs=True,
    rates={"kiosk": "3/minute"},
    needs_database=True,
)
CHANNEL = ChannelFacts(
    name="kiosk",
    label="Kiosk",
    doors=(DOOR,),
    senders_choose_kind=False,
    gets_replies=True,
    gets_progress=True,
)
