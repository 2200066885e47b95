"""Persons who sign in: accounts, sessions, roles and what each role may do. Imports no other part of the service."""
