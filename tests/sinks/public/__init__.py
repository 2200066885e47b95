"""The public view."""
