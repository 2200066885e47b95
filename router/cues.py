"""How the words before a place's name say what the place is to the matter: where it happens, or only a remark.

“di Cianjur” is where; “asal Cianjur”, “KTP Cianjur”, “ke Cianjur” is a remark; “Jalan Cianjur”, “Pak Kediri”, “tahu
Sumedang” is no place. A word further before counts where only small words stand between.
"""

from collections.abc import Mapping

from language.tokens import Tokens

# It is no place.
NOT = -9.0
_REMARK = -2.0
_DIRECTION = -1.3
_BUILDING = -1.0
_CITIZENS = -0.3
_HERE = 0.5
_LIVES = 0.8


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


_ROADS = _words("jl jln jalan jlan gg gang tol ruas lorong jalur")
_OF_ROADS = _words("raya lintas tol nasional")
_PERSONS = _words(
    "bapak bpk pak ibu bu sdr sdri saudara saudari mas mbak kang ustad ustadz haji hj kyai kiai bernama almarhum "
    "almarhumah anaknya istri suami"
)
_THINGS = _words(
    "soto sate nasi bakso bakmi mie mi tahu apel pempek lumpia martabak dodol peuyeum batik wayang tari suku bahasa "
    "masakan kopi beras mangga jeruk salak kerupuk logat adat lagu kerajinan bank bpd kapal kereta ka argo bus bis po "
    "travel"
)
_REMARKS = _words(
    "asal asli berasal ktp ektp kelahiran lahir kiriman pindahan perantau perantauan orang keturunan alumni kampung"
)
# These bear names that are places' elsewhere.
_BUILDINGS = _words(
    "masjid mesjid mushola musholla gereja pt cv ud yayasan hotel toko perum perumahan komplek kompleks cluster "
    "apartemen apotek ponpes pesantren universitas klinik"
)
_FROM = _words("dari dr lewat via melalui")
_TOWARDS = _words("ke menuju jurusan tujuan arah kearah trayek")
_LIVING = _words("tinggal domisili berdomisili alamat beralamat lokasi berlokasi tempatnya tepatnya")
_PLACES = _words("di daerah wilayah kawasan area sekitar")
_CITIZEN = _words("warga penduduk masyarakat")
_SMALL = _words("di saya sy aku kami dari ber dengan yang nya dan")
_SAYS: Mapping[str, float] = {
    **dict.fromkeys(_CITIZEN, _CITIZENS),
    **dict.fromkeys(_PLACES, _HERE),
    **dict.fromkeys(_LIVING, _LIVES),
    **dict.fromkeys(_FROM | _TOWARDS, _DIRECTION),
    **dict.fromkeys(_REMARKS, _REMARK),
}
_NAMELESS = _ROADS | _PERSONS | _THINGS
# “a.n.”, “atas nama”.
_IN_NAME_OF = frozenset((("a", "n"), ("atas", "nama")))
_NEAR = frozenset((" ", ". ", ".", " : ", ": ", ":", "-", " - ", "/"))
_LOOK_BACK = 3


def cue(tokens: Tokens, first: int, *, said: bool) -> float:
    """What the words before the name at word `first` add to its weight, in log-odds; `NOT` where it is no place.

    `said`: a word like kota is part of the name, so that it is no street's nor a person's.
    """
    if not first or tokens.gaps[first] not in _NEAR:
        return 0.0
    before = tokens.words[first - 1]
    further = tokens.words[first - 2] if first > 1 and tokens.gaps[first - 1] in _NEAR else ""
    if not said and (named := _of_name(before, further)):
        return named
    if before in _SMALL or before in _PLACES:
        if _behind_small(tokens, first - 2):
            return _REMARK
        if further in _LIVING:
            return _LIVES
    return _SAYS.get(before, 0.0)


def _of_name(before: str, further: str) -> float:
    """Whether the name is a street's, a person's or a thing's, or that of a building."""
    road = before in _OF_ROADS and further in _ROADS
    if before in _NAMELESS or road or (further, before) in _IN_NAME_OF:
        return NOT
    return _BUILDING if before in _BUILDINGS else 0.0


def _behind_small(tokens: Tokens, at: int) -> bool:
    """“lahir di Medan”, “KTP saya Medan”."""
    for place in range(at, max(at - _LOOK_BACK, -1), -1):
        if tokens.gaps[place + 1] not in _NEAR:
            return False
        if (word := tokens.words[place]) in _REMARKS:
            return True
        if word not in _SMALL:
            return False
    return False
