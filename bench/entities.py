"""Measures the processor time of entity extraction: `python -m bench.entities`.

It prints one JSON object: microseconds for 500 characters for splitting into words, for the regions, and for all
entities. Each figure is the best of many rounds over all reports. The reports are invented; where the shared real ones
are present, they are measured too and not kept.
"""

import csv
import json
import time
from collections.abc import Callable, Sequence

from bench.shared_data import NATIONAL_REPORTS
from language.model import load_language_model
from language.places.gazetteer import Gazetteer
from language.tokens import Tokens
from normalize.entities import extract_entities

_CHARACTERS = 500
_ROUNDS = 40
_INVENTED = (
    (
        "Jalan rusak parah di Jl. Jend. Sudirman\n"
        "Selamat pagi, saya warga RT 03/RW 05 Kel. Menteng Dalam Kec. Tebet, Jakarta Selatan. Jalan di depan SDN "
        "03 berlubang sejak tgl 12 Maret 2025, lebarnya 2 meter dan dalamnya 30 cm. Sudah tiga kali saya lapor ke "
        "dishub, terakhir minggu lalu, tetapi belum ada tindakan. Kemarin malam pukul 19.30 seorang pengendara "
        "motor jatuh. Mohon segera diperbaiki karena setiap hari dilewati anak sekolah. Terima kasih."
    ),
    (
        "kartu bpjs tidak aktif\n"
        "assalamualaikum mau tanya kenapa kartu saya tdk aktif padahal sdh bayar iuran tiap bulan rp 150.000. "
        "a.n. Siti Contoh nomor kartu 0001234567890, nik 3174014101900001. waktu berobat di puskesmas tebet "
        "ditolak petugas. sy sdh ke kantor cabang jakarta selatan 2x tapi disuruh menunggu 3x24 jam, sampai "
        "sekarang blm ada kabar. mohon bantuannya bisa hub 0812-0000-0001 atau email siti@example.org, trimakasih"
    ),
    (
        "Lampu penerangan mati\n"
        "YTH BAPAK WALIKOTA SEMARANG. LAMPU DI PERUM TAMAN GRIYA BLOK C2 NO 7 SUDAH SEBULAN MATI, SEPANJANG GANG "
        "MAWAR III SAMPAI JEMBATAN GELAP SEKALI. WARGA KEL. TEMBALANG RESAH KARENA SERING ADA PENCURIAN. MOHON "
        "DIPERHATIKAN."
    ),
    (
        "Pelayanan lambat\n"
        "Saya ingin menyampaikan keluhan tentang pelayanan pembuatan kartu keluarga yang sangat lambat. Petugas "
        "selalu mengatakan bahwa jaringan sedang bermasalah dan meminta kami datang lagi. Apakah memang prosesnya "
        "selama itu? Kami berharap ada penjelasan yang jelas, karena banyak warga lain yang mengalami hal yang "
        "sama dan merasa dirugikan oleh keadaan ini. Semoga pelayanan menjadi lebih baik dan masyarakat tidak "
        "dipersulit lagi."
    ),
)


def main() -> dict[str, object]:
    """Return the measurements."""
    gazetteer = load_language_model().gazetteer
    measured: dict[str, object] = {"invented": _measure(_INVENTED, gazetteer, _ROUNDS * 10)}
    if NATIONAL_REPORTS.exists():
        with NATIONAL_REPORTS.open(encoding="utf-8", newline="") as file:
            texts = [f"{row['title']}\n{row['text']}" for row in csv.DictReader(file)]
        measured["real"] = _measure(texts, gazetteer, _ROUNDS)
    return measured


def _measure(texts: Sequence[str], gazetteer: Gazetteer, rounds: int) -> dict[str, float]:
    tokens = [Tokens(text) for text in texts]
    entities = [extract_entities(text, gazetteer) for text in texts]
    parts: dict[str, Callable[[], object]] = {
        "tokens_us": lambda: [Tokens(text) for text in texts],
        "regions_us": lambda: [gazetteer.find_regions(words) for words in tokens],
        "extract_us": lambda: [extract_entities(text, gazetteer) for text in texts],
    }
    characters = sum(map(len, texts))
    measured = {name: _best(part, rounds) * _CHARACTERS / characters for name, part in parts.items()}
    measured["entities_per_report"] = sum(map(len, entities)) / len(entities)
    return {name: round(value, 1) for name, value in measured.items()}


def _best(part: Callable[[], object], rounds: int) -> float:
    """Return the shortest processor time of one round, in microseconds."""
    shortest = float("inf")
    for _ in range(rounds):
        start = time.process_time_ns()
        part()
        shortest = min(shortest, time.process_time_ns() - start)
    return shortest / 1_000


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))  # noqa: T201 - a benchmark's only output
