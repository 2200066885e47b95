"""Pages of sign-in, invitations, the own account and the management of persons."""
