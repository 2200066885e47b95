"""Cues in the words before a place name: the matter happens there, the place is only a remark, or it is no place.

“di Cianjur” places the matter. “asal Cianjur”, “KTP Cianjur”, “ke Cianjur”, “suami saya dinas di Cianjur” are remarks.
“Seperti di Cianjur”, “Cianjur punya …” compare, and “Perumahan Bumi Cianjur Asri” is an estate: remarks too.
“Jalan Cianjur”, “Pak Kediri”, “tahu Sumedang” and “bukan Cianjur” are no places. Many towns have a street that is
named after a city elsewhere; “Jalan Raya Lembang”, after a district, mostly lies in it. A word further before counts
only if nothing but function words stands between.
"""

from collections.abc import Collection, Mapping, Sequence

from language.tokens import Tokens

# All values are log-odds, chosen by hand. The name is no place.
NOT_A_PLACE = -9.0
# A name with this cue or less is a remark.
REMARK_LIMIT = -1.0
_REMARK = -2.7
# Another mention of a place that is denied.
DENIED = _REMARK
_DIRECTION = -1.3
_RELATIVES_PLACE = -1.6
_WORKPLACE = -1.6
_BUILDING = -0.9
_ESTATE = -2.0
_CITIZENS = 0.3
_FACILITY = 0.3
_AT_PLACE = 0.5
_RESIDENCE = 0.8
_DISTRICT_MAIN_ROAD = 0.3
_DISTRICT_STREET = 0.0


def _word_set(line: str) -> frozenset[str]:
    return frozenset(line.split())


