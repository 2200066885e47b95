"""Facts about the SMPP door. It is a second door of the channel `sms`."""

from messages.channels import DoorFacts

# The channel of its messages. `ingest/sms/channel.py` declares it.
CHANNEL_NAME = "sms"
SMPP = DoorFacts(name="smpp", label="SMPP", title="The SMPP line")
