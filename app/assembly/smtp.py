"""The mail server of the settings, for e-mail to officers and to citizens."""

from config.settings import Settings
from desk.mail.smtp import SmtpServer


def smtp_server(settings: Settings) -> SmtpServer:
    """Return the mail server of the settings."""
    return SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_username,
        settings.smtp_password.get_secret_value(),
        settings.smtp_from,
    )
