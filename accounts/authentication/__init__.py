"""Checks of who signs in: passwords, second factors, an OIDC provider, and limits of attempts."""
