"""A fifth channel, which `test_fifth_channel.py` adds to a copy of the service: kiosks in public offices."""
