"""One reader per channel: it makes a draft of the provider's bytes. Pure; raises only `Unreadable`."""
