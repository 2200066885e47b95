"""The training room: a service of its own with invented cases, in which new officers answer without any effect."""
