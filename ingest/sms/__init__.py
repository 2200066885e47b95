"""The SMS door: Twilio's webhook for messages to 1708."""
