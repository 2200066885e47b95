"""SMS to 1708 through Twilio's webhook."""
