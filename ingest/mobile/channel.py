"""Facts about the mobile app and its door."""

from messages.channels import ChannelFacts, DoorFacts

APP = DoorFacts(
    name="mobile",
    label="Mobile",
    title="The app's door",
    address_prefix="/mobile/",
    only_programs=True,
    rates={"mobile": "60/minute"},
    needs_database=True,
)
CHANNEL = ChannelFacts(
    name="mobile",
    label="Aplikasi",
    doors=(APP,),
    senders_choose_kind=True,
    gets_replies=True,
    gets_progress=True,
    reply_form="notice",
)
