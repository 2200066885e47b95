"""Ordinary words, at which a name in running text ends. A list of single words; it contains no sentence of any report.

Function words and their short forms are from `stop_words.txt` and `slang_words.json` of louisowen6/NLP_bahasa_resources
(MIT). The others are frequent in public complaints.
"""


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a list that is written as one string."""
    return tuple(text.split())


# Never part of a name.
NON_NAME_WORDS = frozenset(
    split_words("""
abis acak acara ad ada adalah adanya adapun adlah adlh admin administrasi aduan agaknya agama agar ahad aing aj aja
ajj ak akan akankah akhir akhirnya akhirx akibat akika akko akkoh akku akses akta aktif aku akulah akun akuwh akyu
alamat alangkah alasan alfamart aljasa alm almarhum almarhumah alternatif ama amat amatlah ambil ambl amblas ambruk
an ancur anda andai andalah anggaran anggota angkatan angkutan antar antara anter antri antrian ap apa apaan apabila
apakah apalagi apapun aparat apartemen apasih ape aplikasi apotek aps apva aq aqu aquwh arah artinya arus asal
asalkan asap asli aspal assalamualaikum atau ataukah ataupun ath atm ato atuh aturan atw awak awal awalnya ayat baca
badan bagai bagaikan bagaimana bagaimanakah bagaimanapun bagi bagian bagus bahkan bahu bahwa bahwasanya baiknya baju
bak bakal bakalan balasan baliho balik bandara bandes bangunan banjir bansos bantu bantuan bantuannya banyak bapak
barang bau bayar bcoz bea beasiswa beberapa becek beda begini beginikah beginilah begitu begitulah bejibun bekas
bekerja belajar belakang belakangan beli beliau belok belom belum belumlah benarkah berada berakhirlah beralamat
berapa berapalah berarti berat berbagai berbatu berbeda berdasarkan berdebu berdomisili beres berfungsi bergelombang
berharap berhasil berhenti beri berikut berjalan berjumlah berkali berkas berkata berkeinginan berkeliaran berlainan
berlaku berlangsung berlubang bermacam bermaksud bernama berobat bersiap bertanya bertempat bertemu berturut
bertutur berulang berupa berwarna berwenang beserta besok beton betonisasi betul bgmn bgs bgt bhubu biasa biasanya
biaya biayanya bidang bijimane bila bilakah bilang bisa bius bkl bkn bknnya bl blanko blg blh blm bln blok blum
bnyak bnyk bole boleh bolehlah boljug bolong boyeh bp bpjs bpk brb brp bs bsa bsk bt bu buah buang buangbuang buat
bubbu bubu buka bukan bukankah bukanlah bukannya bukti bulan bundaran buruk butuh bwt byar byk byr cabang cair calo
calon can caper cara cari caur cb cek cekidot cepat cepet cerita cetak ciyh cm coba com contohnya cor cowwyy coz cp
cpa cpns cq cukup cukuplah cuma cuman daftar dah dahulu dampak dan dapat dapet dari daripada dasar data datang
dealer deh dekat deket demi demikian demikianlah denda dengan dengar depan departemen deras desa desember deyh dg
dgn di dia diakhirinya diakses dialah diangkat diantara diatas dibangun dibantu dibawah dibelakang dibenahi diberi
diberikan diberikannya dibersihkan dibiarkan dibuat dibuatkan dibuatnya dibuka dicabut dicairkan dicari dicek
didaerah didatangkan didekat didepan diduga diganti digunakan dihubungi diibaratkan diinfokan diingat diinginkan
dijadikan dijanjikan dijawab dijelaskan dikampung dikarenakan dikatakannya dikeluarkan dikembalikan dikenakan
diketahui dikira dikirim dikirimkan dikonfirmasi dilaksanakan dilakukan dilalui dilarang diluar dimaksud
dimaksudkannya dimana diminta dimintak dimisalkan dimuka dimulailah dimungkinkan dinas dini dinyatakan dipasang
dipastikan diperbaiki diperbolehkan diperbuatnya diperhatikan diperiksa diperkirakan diperlukan diperpanjang
dipersoalkan dipersulit dipertimbangkan diproses dipunyai direkam diri dirinya dirugikan disampaikan disamping
disana disebelah diseberang disebut disebutkannya disekitar diselesaikan disini disinilah disono disuruh ditambah
ditandaskan ditangani ditanyai ditarik ditegaskan ditempat ditemukan diterima ditertibkan ditetapkan ditindak
ditindaklanjuti ditolak ditunjuk ditunjukkan ditunjuknya dituturkannya diucapkannya dk dket dkk dkt dll dlm dlu dn
dngn dokumen domisili dong dongs donk dosen dpn dpt dr drainase dri drtd ds dsb dsn dst dtg dugaan dukuh dulu
dulunya dusun eke eklaim ektp elektronik elu email emang emng endak enggak entah evaluasi ex fasilitas februari
flyover formasi foto fyi ga gag gagal gaje gaji gak galian gang gangguan gbs geje gelap genangan gg ghiy gimana
githu gitu gj gmana gmn gn gorong got gpny gratis gt gtau gtw gua gue guna gw habis hak hal halte hampir hancur
hanya hanyalah harap harga hari harinya harus haruslah harusnya hasilnya hendak hendaklah hendaknya hidup hilang
hingga hlng hny hnya hotel hp hr hrs hrus http hubungan hubungi humas ia ialah ibarat ibaratnya ibu id identitas idk
ijazah ijin ikut ilang imigrasi inap indomaret info infonya informasi informasinya infrastruktur ingin inginkah
inginkan ini inilah instansi istirahat itu itukah itulah iuran izin ja jadi jadiin jadinya jadwal jalan jalannya jam
jangan jangankan jatuh jauh jawab jawaban jawabannya jawabanya jd jdi jebol jelas jelaslah jelek jem jembatan jenis
jg jga jgk jgn jgnkan jika jl jln jt jth juga jumat jumlah jumlahnya jurusan justru juta jwb ka kab kabar kabel
kabupaten kadang kaga kagak kah kaka kakak kaki kala kalau kalaulah kalaupun kalian kalo kalurahan kami kamilah
kamis kampung kamu kamuh kamulah kamuwh kamyu kan kanan kang kapan kapankah kapanpun karena karenanya karna kartu
kasus kata katakanlah katanya kau kav kbar kbr kdu ke kebakaran kebanjiran keberadaan keberatan kebetulan kebijakan
kebutuhan kec kecamatan kecelakaan kecewa kecuali kedua kegiatan kehidupan kehilangan kehujanan keinginan kek
kekeringan kekurangan kel kelahiran keliatan kelihatan keliling kelima keluar keluhan kelurahan kemacetan kemana
kemaren kemarin kematian kembali kementerian kementrian kemudian kemungkinan kenapa kendala kendaraan keneh
kenyamanan kepada kepadanya kepastian kepengen kepentingan kepesertaan kepingin kepolisian keputusan kerugian
kesalahan keseluruhan kesempatan kesulitan ketenagakerjaan ketentuan keterangan keterlaluan keterlambatan ketiga
ketika ketinggalan ketrima kg kgiatan khan khusus khususnya kinerja kinilah kiri kiriman kita kjp kk kl klaim
klarifikasi klian klianz klinik klo klw km kmrn kn knp knpa kode kodim kog kok kolong komentar komitmen komp komplek
kompleks kondisi konfirmasi kontak kontrak koperasi koq koramil korup korupsi kosong kota kotor kp kpd kpj kpn
kptsan krn kt ktny ktp kua kualifikasi kualitas kuasa kudu kuliah kumuh kunjung kuota kuq kurang kurng ky kyk la
lagi lah lahan lahir lain lainnya laka lakukan lalin lalu lalulintas lamanya lamp lampiran lampirkan lancar langka
langsung lanjut lanjuti lansia lantai lapak lapor laporan laporhendi layanan layang lebih leh lelang lengkap less
lewat lg lgi lgkp lgsg lho lht liar liat licin lihat limbah lingkar link lintas lngkp lo loch loe login loh loket
lolos lom longsor low lowh lt lu luas lubang lulus lum lusa lw lwt maaf macam macem macet macih mahal mak maka
makadam makanya makasih makin maksimal maksud mal malah malam malem mall mampu mana manakala manalagi maneh mantan
mao marah marka mas masa masalah masih masihkah masing masjid masuk masy masyarakat mati matur maturnuwun mau maupun
mba mbak media median mekanisme melainkan melaksanakan melakukan melalui melanggar melapor melaporkan melayani
melewati melihat melihatnya melu memakan memang memastikan membahayakan membantu membawa membayar memberi memberikan
membersihkan membuat membuka memenuhi memerlukan memilih memiliki meminta memisalkan memohon memperbaiki
mempergunakan memperlihatkan memperoleh mempersoalkan mempunyai memungkinkan menambah menambahkan menanti menantikan
menanyai menanyakan mencairkan mencapai mencari mencoba mendaftar mendapat mendapatkan mendatang mendatangkan
menemukan menerima mengajar mengajukan mengakhiri mengakses mengaku mengalami mengalir mengambil mengapa mengatakan
mengecek mengeluhkan mengenai mengetahui mengganggu menggangu menggunakan menghadapi menghambat menghendaki
menghidupkan menghubungi mengibaratkannya mengikuti mengingat mengingatkan mengira mengirimkan mengucapkannya
mengurus menikah menimbulkan menindak meninggal meningkatkan menit menjadi menjalani menjawab menjelaskan menuju
menulis menunggu menunjuk menunjukkan menurut menutup menyala menyampaikan menyarankan menyatakan menyebabkan
menyebutkan menyediakan menyelesaikan menyeluruh menyempit mepet merasa mereka merekalah merugikan merupakan mesjid
meski meskipun meter meyakini mgkin mgkn mgu mhn minggu minimal minta misal misalnya miskin mksd mlah mngkn mnt mo mohon
mokad mokat moso mosok most mpe msh msk mslh mts muahal muka mulai mulanya mumpung muncul mundur mungkin mungkinkah
mungkinlah muntah murah musholla musim musola muter muup muupz muuv mz nah naik nama namanya namun nanti nantinya
nanya naon napa narkoba nasabah nasional nda ndak ndiri ne negeri next ngaku ngambek ngambil nganggur ngapah ngapain
ngasih ngeliat ngetem ngga nggak ngikut ngiler ngurus ni nie nih nik nikah nilai nim nip nisn niyh nmr no noka nokk
nomer nomor nomr normalisasi notifikasi november npwp nrp ntar nuhun nunggu nuptk nya nyala nyari nyariin nyaris
nyatanya nyokap ogah oh oknum oktober ol olah oleh olehnya om online operasi operasional operator org otomatis pada
padahal padam padanya padat pagi pak pakai pake paket paling pangkat pantas paparnya para parah parit parkir pasal
pasien paspor passport pasti pastilah paud paving pd pdam pedagang pejalan pekan pekerja pekerjaan pelabuhan
pelaksanaan pelaku pelamar pelanggan pelanggaran pelapor pelayanannya pelebaran pelelangan pemasangan pembakaran
pembatas pembayaran pemberitahuan pembersihan pembimbing pembuatan pembukaan pemegang pemilihan pemilik pemohon
pemotongan penahan penanganan penangkalan pencairan pencetakan pendaftaran penduduk penebangan penenang penerangan
penerbit penerima penertiban pengadaan pengaduan pengajuan pengalaman pengalihan pengambilan pengamen pengantar
pengaspalan pengecoran pengendara penggantian pengguna penggunaan penghubung pengiriman pengumuman pengurusan
pengusaha penjelasan penjelasannya pensiun penting pentingnya penuh penumpang penutupan penyakit penyelesaian per
peralatan peraturan perawatan perbaikan perbaiki percuma perekaman perempatan perhatian perhatiannya perihal periksa
periode perizinan perlu perlukah perlunya permasalahan permintaan permohonan pernah perpanjang persen persetujuan
persoalan persyaratan pertama pertanyaan pertanyakan pertigaan perubahan perum perumahan perumnas peserta petugas
petunjuk pi pic pihak pihaknya pindah pintas pipa pisan pju pk pkl pkm plaza plg pln pns polda polres polri polsek
poros pp prabayar praktek prakualifikasi pribadi priksa prnh problem profesi program propinsi prosedur proses
protokol prov provinsi pst psti pukul pula pulang puluhan pun punya pura puskesmas putar qmo qmu qt rabu ramah ramai
rambu rame ranting rasa rasanya raskin rata rawan rawat rb registrasi reguler rekam rekening reklame rekrutmen rel
rempong resi respon ribu rmh roboh rp rs rsia rsu rsud rt ruas rugi rupanya rupiah rusak rusun ruz rw saat saatnya
sabtu saia saja sajalah saldo saling saluran sama sambil sampai sampaikan sampe samping sampul samsat samsek sana
sangat sangatlah sanggahan sapose saran sarana sasaran satpol saya sayalah sbb sbh sblah sbnrny scr sd sdg sdgkn sdh
sdkt sdn sdr sdri se seandainya searah sebab sebabnya sebagai sebagaimana sebagainya sebagian sebaik sebaiknya
sebaliknya sebanyak sebegini sebegitu sebelah sebelum sebelumnya sebenarnya seberang seberapa sebesar sebetulnya
sebisanya sebrang sebuah sebulan sebut sebutlah sebutnya secara secepatnya secukupnya sedang sedangkan sedemikian
sedikit sedikitnya seenaknya segala segalanya segera seharian seharusnya sehingga seingat sejak sejauh sejenak
sejumlah sekadar sekadarnya sekali sekalian sekaligus sekalipun sekarang sekecil sekedar seketika sekian sekiranya
sekitar sekitarnya sekurangnya sela selagi selain selaku selalu selama selamanya selanjutnya selasa selesai seluruh
seluruhnya semacam semakin semampu semampunya semasa semasih semata semaunya sembako sembarangan semenjak sementara
semisal semisalnya semoga sempat sempet sempit semrawut semua semuanya semula sendiri sendirian sendirinya senin
seolah seorang sepakbola sepantasnya sepantasnyalah separator seperlunya seperti sepertinya sepihak sept september
seraya sering seringnya serius serta sertifikat serupa sesaat sesama sesampai sesegera sesekali seseorang sesuai
sesuatu sesuatunya sesudah sesudahnya setahun setapak setelah setempat setengah seterusnya setiap setiba setibanya
setidaknya setinggi seusai sewaktu sgt shg siang siap siapa siapakah siapapun siech sih simiskin simpang singkat
sini sinilah sisi sistem sj skalian skarang skitar skrg skrng slesai sll slma slsai sm sma sman smk smkn smp smpai
smpe smpn smpt sms smw sndiri sni soal soalnya solusi solusinya solve sore sorry sory sowry spa spbu spesialis sppa
sprti spt spy srg srtfkt staf staff stasiun status stelah stiap still stlh suara suatu subsidi sudah sudahkah
sudahlah suk sulit sumpek sungguh supaya susah susun suwun sy sya syarat syp system tabung tadi tadinya tagihan
tahap tahu tahun tak tambah tambahan tambahnya tampak tampaknya tampil tandasnya tanggal tanggapan tanggungan
tanjakan tanpa tante tanya tanyakan tanyanya tapi tar tau tauk taun taw tawh td tdi tdk tegas tegasnya tekor telah
telanjur telkom telp telpon tenaga tender tentang tentu tentulah tentunya tepat tepatnya terakhir terasa terbanyak
terbaru terbatas terdaftar terdahulu terdapat terdiri terganggu tergenang tergolong terhadap terhadapnya terhenti
terhitung terhormat terima terimakasih teringat terjadi terjadilah terjadinya terkait terkena terkira terlalu
terlampir terlebih terletak terlihat termasuk terminal ternyata terpadu tersampaikan tersebut tersebutlah tersedia
tertentu tertera tertib tertuju tertulis terus terutama tes test testing tetangga tetap tetapi tgl th thanks thd the
thn thx tiap tiba tidak tidakkah tidaklah tidur tikungan tikus tilang tindak tindakan tinggal tingkat titik tk tkg
tks tlg tll tlp tmbah tmbh tnyta toh tol tolong total tp tpi tracking transaksi trdhulu trima trimakasih trimks
trims trlalu trm trmksh trs trus trutama tsb tst ttg ttl ttp tujuan tukang tumbang tunggakan tunjangan tunjuk turun
turunan turut tutup tutur tuturnya tw uasai ucap ucapkan ucapnya ud udah udh ujar ujarnya ujian ulang umum umumnya
umur undang underpass ungkap ungkapnya unit untuk upaya update urang urus usah usaha usai user usia utama utk
verifikasi via vihara wa waduh wah wahai wajib wakil waktu waktunya walau walaupun wassalam wassalamualaikum wat web
website wib wisatawan wit wita wkt wong www ya yaitu yakin yakni yang yaudah yawdah yg yl yowes yth
""")
)

# Part of a name where they are capitalised (“Jalan Harapan”); in lower case they end a name.
CAPITALISED_NAME_WORDS = frozenset(
    split_words("""
agustus air aman anak angkot april area baik bank baru bayi benar beras bersama bersih besar bis bisnis buku bupati
bus busway camat daerah dana danau delapan dermaga dokter dua dunia empat enam gas gedung gereja gubernur guru
halaman harapan hasil hujan hukum hutan indonesia internet istri jalur janda januari jasa juli juni kali kampus
kantor karyawan kasih kawasan keamanan kebun kecil kelas keluarga kepala kependudukan kereta kerja kesehatan ketua
keuangan kolam komputer korban korea lama lampu lapangan lembah lima lingkungan listrik lokasi lurah mahasiswa makan
maret mei milik mobil motor muda negara nyaman obat orang panjang pegawai pejabat pelayanan pembangunan pemerintah
pendidikan perusahaan petani pintu pohon polisi pos presiden produk proyek pulsa pusat rakyat ruang ruangan ruko
rumah sakit salah salam sampah satu sawah sehat sekolah selokan sembilan sepeda sepuluh siswa sosial stadion suami
surat taksi talud tanah tanda tangan tangga tanggul telepon teman tempat tengah tiang tiga tinggi toko trotoar truk
tua tugas tujuh tunggu uang ujung universitas waduk wali walikota warga warung wilayah wisata
""")
)
