"""Words by which a short message is recognised as a place, an objection or a confirmation, in normal form."""

from language.ordinary_words import split_words

# Words that stand in an address, or between a sender and an address, and tell of no matter.
PLACE_FILLERS = frozenset(
    split_words(
        "di ke pada dari lokasi lokasinya tempat alamat posisi titik daerah wilayah kawasan sekitar area jalur arah "
        "sisi ujung pinggir tepi tepat persis utara selatan timur barat tengah kampung kampong dusun dukuh desa "
        "kelurahan kecamatan kabupaten kota provinsi lingkungan rt rw nomor no blok gang jalan raya km patokan antara "
        "sampai dan atau yaitu ialah adalah itu ini tadi laporan lapor saya sy kami kita yang untuk buat maaf lupa "
        "kurang tambahan keterangan detail lengkap pak bapak bu ibu admin min mas mbak kak ya iya nih kok nya sawah "
        "sungai kali"
    )
)
# Words after which the name of a place stands: at most `MAX_NAME_WORDS` of any kind.
PLACE_INTRODUCERS = frozenset(
    split_words(
        "depan belakang samping sebelah seberang dekat sekitar sebelum sesudah setelah pertigaan perempatan simpang "
        "persimpangan bundaran jembatan toko warung kios pom spbu pasar terminal stasiun kantor balai masjid mesjid "
        "musala musola gereja sekolah sd smp sma smk puskesmas rumah pabrik gedung lapangan taman alun makam gapura "
        "pos portal tugu gardu daerah kampung dusun dukuh desa kelurahan kecamatan kabupaten kota lokasi sungai kali "
        "ruko komplek kompleks perumahan gang jalan"
    )
)
MAX_NAME_WORDS = 3

# The matter is not solved.
UNSOLVED = frozenset(split_words("belum masih tetap bohong hoaks hoax percuma"))
# The matter came back: "mati lagi".
AGAIN = "lagi"
UNCHANGED = (("tidak", "ada", "perubahan"), ("tidak", "ada", "petugas"), ("tidak", "ada", "tindakan"))
# The matter is solved: one of the first words, and one of the second or thanks.
ALREADY = frozenset(split_words("sudah telah alhamdulillah akhirnya"))
SOLVED = frozenset(
    split_words(
        "beres selesai diperbaiki diatasi ditangani dikerjakan diangkut dibersihkan ditambal diaspal dipasang diganti "
        "nyala menyala hidup mengalir lancar normal bersih tuntas terima diterima jadi tegak dipotong dibuka aman "
        "bagus kembali dikembalikan cair dibayar dibenerin dibenahi teratasi tertangani rampung kelar"
    )
)
THANKS = frozenset(split_words("kasih terimakasih makasih trims thanks suwun nuwun hatur"))

# Words of an objection or a confirmation that tell of no other matter.
RESPONSE_WORDS = (
    UNSOLVED
    | ALREADY
    | SOLVED
    | THANKS
    | frozenset(
        split_words(
            "kok kenapa mengapa mana katanya kata bilang padahal tapi tetapi sama sekali saja sekarang hari kemarin "
            "tadi pagi siang sore malam minggu bulan lagi juga sampai hingga jangan petugas datang ada tidak perubahan "
            "seperti pak bapak bu ibu admin min saya kami ya dong nih sih banyak terlalu tambah busuk parah gelap bau "
            "rusak mati laporan nomor tindakan tindak lanjut perbaikan kondisi keadaan lubang air begitu gini gitu "
            "matur dan itu ini yang di terima tolong mohon segera"
        )
    )
)

# Further words of a sender who asks, waits or complains about the waiting.
_WAITING_WORDS = frozenset(
    split_words(
        "kapan bagaimana gimana apakah apa siapa berapa lama lambat lelet lemot cepat cepetan percepat dipercepat "
        "secepatnya segera ditindaklanjuti ditindak lanjuti diproses proses ditanggapi tanggapan respon direspon "
        "dijawab jawaban dibalas balasan ditangani penanganan dikerjakan dikerjain kerja kerjanya kerjaan tidur janji "
        "janjinya sabar bosan kecewa resah warga seminggu sebulan setahun berhari hari berbulan bulan tahun lebih "
        "perhatian perhatiannya bantuan bantu tahu tau mengerti paham cari dulu sebentar nanti makin semakin perbaiki "
        "dibetulkan dibenarkan diperhatikan didiamkan dicuekin dibiarkan begini begitu banget sekali coba ayo buruan "
        "halo kan akan bisa mau ingin ditunggu menunggu nunggu tunggu sejak baru semua aja doang kabar perkembangan "
        "kelanjutan progres hasil info informasi status kalau kalo jadi laporkan dilaporkan melaporkan lapor aduan "
        "pengaduan saja lho loh terus hadeh hadeuh haduh aduh waduh duh nama"
    )
)

# Words of `RESPONSE_WORDS` that tell of a matter. In a push they must be those of the report.
MATTER_WORDS = frozenset(split_words("busuk gelap bau rusak mati lubang air petugas"))
# Words of a sender who pushes: they tell of no matter.
PUSH_WORDS = (
    (RESPONSE_WORDS | PLACE_FILLERS | _WAITING_WORDS)
    - MATTER_WORDS
    - frozenset(split_words("sawah sungai kali kampung"))
)

# Words by which a sender takes back what was written, at the beginning: one of the first, or one each of the others.
CORRECTING_WORDS = frozenset(split_words("ralat koreksi typo"))
WRONG_WORDS = frozenset(split_words("salah keliru"))
SLIP_WORDS = frozenset(split_words("maaf tulis menulis ketik mengetik sebut menyebut"))
# Words that begin no sentence, but its rest.
CONTINUING_WORDS = frozenset(
    split_words(
        "yang dan karena sehingga hingga sampai dari di ke serta juga supaya agar padahal untuk dengan oleh pada "
        "karna atau tapi tetapi bahwa dimana"
    )
)
