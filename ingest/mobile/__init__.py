"""The mobile door: the app's reports, sent as often as its network needs."""
