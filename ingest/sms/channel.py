"""Facts about SMS, and about the door that Twilio delivers them to."""

from messages.channels import ChannelFacts, DoorFacts

TWILIO = DoorFacts(
    name="sms",
    label="SMS",
    title="The SMS door",
    address_prefix="/sms/",
    only_programs=True,
    from_provider=True,
    # Nothing proves who sent unsigned messages, and a person has to look at each of them. The quarantine keeps at most
    # so many kilobytes a day of one address and of all. Delivery reports that Twilio did not sign are not kept at all.
    rates={
        "sms-unsigned": "30/minute",
        "sms-quarantine-kb": "2000/day",
        "sms-quarantine-kb-in-all": "32000/day",
        "sms-status-unsigned": "60/minute",
    },
)
CHANNEL = ChannelFacts(
    name="sms",
    label="SMS",
    doors=(TWILIO,),
    senders_choose_kind=False,
    gets_replies=True,
    gets_progress=True,
)
