"""The specification: every test states a behaviour; real parts, no mocks."""
