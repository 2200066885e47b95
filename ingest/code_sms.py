"""The SMS with a code that proves a phone number. It fits one segment of the GSM 7-bit alphabet."""


def code_sms(code: str) -> str:
    """Return the text. SMS are in Indonesian, as are all that the service sends."""
    return f"Kode SP4N-LAPOR! Anda: {code}. Berlaku 10 menit. Jangan berikan kode ini kepada siapa pun."