_ROAD_WORDS = _word_set("jl jln jalan jlan gg gang tol ruas lorong jalur")
_ROAD_KINDS = _word_set("raya lintas tol nasional")
_STREET_WORDS = _word_set("jl jln jalan jlan lorong")
_PERSON_WORDS = _word_set(
    "bapak bpk pak ibu bu sdr sdri saudara saudari mas mbak kang ustad ustadz haji hj kyai kiai bernama almarhum "
    "almarhumah anaknya istri suami"
)
_PRODUCT_WORDS = _word_set(
    "soto sate nasi bakso bakmi mie mi tahu apel pempek lumpia martabak dodol peuyeum batik wayang tari suku bahasa "
    "masakan kopi beras mangga jeruk salak kerupuk logat adat lagu kerajinan bank bpd kapal kereta argo bus bis po "
    "travel"
)
_ORIGIN_WORDS = _word_set(
    "asal asli berasal ktp ektp kelahiran lahir kiriman pindahan perantau perantauan orang keturunan alumni kampung"
)
# “Kantor pusat di Jakarta”
_HEAD_OFFICE = ("kantor", "pusat")
# Buildings and companies bear the names of places elsewhere.
_BUILDING_WORDS = _word_set(
    "masjid mesjid mushola musholla gereja pt cv ud yayasan hotel toko perum perumahan komplek kompleks cluster "
    "apartemen apotek ponpes pesantren universitas klinik"
)
# Estates bear the names of distant cities. Words of such a name stand before and behind the city's.
_ESTATE_WORDS = _word_set("perum perumahan komplek kompleks cluster klaster apartemen rusun kavling blok")
_ESTATE_BEGINNINGS = _word_set(
    "bumi taman puri griya graha villa vila pondok citra permata pesona grand royal green nuansa"
)
_ESTATE_ENDINGS = _word_set(
    "permai indah asri residence regency residen estate lestari garden park hill hills view village mas sejahtera elok"
)
_MAX_ESTATE_WORDS = 2
_FROM_WORDS = _word_set("dari dr teko seko saking lewat liwat via melalui")
_TOWARDS_WORDS = _word_set("ke ka menyang nyang menuju jurusan tujuan arah kearah trayek")
_RESIDENCE_WORDS = _word_set("tinggal domisili berdomisili alamat beralamat lokasi berlokasi tempatnya tepatnya")
# “at” and “near” in Indonesian, Javanese, Sundanese and other languages.
_AT_WORDS = _word_set(
    "di ning neng nang ndek ndik ing wonten daerah wilayah kawasan area sekitar sekitaran seputar seputaran dekat "
    "deket dekek cedak cedhak cedake cerak sanding sandinge sebelah"
)
_CITIZEN_WORDS = _word_set("warga penduduk masyarakat")
# Facilities bear the name of the place where they stand.
_FACILITY_WORDS = _word_set(
    "pasar psr terminal perempatan prapatan pertigaan pertelon simpang simpangan bundaran bunderan alun stadion "
    "puskesmas pkm polsek kantor jembatan taman tpa"
)
_FUNCTION_WORDS = _word_set("di saya sy aku kami dari ber dengan yang nya dan")
# “KTP kami semua masih Medan”
_QUANTITY_WORDS = _word_set("masih banyak semua juga memang sebagian")
_RELATIVES = _word_set(
    "suami istri isteri adik adek adiak kakak kaka abang mertua teman kawan sepupu keponakan ponakan saudara dulur "
    "sodara keluarga tetangga paman tante bojo bojoku adikku kakakku suamiku istriku temanku kawanku saudaraku "
    "keluargaku rombongan"
)
_FIRST_PERSON = _word_set("saya sy aku kami ambo awak den kula kulo ulun abdi beta")
_SENDER_WORDS = _FIRST_PERSON | _CITIZEN_WORDS
_ABSENCE_WORDS = _word_set(
    "kerja bekerja dinas tugas bertugas merantau rantau kuliah pulang tinggal mondok menetap cerita liburan"
)
_WORK_WORDS = _word_set("kerja bekerja dinas buruh merantau rantau mudik liburan berlibur lomba")
# “rumah orang tua saya di Grogol” places the matter, although it names relatives.
_PROPERTY_WORDS = _word_set("rumah tanah lahan sawah kebun toko warung kios alamat milik")
_MOVING_WORDS = _word_set("pindah mutasi")
_DENIALS = _word_set("bukan dudu sanes")
_EXCLUSION_WORDS = _word_set("bukan selain kecuali dudu sanes")
_CUE_OF_WORD: Mapping[str, float] = {
    **dict.fromkeys(_FACILITY_WORDS, _FACILITY),
    **dict.fromkeys(_CITIZEN_WORDS, _CITIZENS),
    **dict.fromkeys(_AT_WORDS, _AT_PLACE),
    **dict.fromkeys(_RESIDENCE_WORDS, _RESIDENCE),
    **dict.fromkeys(_FROM_WORDS | _TOWARDS_WORDS, _DIRECTION),
    **dict.fromkeys(_ORIGIN_WORDS, _REMARK),
}
_NAME_BEARERS = _ROAD_WORDS | _PERSON_WORDS | _PRODUCT_WORDS
# “seperti di Bandung”, “beda dengan Surabaya”.
_COMPARING_WORDS = _word_set(
    "seperti spt sprti kayak kaya kyk layaknya sebagaimana dibanding dibandingkan daripada mencontoh meniru beda "
    "berbeda kalah"
)
_BEFORE_COMPARED = _word_set("di dengan dgn sama pada kota kabupaten kab provinsi prov")
# “Jakarta punya JAKI”, “Bandung saja bisa”.
_ONLY_WORDS = _word_set("saja aja")
_ABILITIES = _word_set("bisa mampu punya ada sudah udah")
# “Di Surabaya trotoarnya lebar, kenapa di sini …”
_CONTRASTS = _word_set("kenapa knp mengapa kok tapi tp tetapi sedangkan sementara masa masak kapan")
_HERE = _word_set("sini disini")
_SENTENCE_ENDS = frozenset(".!?\n")
# “Kalau di Surabaya …”
_MAX_OPENING_WORDS, _MAX_CONTRASTED_WORDS = 2, 14
# “a.n.”, “atas nama”.
_IN_NAME_OF = frozenset((("a", "n"), ("atas", "nama")))
_CLOSE_GAPS = frozenset((" ", ". ", ".", " : ", ": ", ":", "-", " - ", "/"))
# Longest name of a street, in words.
_MAX_STREET_WORDS = 3
# Number of words before the name in which origin words and relatives are looked for.
_MAX_FUNCTION_WORDS = 4
# Longest clause, in words before the name.
_CLAUSE_LENGTH = 7
_CLAUSE_ENDS = frozenset(".!?;\n,")


def context_cue(tokens: Tokens, first: int, *, is_typed: bool) -> float:
    """Return the log-odds that the words before the name at word `first` add; `NOT_A_PLACE` if it is no place.

    `is_typed`: a word like kota is part of the name, so that it is neither a street's nor a person's.
    """
    if not first or tokens.gaps[first] not in _CLOSE_GAPS:
        return 0.0
    previous = tokens.words[first - 1]
    second_previous = tokens.words[first - 2] if first > 1 and tokens.gaps[first - 1] in _CLOSE_GAPS else ""
    if _is_excluded(previous, second_previous):
        return NOT_A_PLACE
    if _is_head_office(tokens, first):
        return _REMARK
    return (
        (0.0 if is_typed else _name_bearer_cue(previous, second_previous))
        or _preposition_cue(tokens, first, previous, second_previous)
        or _word_cue(tokens, first, previous)
    )


