"""Facts about the SMPP line: a second door of the channel `sms`."""

from messages.channels import DoorFacts

# The channel that the messages belong to; `ingest/sms/channel.py` declares it.
CHANNEL_NAME = "sms"
SMPP = DoorFacts(name="smpp", label="SMPP", title="The SMPP line")
