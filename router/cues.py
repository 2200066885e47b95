"""How the words before a place's name say what the place is to the matter: where it happens, or only a remark.

“di Cianjur” is where; “asal Cianjur”, “KTP Cianjur”, “ke Cianjur” is a remark; “Jalan Cianjur”, “Pak Kediri”, “tahu
Sumedang” is no place. A word further before counts where only a small word stands between.
"""

from language.tokens import Tokens


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


_STREET = _words("jl jln jalan jlan gg gang tol ruas lorong jalur")
_STREET_ROAD = _words("raya lintas tol nasional arteri alternatif lingkar")
_PERSON = _words(
    "bapak bpk pak ibu bu sdr sdri saudara saudari mas mbak kang ustad ustadz haji hj kyai kiai bernama almarhum "
    "almarhumah anaknya istri suami"
)
_THING = _words(
    "soto sate nasi bakso bakmi mie mi tahu apel pempek lumpia martabak dodol peuyeum batik wayang tari suku bahasa "
    "masakan kopi beras mangga jeruk salak kerupuk logat adat lagu kerajinan bank bpd kapal kereta ka argo bus bis po "
    "travel"
)
# These bear names that are places' elsewhere.
_BUILDING = _words(
    "masjid mesjid mushola musholla gereja pt cv ud yayasan hotel toko perum perumahan komplek kompleks cluster apartemen "
    "apotek ponpes pesantren universitas klinik"
)
_REMARK = _words(
    "asal asli berasal ktp ektp kelahiran lahir kiriman pindahan perantau perantauan orang keturunan alumni kampung"
)
_FROM = _words("dari dr sejak lewat via melalui")
_TOWARDS = _words("ke menuju jurusan tujuan arah kearah trayek")
_HERE = _words("di daerah wilayah kawasan area sekitar domisili berdomisili tinggal alamat beralamat lokasi berlokasi")
_LIVES = _words("tinggal domisili berdomisili alamat beralamat lokasi berlokasi tempatnya tepatnya")
_CITIZEN = _words("warga penduduk masyarakat")
_SMALL = _words("di saya sy aku kami dari ber dengan yang nya dan")
_LOOK_BACK = 3

_NO_PLACE = -9.0
_REMARKED = -2.0
_DIRECTION = -1.3
_BUILDINGS = -1.0
_CITIZENS = -0.3
_IS_HERE = 0.5
_LIVES_HERE = 0.8


def no_place(cue: float) -> bool:
    """Whether a cue says that the name is none of a place."""
    return cue <= _NO_PLACE


def cue(tokens: Tokens, first: int, *, said: bool) -> float:
    """What the words before the name at word `first` add to its weight, in log-odds; -9 where it is no place.

    `said`: a word like kota is part of the name, so that it is no street's nor a person's.
    """
    words = tokens.words
    before = words[first - 1] if first and _near(tokens.gaps[first]) else ""
    if not before:
        return 0.0
    further = words[first - 2] if first > 1 and _near(tokens.gaps[first - 1]) else ""
    if not said and _nameless(before, further):
        return _NO_PLACE
    if not said and before in _BUILDING:
        return _BUILDINGS
    if before in _REMARK:
        return _REMARKED
    if before in _FROM:
        return _REMARKED if further in _REMARK else _DIRECTION
    if before in _TOWARDS:
        return _DIRECTION
    if before in _SMALL and (remark := _behind_small(tokens, first - 2)):
        return remark
    if before in _HERE:
        return _LIVES_HERE if before in _LIVES or further in _LIVES else _IS_HERE
    return _CITIZENS if before in _CITIZEN else 0.0


def _nameless(before: str, further: str) -> bool:
    if before in _STREET or before in _PERSON or before in _THING:
        return True
    # “a.n.”, “atas nama”, “Jl. Raya”.
    return (before in _STREET_ROAD and further in _STREET) or (before, further) in {("n", "a"), ("nama", "atas")}


def _behind_small(tokens: Tokens, at: int) -> float:
    """“lahir di Medan”, “KTP saya Medan”."""
    for place in range(at, max(at - _LOOK_BACK, -1), -1):
        if not _near(tokens.gaps[place + 1]):
            return 0.0
        if (word := tokens.words[place]) in _REMARK:
            return _REMARKED
        if word not in _SMALL:
            return 0.0
    return 0.0


def _near(gap: str) -> bool:
    return gap in {" ", ". ", ".", " : ", ": ", ":", "-", " - ", "/"}
