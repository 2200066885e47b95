"""How the words before a place's name say what the place is to the matter: where it happens, or only a remark.

“di Cianjur” is where; “asal Cianjur”, “KTP Cianjur”, “ke Cianjur”, “suami saya dinas di Cianjur” is a remark; “Jalan
Cianjur”, “Pak Kediri”, “tahu Sumedang”, “bukan Cianjur” is no place. A word further before counts where only small
words stand between.
"""

from collections.abc import Mapping

from language.tokens import Tokens

# It is no place.
NOT = -9.0
_REMARK = -2.7
_DIRECTION = -1.3
# From here down it is a remark.
ASIDE = -1.0
_KINS = -1.6
_AT_WORK = -1.0
_BUILDING = -0.9
_CITIZENS = 0.3
_STANDS = 0.3
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
    "masakan kopi beras mangga jeruk salak kerupuk logat adat lagu kerajinan bank bpd kapal kereta argo bus bis po "
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
_FROM = _words("dari dr teko seko saking lewat liwat via melalui")
_TOWARDS = _words("ke ka menyang nyang menuju jurusan tujuan arah kearah trayek")
_LIVING = _words("tinggal domisili berdomisili alamat beralamat lokasi berlokasi tempatnya tepatnya")
# Javanese, Sundanese and others say “at” and “near” their way.
_PLACES = _words(
    "di ning neng nang ndek ndik ing wonten daerah wilayah kawasan area sekitar sekitaran seputar seputaran dekat "
    "deket dekek cedak cedhak cedake cerak sanding sandinge sebelah"
)
_CITIZEN = _words("warga penduduk masyarakat")
# They bear the name of the place where they stand.
_STANDING = _words(
    "pasar psr terminal perempatan prapatan pertigaan pertelon simpang simpangan bundaran bunderan alun stadion "
    "puskesmas pkm polsek kantor jembatan taman tpa"
)
_SMALL = _words("di saya sy aku kami dari ber dengan yang nya dan")
_KIN = _words(
    "suami istri isteri adik adek adiak kakak kaka abang mertua teman kawan sepupu keponakan ponakan saudara dulur "
    "sodara keluarga tetangga paman tante bojo bojoku adikku kakakku suamiku istriku temanku kawanku saudaraku "
    "keluargaku rombongan"
)
_MINE = _words("saya sy aku kami ambo awak den kula kulo ulun abdi beta")
_AWAY = _words("kerja bekerja dinas tugas bertugas merantau rantau kuliah pulang tinggal mondok menetap cerita liburan")
_WORKS = _words("kerja bekerja dinas buruh merantau rantau mudik liburan berlibur")
# “rumah orang tua saya di Grogol” is where it happens.
_OWNED = _words("rumah tanah lahan sawah kebun toko warung kios alamat milik")
_MOVES = _words("pindah mutasi")
_NONE = _words("bukan selain kecuali dudu sanes")
_SAYS: Mapping[str, float] = {
    **dict.fromkeys(_STANDING, _STANDS),
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
_CLAUSE = 7
_OTHER_CLAUSE = frozenset(".!?;\n,")


def cue(tokens: Tokens, first: int, *, said: bool) -> float:
    """What the words before the name at word `first` add to its weight, in log-odds; `NOT` where it is no place.

    `said`: a word like kota is part of the name, so that it is no street's nor a person's.
    """
    if not first or tokens.gaps[first] not in _NEAR:
        return 0.0
    before = tokens.words[first - 1]
    further = tokens.words[first - 2] if first > 1 and tokens.gaps[first - 1] in _NEAR else ""
    if before in _NONE or (further in _NONE and before in _SMALL):
        return NOT
    if not said and (named := _of_name(before, further)):
        return named
    if (before in _SMALL or before in _PLACES) and (small := _behind_at(tokens, first, further)):
        return small
    if before in _TOWARDS and _moved(tokens, first):
        return 0.0
    return _SAYS.get(before, 0.0)


def _behind_at(tokens: Tokens, first: int, further: str) -> float:
    """What stands before a word like “di”."""
    if _behind_small(tokens, first - 2):
        return _REMARK
    return _LIVES if further in _LIVING else _of_another(tokens, first, further)


def _of_another(tokens: Tokens, first: int, further: str) -> float:
    """“suami saya sedang dinas di Bontang”, “adik saya di Jakarta”, “buruh di Cikande”: where somebody is."""
    words = tokens.words
    away = False
    for place in range(first - 1, max(first - _CLAUSE, -1), -1):
        word = words[place]
        if word in _KIN:
            direct = place >= first - _LOOK_BACK and (words[place + 1] in _MINE or word.endswith("ku"))
            owned = place > 0 and not _OWNED.isdisjoint(words[max(place - 2, 0) : place])
            if (away or direct) and not owned:
                return _KINS
            break
        away = away or word in _AWAY
        if not _OTHER_CLAUSE.isdisjoint(tokens.gaps[place]):
            break
    return _AT_WORK if further in _WORKS else 0.0


def _moved(tokens: Tokens, first: int) -> bool:
    """“pindah KK dari Cianjur ke Gunung Putri”: where the papers are made."""
    return not _MOVES.isdisjoint(tokens.words[max(first - _CLAUSE - 2, 0) : first])


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
