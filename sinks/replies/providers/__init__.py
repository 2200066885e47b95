"""Reply providers, one module each: Twilio, SMPP, X and Firebase Cloud Messaging."""
