"""Invented reports and the forms in which a sender sends them again."""

# Each report has enough content to be recognised.
REPORTS = (
    (
        "Jalan Kenanga RT 3 RW 5 Kelurahan Sukaramai berlubang besar di depan bengkel Pak Darto, sudah dua motor "
        "jatuh. Mohon segera ditambal sebelum ada korban lagi."
    ),
    (
        "Air PDAM di Perumahan Griya Lestari Blok C2 mati sejak hari Minggu, kami membeli air tangki setiap pagi. "
        "Petugas bilang pompa rusak tetapi tidak ada kabar kapan selesai."
    ),
    (
        "Saya Wiratmoko, klaim JHT saya di kantor cabang Tanjung Seloka sudah empat bulan belum cair padahal berkas "
        "lengkap. Mohon penjelasan."
    ),
    (
        "Nomor peserta 0009000012345 tidak aktif waktu dipakai berobat di Puskesmas Kali Wungu, padahal iuran lunas. "
        "Tolong diaktifkan lagi."
    ),
    (
        "Lampu jalan di Jl. Veteran Lama dekat jembatan Kali Wungu padam semua, gelap gulita dan rawan begal bagi "
        "pulang kerja malam."
    ),
    (
        "Sampah di TPS Pasar Randublatung menumpuk sampai ke badan jalan, bau busuk masuk rumah warga Dusun Ngrandu, "
        "truk tidak datang sepuluh hari."
    ),
)
# Exchanges that make another matter: a street, a number of a house, a person, an identifier.
EXCHANGES = (
    ("Jalan Kenanga", "Jalan Dahlia"),
    ("RT 3", "RT 8"),
    ("RW 5", "RW 2"),
    ("Kelurahan Sukaramai", "Kelurahan Kalirejo"),
    ("Blok C2", "Blok F1"),
    ("Saya Wiratmoko", "Saya Hendrawati"),
    ("0009000012345", "0009000054321"),
    ("Jl. Veteran Lama", "Jl. Diponegoro"),
    ("Dusun Ngrandu", "Dusun Klopo"),
)
FORMS = (
    *("the same", "capitals", "small letters", "spaces", "a greeting", "emoji", "a tag", "more words", "an addressee"),
    *("a link", "a telephone number", "abbreviations"),
)


def resend(text: str, form: str) -> str:
    """Return the text in one of the forms."""
    return {
        "the same": text,
        "capitals": text.upper(),
        "small letters": text.lower(),
        "spaces": text.replace(" ", "  ").replace(",", " , "),
        "a greeting": f"Assalamualaikum, selamat pagi Bapak. {text} Terima kasih.",
        "emoji": f"😡😡 {text} 🙏",
        "a tag": f"@Lapor1708 {text} #lapor",
        "more words": f"{text} Kami sudah lama menunggu, tolong jangan dibiarkan saja.",
        "an addressee": f"Kepada Yth. Bapak Bupati dan Kepala Dinas Terkait. {text}",
        "a link": f"{text} https://t.example/a1B2c3",
        "a telephone number": f"{text} Hubungi [PHONE]",
        "abbreviations": text.replace("sudah", "sdh")
        .replace("tidak", "tdk")
        .replace("yang", "yg")
        .replace("jalan", "jln"),
    }[form]
