"""Builds a release: wheel, bill of materials, checksums and a signed statement of where they come from.

It is no part of the service, and reads no setting of it. RELEASING.md says how a release is made and checked.
"""
