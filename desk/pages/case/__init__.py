"""The page of one case, the forms of its acts, its files and the identity of its sender."""
