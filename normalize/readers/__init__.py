"""One reader per channel: from the provider's bytes to a draft. Pure; raises nothing but `Unreadable`."""
