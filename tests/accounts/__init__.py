"""Tests of accounts: permissions, sign-in, sessions and second factors."""
