"""The SMS door of Twilio."""
