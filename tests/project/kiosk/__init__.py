"""A new channel, which `test_new_channel.py` adds to a copy of the service: kiosks in public offices."""
