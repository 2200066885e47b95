"""Facts about the channel X, and about the door that polls it for mentions."""

from messages.channels import ChannelFacts, DoorFacts

MENTIONS = DoorFacts(name="twitter", label="Twitter", title="The Twitter door", polled=True)
CHANNEL = ChannelFacts(
    name="twitter",
    label="X",
    doors=(MENTIONS,),
    senders_choose_kind=False,
    gets_replies=True,
    # A reply is public: everybody could read which agency a complaint was sent to.
    gets_progress=False,
    gets_answers=True,
    reply_form="post",
)
