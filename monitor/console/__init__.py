"""Web page for operations staff."""
