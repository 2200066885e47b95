"""The doors, through real sockets: what each accepts, refuses and keeps aside, and what then stands on the bus."""
