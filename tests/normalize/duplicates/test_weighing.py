"""Which pairs are weighed, and how far: the cost of a message."""

from dataclasses import replace

from bench.evaluation.explained_messages import explain_messages
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparison.comparator import Comparator, Verdict
from normalize.duplicates.comparison.pair import ComplaintPair
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.matcher import Matcher
from tests.normalize.duplicates.conftest import CompareMessages, ReadMessage, message

# Reports of one quarter about other troubles: they share rare words and no matter.
TROUBLES = (
    "Ternak lepas di Lembah Wuni merusak kebun singkong, tolong ditertibkan",
    "Karcis pasar Lembah Wuni naik tanpa pengumuman, mohon dijelaskan",
    "Posyandu Lembah Wuni tutup sejak bulan lalu, kapan buka",
    "Balap liar di Lembah Wuni tiap malam minggu, mohon patroli",
    "Pupuk di koperasi Lembah Wuni kosong, petani menunggu",
    "Sinyal telepon di Lembah Wuni hilang kalau hujan",
)


class CountingComparator(Comparator):
    """A comparator that counts its comparisons."""

    def __init__(self, detection: DuplicateDetection) -> None:
        super().__init__(detection.language.word_frequencies, detection.weights)
        self.count = 0

    def compare(self, first: Comparable, second: Comparable) -> Verdict:
        """Compare, and count."""
        self.count += 1
        return super().compare(first, second)


def count_comparisons(detection: DuplicateDetection, text: str, sender: str = "") -> tuple[int, str]:
    """Return the comparisons for a report behind those of other troubles, and the decision on it."""
    comparator = CountingComparator(detection)
    counting = DuplicateDetection(detection.language, detection.weights, detection.digest_key)
    counting.__dict__["matcher"] = Matcher(detection.reader, comparator, "test")
    earlier = [message(trouble, 40 * number, sender=sender) for number, trouble in enumerate(TROUBLES)]
    *_, last = (
        (comparator.count, decision["decision"])
        for decision in explain_messages(counting, [*earlier, message(text, 400)])
    )
    before = CountingComparator(detection)
    counting.__dict__["matcher"] = Matcher(detection.reader, before, "test")
    list(explain_messages(counting, earlier))
    return last[0] - before.count, last[1]


def test_three_candidates_are_weighed(detection: DuplicateDetection) -> None:
    """Six earlier reports of one quarter are candidates. Behind three that are not alike, no other one is weighed."""
    assert count_comparisons(detection, "Lampu balai warga Lembah Wuni padam, mohon diganti") == (3, "new")


def test_texts_without_common_ground_are_not_weighed(compare: CompareMessages) -> None:
    """Two reports in other words that name no place in common are no suggestion, however rare their common words."""
    first = message(
        "Pencairan beasiswa afirmasi terlambat dua bulan di rekening bank mahasiswa, mohon kejelasan jadwal"
    )
    second = message("Kapan beasiswa afirmasi mahasiswa cair? rekening bank kami kosong sejak dua bulan", hours=2)
    assert compare(first, second) == Verdict(0.0, ())


def test_features_stop_below_likely(comparator: Comparator, read_message: ReadMessage) -> None:
    """The score of a pair that differs much is an upper limit: the same pair with all features has a lower one."""
    first = read_message(message("Lampu jalan padam di Jalan Kenanga Raya sejak Senin, gelap sekali"))
    second = read_message(message("Parkir liar di Jalan Kenanga Raya depan sekolah bikin macet", hours=200))
    verdict = comparator.compare(first, second)
    assert verdict.certainty == "new"
    assert 0 < verdict.score < 0.6


def test_few_common_words_need_no_alignment(read_message: ReadMessage, detection: DuplicateDetection) -> None:
    """Texts with few common words are weighed by these alone. Moved words of a copy count as common."""
    words = tuple(f"kata{chr(97 + number)}" for number in range(10))
    first = replace(read_message(message("Jalan rusak")), text_words=words)
    frequencies = detection.language.word_frequencies
    few = ComplaintPair(first, replace(first, text_words=(*words[:2], *"klmnopqr")), frequencies).alignment
    assert (few.shared_weight, few.density, few.exchanged_weight) == (2.0, 0.0, 0.0)
    moved = ComplaintPair(first, replace(first, text_words=(*words[5:], *words[:5])), frequencies).alignment
    assert moved.density > 0


BRIDGE = (
    "Jembatan Kali Wungu di Jalan Lembah Wuni retak dan papan lantainya lapuk, bahaya bagi pengendara motor dan anak "
    "sekolah yang lewat tiap pagi"
)
BRIDGE_AND_RUBBISH = f"{BRIDGE}. Sampah juga menumpuk depan kios Wiratama, bau busuk."
RUBBISH = "bau busuk sampah numpuk jl Lembah Wuni dekat kios Wiratama"


def test_one_member_is_not_enough(detection: DuplicateDetection, compare: CompareMessages) -> None:
    """Who resembles a member that tells of a second matter does not join the first report; both are explained."""
    first, member, last = message(BRIDGE), message(BRIDGE_AND_RUBBISH, 1), message(RUBBISH, 3)
    assert compare(member, last).certainty == "certain"
    assert compare(first, last).certainty == "new"
    decisions = list(explain_messages(detection, [first, member, last]))
    assert [decision["decision"] for decision in decisions] == ["new", "repeat", "likely"]
    assert (decisions[-1]["of"], decisions[-1]["member"]) == (first.id, member.id)


def test_very_near_copy_with_a_typo_is_no_filled_form(compare: CompareMessages) -> None:
    """One letter of a village's name in a long copy at one spot is a slip; another name in a short form is not."""
    text = (
        "Jalan Kenanga Raya Dusun Magek Lembah Wuni berlubang parah sejak banjir bulan lalu, sudah tiga pengendara "
        "motor jatuh, mohon segera ditambal sebelum musim hujan"
    )
    copy = text.replace("Magek", "Mangek")
    assert compare(message(text), message(copy, 5)).certainty == "certain"
    short = "Irigasi Lumban Wuni jebol, sawah kering"
    assert compare(message(short), message(short.replace("Wuni", "Sari"), 5)).certainty == "new"
