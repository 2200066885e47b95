"""Coarse name of the device in a list of sessions, from the `User-Agent` header. Pure."""

# The first token that the header contains decides: most browsers name Safari and Chrome beside themselves.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
    ("X11", "Linux"),
)


def device_name(user_agent: str) -> str:
    """Return a name such as `Firefox, Windows`; empty if neither browser nor system is known.

    Versions are left out: the name tells a person their own devices apart and is no fingerprint.
    """
    names = [next((name for token, name in tokens if token in user_agent), "") for tokens in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, names))