def is_denied(tokens: Tokens, first: int) -> bool:
    """Return True for “bukan Cianjur”: wherever else the text names Cianjur, the matter is not there either."""
    return first > 0 and tokens.words[first - 1] in _DENIALS and tokens.gaps[first] in _CLOSE_GAPS


def district_street_cue(tokens: Tokens, first: int) -> float | None:
    """Return the log-odds that a street named after the district at word `first` lies there; `None` for no street."""
    if not first or tokens.gaps[first] not in _CLOSE_GAPS:
        return None
    previous = tokens.words[first - 1]
    if previous in _ROAD_KINDS and first > 1 and tokens.words[first - 2] in _ROAD_WORDS:
        return _DISTRICT_MAIN_ROAD
    return _DISTRICT_STREET if previous in _STREET_WORDS else None


def is_in_street_name(tokens: Tokens, first: int) -> bool:
    """Return True if the word at `first` is the second or third word of a street's name (Jl. Urip Sumoharjo)."""
    for position in range(first - 1, max(first - _MAX_STREET_WORDS, 0) - 1, -1):
        if tokens.gaps[position + 1] not in _CLOSE_GAPS or tokens.words[position] in _AT_WORDS:
            return False
        if tokens.words[position] in _STREET_WORDS:
            return True
    return False


def distant_city_cue(
    tokens: Tokens, first: int, end: int, other_places: Collection[int] = (), *, is_typed: bool
) -> float:
    """Return the log-odds by which a city's or province's name is an estate's or only a comparison; 0 if it is neither.

    The name are the words from `first` to before `end`. `other_places` are the first words of names elsewhere.
    """
    if not is_typed and _is_estate(tokens, first, end):
        return _ESTATE
    return _REMARK if _is_compared(tokens, first, end, other_places) else 0.0


def _is_excluded(previous: str, second_previous: str) -> bool:
    """Return True for “bukan Cianjur” and “bukan di Cianjur”."""
    return previous in _EXCLUSION_WORDS or (second_previous in _EXCLUSION_WORDS and previous in _FUNCTION_WORDS)


def _is_head_office(tokens: Tokens, first: int) -> bool:
    """Return True for “kantor pusat Jakarta” and “kantor pusatnya di Jakarta”."""
    end = first - 1 if tokens.words[first - 1] in _AT_WORDS else first
    office = tokens.words[max(end - 2, 0) : end]
    return tuple(word.removesuffix("nya") for word in office) == _HEAD_OFFICE


def _name_bearer_cue(previous: str, second_previous: str) -> float:
    """Return the cue of a name that belongs to a street, a person, a product or a building; else 0."""
    is_road = previous in _ROAD_KINDS and second_previous in _ROAD_WORDS
    if previous in _NAME_BEARERS or is_road or (second_previous, previous) in _IN_NAME_OF:
        return NOT_A_PLACE
    return _BUILDING if previous in _BUILDING_WORDS else 0.0


def _is_estate(tokens: Tokens, first: int, end: int) -> bool:
    """Return True for “Perumahan Bumi Makassar Permai” and “Bandung Residence”, False for “komplek di Bandung”."""
    position = first - 1
    while position >= max(first - _MAX_ESTATE_WORDS, 0) and tokens.words[position] in _ESTATE_BEGINNINGS:
        position -= 1
    has_beginning = position < first - 1
    is_called_estate = position >= 0 and tokens.words[position] in _ESTATE_WORDS and tokens.gaps[position + 1] == " "
    has_ending = end < len(tokens.words) and tokens.gaps[end] == " " and tokens.words[end] in _ESTATE_ENDINGS
    return is_called_estate or has_ending or (has_beginning and tokens.written(first - 1)[0].isupper())


def _is_compared(tokens: Tokens, first: int, end: int, other_places: Collection[int]) -> bool:
    """Return True if the matter is only compared with the place."""
    words = tokens.words
    previous = words[first - 1] if first else ""
    second_previous = words[first - 2] if first > 1 else ""
    follows_comparison = previous in _COMPARING_WORDS or (
        previous in _BEFORE_COMPARED and second_previous in _COMPARING_WORDS
    )
    if follows_comparison:
        return True
    is_held_up = _is_held_up(words[end : end + 2]) and _is_near_sentence_start(tokens, first, 0)
    is_opening = _is_near_sentence_start(tokens, first, _MAX_OPENING_WORDS)
    return is_held_up or (is_opening and _is_contrasted(tokens, end, other_places))


