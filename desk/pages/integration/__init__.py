"""Pages on which a coordinator sets the webhooks and the keys of the own agency."""
