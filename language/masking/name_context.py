"""Words around the names of persons: those that introduce a person, and those after which a name is a place's."""

from language.ordinary_words import CAPITALISED_NAME_WORDS, NON_NAME_WORDS, read_words, split_words

# Before the name of a person, in any letter case. They stay readable.
SALUTATIONS = frozenset(
    split_words("""
bapak bpk bp pak pa ibu bu sdr sdri saudara saudari mas mbak mba kang akang teh teteh neng bang abang om tante tn tuan
ny nyonya ustadz ustad ustaz ustadzah ust pendeta pdt romo pastor haji hj hajjah h dokter dr drg drs dra ir prof bidan
suster almarhum almarhumah alm mbah eyang opung tgk tengku teuku cut gus kyai kiai ki nyi uda uni daeng cak cik ning
koh ko ci cici encik mama nenek kakek paman bibi pakde bude paklik bulik akp ipda iptu ipta aipda bripka kompol serda
sertu kapt si
""")
)
# Titles are a part of no name, but the name after them is sure.
DEGREES = frozenset(
    split_words("""
haji hj h dr drg drs dra ir prof akp ipda iptu aipda bripka kompol tgk pdt hajjah ust
""")
)
# Offices: after a salutation they are no name, and the name follows them.
OFFICES = frozenset(
    split_words("""
presiden wapres menteri gubernur bupati walikota wali wakil camat lurah kades kadus kadis sekdes kepsek kepala ketua
sekretaris direktur dirut kapolsek kapolres kapolda danramil rt rw guru dosen petugas satpam sopir supir mandor
bendahara carik perangkat kepaladesa rektor dekan hakim jaksa jenderal dokter perawat bidan suster polisi ustadz
pendeta pejabat kasi kabid kabag kasubag pengawas kontraktor pemilik pengelola mantri kader tetangga anggota dewan
""")
)
# Offices of a region: the next word is mostly the region (Camat Tembalang). Only a frequent name counts there.
REGIONAL_OFFICES = frozenset(
    split_words(
        "presiden menteri gubernur bupati walikota camat lurah kades kadus kapolsek kapolres kapolda ketua wali kepala"
    )
)
# Before a name that is capitalised, or frequent.
INTRODUCTIONS = frozenset(
    split_words("""
bernama namanya perkenalkan panggil pelapor pemohon pengirim pengadu korban pasien kontak hubungi narahubung inisial
sopir supir satpam mandor bendahara guru bidan perawat kepsek kades camat lurah kadus sekdes carik direktur kapolsek
pelaku penipu saksi ttd cp milik terhadap oleh bersama bantu keluarga kata rumah keponakan cucu anak istri isteri
suami ayah adik kakak mertua teman tetangga menantu sepupu kakaknya saya sy aku gw gua ini bos cc
""")
)
# After these the name may have any letters, if it is no ordinary word.
SURE_INTRODUCTIONS = frozenset(
    split_words("bernama namanya perkenalkan pelapor pemohon pengadu narahubung kontak panggil")
)
OWNERS = frozenset(
    split_words("""
saya sy aku kami gw gua ku anak suami istri ayah ibu lengkap pelapor pemohon pengirim asli
""")
)
# After these a name is that of a street or of a place, until a word that is no part of a name.
PLACES = frozenset(
    split_words("""
jl jln jalan gang gg lorong desa ds dusun dsn kampung kp kel kelurahan kec kecamatan kab kabupaten kota kotamadya
provinsi prov distrik nagari banjar pulau gunung bukit sungai kali danau waduk bendungan embung jembatan taman tugu
patung monumen museum stadion gor terminal stasiun bandara pelabuhan pasar plaza mall mal masjid mesjid musala mushola
musholla gereja pura vihara klenteng sekolah sd sdn sdit smp smpn sma sman smk smkn mi min mts mtsn ma man tk paud tpq
universitas univ kampus institut politeknik poltek stie rsud rs rsup rsia rsu puskesmas pkm posyandu klinik apotek
hotel pt cv ud bank kantor dinas badan kementerian perum perumahan perumnas komplek kompleks griya cluster simpang
bundaran halte koridor polsek polres polda kodim koramil yayasan pondok ponpes pesantren lapas rutan kebun rusun
rusunawa apartemen tambak teluk laut selat tanjung gedung graha menara tol kapal kmp bus teater balai toko warung
karang lapangan alun makam situ rawa sakit tpa tpst wisata pantai spbu bri bni bca kua mpp samsat pdam tirta trans
""")
)
# In these places a salutation belongs to the name of the place: Jl. Haji Nawi, RSUD Dr. Moewardi.
PLACES_OF_PERSONS = frozenset(
    split_words("""
jl jln jalan gang gg lorong rsud rs rsup rsia rsu masjid mesjid universitas univ bandara stadion museum gereja taman
sd sdn smp smpn sma sman smk smkn tugu patung bendungan waduk jembatan pelabuhan gedung pulau
""")
)
# Directly before a place without a word for it: `macet di Sudirman`.
PREPOSITIONS_OF_PLACE = frozenset(
    split_words("di ke menuju arah sekitar daerah wilayah dekat se sekota jurusan rute seberang")
)
# Lower-case words that are no name and not in the list of ordinary words.
_FURTHER_WORDS = read_words("no_names")
NO_NAMES = NON_NAME_WORDS | frozenset(_FURTHER_WORDS)
# Ordinary words that are a name only where a person is introduced surely.
SELDOM_NAMES = CAPITALISED_NAME_WORDS
# At the end of a text the name of the sender follows.
CLOSINGS = frozenset(
    split_words(
        "hormat salam ttd wassalam wassalamualaikum kasih terimakasih trims tks ksh trmksh trm makasih thx dari dr"
        " pemohon tertanda"
    )
)