def _is_near_sentence_start(tokens: Tokens, first: int, max_words: int) -> bool:
    """Return True if at most so many words stand between the start of the sentence and the word `first`.

    “Kami di Sleman, kenapa di sini …” is no comparison: the sender is there.
    """
    begin = max(first - max_words, 0)
    is_near = first <= max_words or not all(map(_SENTENCE_ENDS.isdisjoint, tokens.gaps[begin : first + 1]))
    return is_near and _SENDER_WORDS.isdisjoint(tokens.words[begin:first])


def _is_held_up(following: Sequence[str]) -> bool:
    """Return True for the words behind the name in “Jakarta punya JAKI” and “Bandung saja bisa”."""
    first, second = (*following, "", "")[:2]
    return first == "punya" or (first in _ONLY_WORDS and second in _ABILITIES)


def _is_contrasted(tokens: Tokens, end: int, other_places: Collection[int]) -> bool:
    """Return True if a contrast with “here” or with another place follows in the same sentence."""
    has_contrast = False
    for position in range(end, min(end + _MAX_CONTRASTED_WORDS, len(tokens.words))):
        if not _SENTENCE_ENDS.isdisjoint(tokens.gaps[position]):
            return False
        word = tokens.words[position]
        if has_contrast and (word in _HERE or position in other_places):
            return True
        has_contrast = has_contrast or word in _CONTRASTS
    return False


def _preposition_cue(tokens: Tokens, first: int, previous: str, second_previous: str) -> float:
    """Return the cue of the words before a preposition like “di”; 0 if no preposition precedes the name."""
    if previous not in _FUNCTION_WORDS and previous not in _AT_WORDS and previous not in _QUANTITY_WORDS:
        return 0.0
    if _has_origin_word(tokens, first - 2):
        return _REMARK
    if second_previous in _RESIDENCE_WORDS:
        return _RESIDENCE
    if _is_relatives_place(tokens, first):
        return _RELATIVES_PLACE
    return _WORKPLACE if _is_workplace(tokens, first - 2) else 0.0


def _is_workplace(tokens: Tokens, last: int) -> bool:
    """Return True for “bekerja di Cianjur” and “kerja saya di Cianjur”: the word at `last` or the one before it."""
    position = last - 1 if tokens.words[last] in _FIRST_PERSON and tokens.gaps[last] == " " else last
    return position >= 0 and tokens.words[position] in _WORK_WORDS


def _word_cue(tokens: Tokens, first: int, previous: str) -> float:
    """Return the cue of the word directly before the name.

    “pindah KK dari Cianjur ke Gunung Putri” is no direction: the papers are made there, and “pindah keluar dari
    Cianjur” is handled in Cianjur.
    """
    if previous in _FROM_WORDS | _TOWARDS_WORDS:
        preceding = tokens.words[max(first - _CLAUSE_LENGTH - 2, 0) : first]
        handling_words = _FROM_WORDS if "keluar" in preceding else _TOWARDS_WORDS
        if previous in handling_words and not _MOVING_WORDS.isdisjoint(preceding):
            return 0.0
    return _CUE_OF_WORD.get(previous, 0.0)


def _is_relatives_place(tokens: Tokens, first: int) -> bool:
    """Return True if a relative is at the place: “suami saya sedang dinas di Bontang”, “adik saya di Jakarta”."""
    is_away = False
    for position in range(first - 1, max(first - _CLAUSE_LENGTH, -1), -1):
        word = tokens.words[position]
        if word in _RELATIVES:
            is_near = position >= first - _MAX_FUNCTION_WORDS and _is_senders_relative(tokens, position)
            return (is_away or is_near) and not _is_owner(tokens, position)
        is_away = is_away or word in _ABSENCE_WORDS
        if not _CLAUSE_ENDS.isdisjoint(tokens.gaps[position]):
            return False
    return False


def _is_senders_relative(tokens: Tokens, position: int) -> bool:
    """Return True for “adik saya” and “adikku”."""
    return tokens.words[position + 1] in _FIRST_PERSON or tokens.words[position].endswith("ku")


def _is_owner(tokens: Tokens, position: int) -> bool:
    """Return True for “rumah adik saya”: the property places the matter."""
    return not _PROPERTY_WORDS.isdisjoint(tokens.words[max(position - 2, 0) : position])


def _has_origin_word(tokens: Tokens, last: int) -> bool:
    """Return True for “lahir di Medan”, “KTP saya Medan”: only function words from `last` back to an origin word."""
    for position in range(last, max(last - _MAX_FUNCTION_WORDS, -1), -1):
        if tokens.gaps[position + 1] not in _CLOSE_GAPS:
            return False
        word = tokens.words[position]
        if word in _ORIGIN_WORDS:
            return True
        if word not in _FUNCTION_WORDS and word not in _QUANTITY_WORDS:
            return False
    return False
