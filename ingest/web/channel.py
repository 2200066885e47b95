"""Facts about the web: the form with its JSON twin, and Open311 for the apps of cities."""

from messages.channels import ChannelFacts, DoorFacts

# A whole neighbourhood shares one address of a mobile operator. The rates are high enough for a neighbourhood and low
# enough to stop one machine.
FORM = DoorFacts(
    name="web",
    label="Web",
    title="The web door",
    address_prefix="/",
    rates={
        "web": "60/minute",
        "upload": "120/minute",
        "follow-up": "60/minute",
        "contact-code": "30/hour",
        # A twentieth of the service's budget.
        "first-mail": "100/day",
    },
)
OPEN311 = DoorFacts(
    name="open311",
    label="Open311",
    title="The Open311 door",
    address_prefix="/open311/",
    only_programs=True,
    # A list looks up as many as a thousand numbers.
    rates={"open311": "120/minute", "open311-read": "600/minute", "open311-list": "12/minute"},
    needs_database=True,
)
CHANNEL = ChannelFacts(
    name="web",
    label="Web",
    doors=(FORM, OPEN311),
    senders_choose_kind=True,
    # Only to a phone number or a mail address that the sender proved.
    gets_replies=True,
    gets_progress=True,
    replies_need_proof=True,
    reply_form="notice",
)
