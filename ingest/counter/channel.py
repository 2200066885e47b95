"""Facts about the counters of institutions, where officers enter reports for citizens."""

from messages.channels import ChannelFacts, DoorFacts
from pages.addresses import COUNTER as COUNTER_ADDRESS

COUNTER = DoorFacts(
    name="counter",
    label="Loket",
    title="The counters' door",
    address_prefix=COUNTER_ADDRESS,
    # By the account of the officer. No citizen is counted: many come to one counter.
    rates={"counter": "60/minute"},
    needs_database=True,
    at_desk=True,
)
CHANNEL = ChannelFacts(
    name="counter",
    label="Loket",
    doors=(COUNTER,),
    senders_choose_kind=False,
    # Only to an address that the sender proved: an officer may have misheard it.
    gets_replies=True,
    gets_progress=True,
    replies_need_proof=True,
    reply_form="notice",
)
