"""Facts about X, and about the door that polls it for mentions."""

from messages.channels import ChannelFacts, DoorFacts

MENTIONS = DoorFacts(name="twitter", label="Twitter", title="The Twitter door", polled=True)
CHANNEL = ChannelFacts(
    name="twitter",
    label="Twitter",
    doors=(MENTIONS,),
    senders_choose_kind=False,
    gets_replies=True,
    # Everybody would read where a complaint went.
    gets_progress=False,
)
