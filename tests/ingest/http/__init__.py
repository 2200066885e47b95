"""The rules that all HTTP doors share."""
