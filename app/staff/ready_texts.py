"""Ready reasons and questions of triage, by the words of the forms.

Senders and agencies read them as they are here, in Indonesian.
"""

from collections.abc import Mapping

# Why a case goes to an agency. The agency reads it, and the audit log keeps it.
ASSIGNING: Mapping[str, str] = {
    "isi": "Sesuai isi laporan, ini wewenang instansi Anda.",
    "tempat": "Tempat kejadiannya di wilayah instansi Anda.",
    "pelapor": "Pelapor menyebut instansi Anda.",
    "ditunjuk": "Instansi sebelumnya menunjuk instansi Anda.",
}
# Why a message is no report. Its sender reads it.
CLOSING: Mapping[str, str] = {
    "bukan-aduan": "Pesan ini tidak berisi aduan, aspirasi, atau permintaan informasi.",
    "tidak-jelas": "Isi pesan tidak dapat kami pahami. Silakan kirim laporan baru yang lebih jelas.",
    "iklan": "Pesan ini berisi iklan atau penawaran.",
    "percobaan": "Pesan ini hanya percobaan.",
}
# Questions to a sender. Each fits one SMS.
ASKING: Mapping[str, str] = {
    "tempat": "Di mana kejadiannya? Sebutkan jalan, desa/kelurahan, dan kabupaten/kota.",
    "masalah": "Apa masalahnya? Mohon jelaskan singkat.",
    "instansi": "Layanan atau instansi mana yang Anda maksud?",
}

# Why a message that was set aside is a report after all. The audit log keeps it.
RELEASING: Mapping[str, str] = {
    "aduan": "Isinya aduan.",
    "aspirasi": "Isinya aspirasi.",
    "informasi": "Isinya permintaan informasi.",
}


def ready_text(texts: Mapping[str, str], chosen: str) -> str:
    """Return the chosen text; empty for an unknown word."""
    return texts.get(chosen, "")
