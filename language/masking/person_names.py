"""Frequent given names and family names of Indonesia, from all regions. Names that are ordinary words stand apart.

The lists are general knowledge; they come from no report. A name that is also a frequent name of a place or a word of
complaints does not belong here. To add one, see "Change a mask" in `CONTRIBUTING.md`.
"""

from language.ordinary_words import split_words

# Names in any letter case, without any word before them.
PERSON_NAMES = frozenset(
    split_words("""
abdul abdullah abdurrahman abidin achmad adelia adhitya adinda aditya adnan adrian adriana afandi afif afifah agata
agnes agus agustina agustinus ahmad aida ainun aisyah ajeng akbar akhmad alamsyah albert aldi aldo alex alexander
alfian alfiansyah alfina alfons alfred ali alif alifia alwi alya amalia amanda amaliah ambar amelia amin aminah amir
amiruddin amran amri anang anastasia andi andika andini andre andreas andri andriani andy anggi anggita anggraeni
anggraini angga anisa anita anjani annisa anton antonius antok anwar apriani aprilia ardi ardian ardiansyah arief arif
arifin arista ariyanto arman armando arsyad arya asep asih asma asmawati asnawi asri astri astuti atik aurelia ayu
azhar azis aziz azizah azka azzahra bagas bagyo bahar bahri bahrudin bakri bambang basir basuki beni benny bernadus
bernadette blasius bonifasius budi budiarto budiman budiono budiyanto burhan burhanuddin cahyadi cahyani cahyo
carolina catur cecep chandra christian christina cica citra clara cornelia dadan dadang dahlan damar damayanti daniel
danang danu darman darmanto darmawan darmawati darno darsono darto darwis daryono david debora dede deden dedi dedy
defri deni denny desi desy devi dewanti dhea dian diana dicky didik didin dika dimas dina dinda dini dirman diyah
djoko dodi dody dominggus dominikus donny dudung dwi dyah eddy edi edy efendi effendi ekawati eko eliana elisa
elisabet elisabeth elvira ely ema emi endah endang endro eni enny erlangga erlina erna ernawati erni ervina esti etty
euis eva evi fachri fadhil fadhilah fadil fadli fahmi fahrudin fahri faisal faizal faiz fajri fandi farah farhan
farida faridah fatimah fatmawati fauzan fauzi fauziah febri febrianti febriyanti felicia felix ferdi ferdinan
ferdinand fernando ferry fikri firdaus firman firmansyah fitri fitria fitriani fransiska fransiskus frans fredi galang
galuh gatot gede gerald ghofur gilang gina ginanjar giyanto giyono gregorius gugun gunadi gunawan gusti habibah hadi
hadijah hafid hafiz hakim halim halimah hamdan hamdani hamid hamidah hamka hamzah hana handayani handoko hanifah hanum
haris hariadi hariyanto hariyati hariyono harjo harjono harno harry hartati hartini hartono haryadi haryanto haryati
haryono hasan hasanah hasbi hasim hasnah hasriani hendra hendrawan hendri hendrik hendro heni henny hengki henry
herawati heri heriyanto herlambang herlina herman hermanto hermawan herni herry heru hesti hidayat hidayati hilda
hilman husain husein husen husna husni ibnu ibrahim idris ika ikhsan iksan ilham ilyas imelda imran ina indrawan
indrawati indri indriani inka irawan irawati irene irfan irma irman irwan irwansyah ismail ismanto isnaini isti
istiqomah iswanto iswandi iwan iyan izzah jaka jamal jamaluddin jamaludin jamilah jannah jefri jeni jenny jeremia
jessica jhon joko johan johanes johannes jojon jon joni jono jonathan josef joseph jubaedah juhari julia juliana
julianto julius jumadi jumaidi jumiati jumirah junaedi junaidi junianto juwita kadek kadir kamal kamaruddin karim
karina karjo karmila karno karsih karso kartini kartono karyadi kasiman kasim kasmiati kasno kasiyem katarina katijo
kenzo ketut khadijah khairul khairunnisa khalid khoirul khoirunnisa khotimah kiki komang komariah komarudin kristanto
kristian kristiani kristina kukuh kurnia kurniasih kurniati kurniawan kurniawati kusnadi kusnan kusno kusumawati
lailatul laila laksmi lastri latif latifah laurensius leni leonardus lidya lilik lilis lina linda lisa listiani
listyowati lukas lukman luluk luqman lusi lusiana lutfi lydia made magdalena mahendra mahfud mahmud mahmudah maimunah
maksum mamat maman manto mansur mansyur marcel mardi mardiana mardiyah margareta margono maria mariana mariani mariati
marissa markus marlina marno marsel marsono marsudi martha martin martini martinus marto marwan maryam maryani
maryanto maryati maryono mashudi masitoh matius maulana maulida mawardi megawati meilani melani melisa meri merry
michael mikael mila mira miranda mirna miskah misbah mochamad moh mohamad mohammad muchlis muchtar mudjiono mugiono
muh muhamad muhammad muhaimin muhidin mujiati mujiono mukhlis mukhtar mulyadi mulyana mulyani mulyanto mulyati mulyono
munawar munawaroh munir murniati mursid murtini musa muslih mustafa mustakim mustofa mutia mutiara nabila nabilah
nadia nadya naila naim nana nanang nani nanik narti naryo nasir nasrudin nasrul nasution natalia nella nelly neneng
nengah ni nia niken nila nina ningrum ningsih nining nino nisa noer nofita nora novi novia noviana novianti novita
nugraha nugroho nunik nuning nunung nura nuraeni nuraini nurdiana nurdin nurhadi nurhayati nurhidayah nurhidayat
nurjanah nurlaela nurlaila nurlela nurma nurmala nurrahman nurul nurwahid nuryadi nuryanti nuryati nyoman oktavia
oktaviani olivia otong pamungkas paijo paijem parjo parmin parno parti parwati patrick paulina paulus petrus ponidi
ponijan ponirah poniman pradana prabowo pramono pranata prapto prasetya prasetyo pratama pratiwi prayitno prayogo
priska priyanto priyono puji pujiastuti pujiono purnomo purwadi purwanto purwanti purwati puspita puspitasari qomariah
qori raden radit raditya rafael rafi raffi rafli rahma rahman rahmad rahmadi rahmat rahmawati rahmi raihan raisa
ramadhan ramadhani ramdani ramli rani ratih ratna ratnasari ratnawati regina rendi rendy renny restu reta reza rian
riana riani rianti rianto ricky ridho ridwan rifai rifki rifqi rika riki rina rini rinto rio riris risa riska riski
rismawati riyadi riyanti riyanto rizal rizka rizky robert roberto robertus robi robin rochmat rofiq rohim rohmah
rohman rohmat rokhim romlah roni ronny rosa rosalina rosdiana rosidah rosita rosmiati rosmini roy rozi rudi rudy
rudiyanto rukmana rukmini rusdi rusdiana rusli rusman rustam ruslan sabri saefudin safii safitri sahrul saida saidah
saiful sakinah salamah saleh salim salma salmah saman samsi samsudin samsul samsuri samuel sandra sandy santi santo
santosa saodah sapto sariah sarjono sarmin sarno sartika sartini sarwono satrio selvi selvia septi septian septiani
setiadi setiawan setiawati setyawan setyo setyowati shinta silvia simon sinta siswanto siswoyo siska sitompul siti
slamet soedjono soeparno soleh solehah sonny sopian sofyan sri stefani stefanus stella stephanus steven subagyo
subandi subekti subhan subroto sucipto sudarman sudarmi sudarmo sudarno sudarsono sudiarta sudibyo sudin sudjono
sudrajat sugeng sugiarti sugiarto sugiharto sugino sugito sugiyanto sugiyono suhadi suhaimi suhandi suhardi suharti
suhartini suhartono suharto suharyanto suhendar suhendi suhendra suherman suhermi sujarwo sujatmiko sujono sukamto
sukarni sukardi sukarman sukarno sukarta sukarti sukiman sukinah sukini sukirman sukma sukmawati sulaeman sulaiman
sulasmi sulastri sulis sulistiani sulistiono sulistyo sulistyowati sulistiawati sumarni sumarno sumarsono sumarti
sumiati sumini suminah sumiyati sunardi sunarno sunarto sunarti sunaryo suparjo suparman suparmi suparmin suparno
suparti supardi supiah supri supriadi supriati suprianto suprihatin supriyadi supriyanto supriyati supriyono suprapti
suprapto supratman suradi suraji suratmi suratmin suratno surip suripto suriyani surono suroso suroto surti suryadi
suryana suryani suryanto suryati suryono susan susana susanti susanto susi susilawati susilo susilowati susmiati
sutarjo sutarman sutarmi sutarno sutarto sutejo suti sutikno sutini sutinah sutiyem sutiyono sutopo sutoyo sutrisno
sutrisni suwandi suwanto suwardi suwarni suwarno suwarti suwito suwondo suyadi suyanti suyanto suyatmi suyatno suyitno
suyono syafii syafiq syafrudin syahrial syahrizal syahrul syaiful syakir syamsiah syamsuddin syamsudin syamsul
syamsuri syarif syarifah syarifuddin syarifudin tarmizi tarsono tarno taryono tatang tati tatik taufan taufiq tedi
tedy teguh teodorus teresia tessa theresia thomas tini tino titin tiwi tomi tommy tono toni topik toyib triana
triyanto triyono trisno tugiman tugino tugiyem tukijan tukiman tukijo tukinem tukino tumini tuminah tuminem tumiyem
turiman tuti ucok udin ujang umar umi ummi untung usman uswatun utomo vanessa vera veri vero veronika victor vika vina
vincent viona vivi wagiman wagimin wagino wagiyem wahab wahid wahidin wahyono wahyudi wahyuni wahyuningsih waluyo
wandi wardani wardi wardiman wardoyo warno warsini warsito warsono warsiti wartini wartono wasis wati wawan wayan
welas widi widodo widiastuti widyawati widya widyastuti wibowo wijaya wijayanti wilhelmus willy winarni winarno
winarsih winarti wisnu witono wiwik wiwin wiyono wulandari yadi yanti yani yanto yanuar yati yayah yayan yayuk yenni
yeni yohana yohanes yohannes yosef yosefina yosep yudha yudhi yudi yudistira yuli yulia yuliana yuliani yulianti
yulianto yuliati yulius yunita yuningsih yunus yunianto yusnita yusri yusron yusuf yusup zaenab zaenal zaenuddin zahra
zainab zainal zainuddin zainudin zainul zaki zakaria zakiyah zubaidah zulaikha zulfa zulfikar zulfikri zulhijjah
zulkarnain zulkifli luh gde ngurah cokorda dayu oka zaskia tan ong oei tjoa wiryo sumarto abraham agustin alfonsus
amos aprianus barnabas bartolomeus benediktus benyamin bertha daud demianus derek elias emanuel ester eufrasia filemon
gabriel hendrikus herkulanus hermanus ignasius imanuel isak ishak ismael jakob kornelis kristoforus lambertus lazarus
marselinus marthen mathias maximus melkianus mesak mince monika nataniel nikolaus nikodemus obet oktovianus onisimus
paskalis pilemon pius roberth ruben sarah selfina silas silvester simeon sipora sonya stevanus theodorus thobias titus
urbanus valentinus vinsensius yakob yakobus yakub yance yermias yohanis yoseph yosua yosias yulianus yusak zakeus
""")
)
# Family and clan names: Batak, Minahasa, Maluku, Papua, Nusa Tenggara, Minang, Chinese and Arab ones.
FAMILY_NAMES = frozenset(
    split_words("""
aritonang barus batubara damanik daulay ginting girsang gultom harahap hasibuan hutabarat hutagalung hutapea hutasoit
lubis lumbantobing limbong manalu manullang manurung marpaung munthe nababan nadeak naibaho nainggolan napitupulu
nasution pakpahan panggabean panjaitan pane pardede pardosi pasaribu pohan rajagukguk rambe rangkuti ritonga saragih
sembiring siagian siahaan sianipar sianturi siburian sihaloho sihite sihombing sihotang silaban silaen silalahi
simamora simanjuntak simanungkalit simarmata simatupang simbolon sinaga sinambela siregar sirait sitanggang sitepu
sitinjak sitohang sitompul sitorus situmeang situmorang tambunan tampubolon tarigan tobing turnip kalalo kandou
kaunang kawilarang kojongian korompis kumaat lasut lengkong liando lumenta lumintang mamahit mandagi mantiri maramis
mokoginta mokodompit moningka palar pangemanan paputungan polii pontoh rompas rumengan rumokoy runtuwene sondakh
sumarauw supit tamboto tumbelaka tumbuan walandouw waworuntu worang wowor wuisan hehanussa huwae latuconsina latuheru
latumahina leatemia lekatompessy leimena manuhutu manuputty matulessy nanlohy pattiasina pattinama pattipeilohy patty
pelupessy salampessy sahetapy siahaya siwabessy soumokil souisa tahalea tanamal tuanaya tuasikal tuhumury wattimena
wattimury asso awom ayomi dimara enembe fonataba gebze gobay haluk hisage itlay kaisiepo kambuaya karma kayame kogoya
korwa krey mambor mandowen murib numberi ondawame pigai ramandey rohrohmana rumaropen rumbiak rumbino rumkorem sawaki
suebu tabuni telenggen wanggai wanimbo wenda wonda womsiwor yarangga yeimo yoman benu djami faot foenay kelen kollo
lende liunokas manafe mauboy ndolu nenohai ngadha nubatonis oematan seran taek talan tallo tnunay wea caniago chaniago
sikumbang piliang gunawan halim hartanto kusumo liem lim santoso setiabudi sutanto tanoto tjahjadi tjandra wijaya
alatas alaydrus alhabsyi alkatiri assegaf baswedan bawazier shahab shihab mappasessu mattalatta palinggi pasolong
rantetana tandirerung tangkelangi tandilino
""")
)
# Names that are ordinary words, too: a person only after a word that introduces a person, or beside another name.
AMBIGUOUS_NAMES = frozenset(
    split_words("""
abadi adam ade adi ageng agung agustus aji aman ani anugerah ari arum asih aulia bagus bahagia bangkit bangun basri
bayu bere berlian bima bintang boy bulan bunga cahaya cantik cempaka cinta damai dani dewa dewi eka embun fajar galih
gemilang guntur guruh habib hani harapan harum hidayah hikmah hujan ida imam iman indah indra indriya ine intan ira
isa ita jaya jelita jujur karo kartika kasih kemala kencana kirana koto kuncoro kusuma langit laras lembayung lestari
lia lingga luhur makmur malik mama manik mawar mayor mega melati merdeka mote mukti mulia mulyo murni muslim muslimin
mustika nirmala nirwana nova nur nurani pandu panji pelangi permai permana permata pertiwi pinta pribadi prima purba
purnama puspa putra putri putu rahayu rama rangga ratu rejeki rejo rembulan reni restu rita rizki rohani rukun sabar
sari sandi santoso saputra satria sekar selamat semangat senang senja setia subur suci sukses surya syukur tanjung
taufik tegar teratai titik tri tulus untung utama utami wahyu waras wira wulan yatim
""")
)
# Words that continue a name: particles before and between its words.
NAME_PARTICLES = frozenset(
    split_words("""
i ni la wa ode bin binti al el abd van de da dos moh muh muhammad st siti h hj daeng andi
""")
)
