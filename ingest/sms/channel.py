"""Facts about SMS, and about the door that Twilio delivers them to."""

from messages.channels import ChannelFacts, DoorFacts

TWILIO = DoorFacts(
    name="sms",
    label="SMS",
    title="The SMS door",
    address_prefix="/sms/",
    only_programs=True,
    from_provider=True,
    # Nothing proves who sent these messages, and a person has to look at each of them.
    rates={"sms-unsigned": "30/minute"},
)
CHANNEL = ChannelFacts(
    name="sms",
    label="SMS",
    doors=(TWILIO,),
    senders_choose_kind=False,
    gets_replies=True,
    gets_progress=True,
)
