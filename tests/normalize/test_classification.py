"""Complaint, suggestion, question, or none of these: nobody's complaint is set aside, most advertisements are."""

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assembly.channels import DIRECTORY
from bench.classification import Held, bounds, held_out
from bench.corpus import UNWANTED, Message, fold, load
from bench.learning import learn, write
from bench.logistic import Example, Pull, fit
from config.reference.classification_phrases import (
    ALWAYS,
    WEIGHED,
    ClassificationRow,
    load_classification_rows,
)
from config.reference.folder import ReferenceFolder
from config.reference.table_reader import TableError
from messages.shapes import Channel, Kind
from normalize.classification.classifier import MAX_CHARACTERS, Classification, Classifier
from normalize.classification.tokens import tokenize
from tests.support.paths import DATA, SHARED
from tests.support.stages import make_classifier

AD = "Promo! Diskon 50% dan gratis ongkir hanya hari ini, klik bit.ly/contoh"
PRIZE = "SELAMAT! Nomor Anda terpilih sebagai pemenang undian 100jt. Klik www.hadiah-contoh.blogspot.com"
FORMS = ("web", "mobile")


class Invented:
    """A row of the invented messages."""

    def __init__(self, row: dict[str, str]) -> None:
        self.expected, self.channel = row["expected"], row["channel"]
        self.title, self.text = row["title"], row["text"]

    def judged(self, classifier: Classifier, *, keep: bool = False) -> Classification:
        """What becomes of it."""
        return classifier.classify(self.text, self.title, self.channel, keep=keep)


def invented() -> list[Invented]:
    """The messages in `tests/data/kinds.csv`, which nobody sent."""
    with (DATA / "kinds.csv").open(encoding="utf-8", newline="") as file:
        return [Invented(row) for row in csv.DictReader(file)]


INVENTED = invented()
ADS = [one for one in INVENTED if one.expected in UNWANTED]
OTHERS = [one for one in INVENTED if one.expected not in UNWANTED]


@pytest.fixture(scope="module")
def cues() -> tuple[ClassificationRow, ...]:
    """The table that comes with the program."""
    return load_classification_rows()


@pytest.fixture(scope="module")
def classifier(cues: tuple[ClassificationRow, ...]) -> Classifier:
    """The judge by that table."""
    return make_classifier(cues)


@pytest.fixture(scope="module")
def real() -> list[Message]:
    """Real messages, where they are on this machine."""
    if not (SHARED / "sms" / "upi_sms_2018.csv").exists():
        pytest.skip("the real reports and SMS are not on this machine")
    return load(SHARED)


@pytest.fixture(scope="module")
def halves(real: list[Message]) -> list[Held]:
    """Each real message, judged by what was learned from the half that it and its near copies are not in."""
    return list(held_out(real, folds=2))


@pytest.mark.parametrize("one", OTHERS, ids=lambda one: one.text[:40])
def test_what_a_message_is(classifier: Classifier, one: Invented) -> None:
    """Complaints in all disguises, suggestions, questions, tests, greetings and announcements are what they are.

    Among the complaints are many about a fraud, a promotion, a lottery or a loan, that quote it or end in a phone
    number, an amount and a link; and a form about nothing but an advertisement.
    """
    judged = one.judged(classifier)
    asides = {"publicity", "test", "greeting"}
    assert judged.reason == (one.expected if one.expected in asides else None)
    if one.channel in FORMS or one.expected in asides:
        assert judged.kind is None
    else:
        assert judged.kind == Kind(one.expected)


def test_advertisements_and_frauds(classifier: Classifier) -> None:
    """Of invented ones, most of them of kinds that no data has (loans by app, gambling, files), most are set aside."""
    caught = [one for one in ADS if one.judged(classifier).reason in UNWANTED]
    assert len(ADS) > 90
    assert len(caught) / len(ADS) > 0.85


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PRIZE, "fraud"),
        ("Mama di kantor polisi, belikan dulu pulsa 50rb ke nomor baru ini 08000000001. Jangan telepon", "fraud"),
        ("Slot gacor deposit 10rb bonus new member, daftar di bit.ly/contoh", "fraud"),
        ("Pinjaman tanpa jaminan bunga rendah langsung cair, WA 08000000002", "fraud"),
        ("Kuota 20GB cuma Rp45.000! Aktifkan di *777*20#. S&K berlaku", "promotion"),
        (AD, "promotion"),
    ],
)
def test_which_of_the_two(classifier: Classifier, text: str, reason: str) -> None:
    """A fraud wants your money for nothing; a promotion sells something."""
    assert classifier.classify(text, "", "sms").reason == reason


@pytest.mark.parametrize("one", INVENTED, ids=lambda one: one.text[:40])
def test_a_picture_or_a_follow_up_is_never_set_aside(classifier: Classifier, one: Invented) -> None:
    """Whatever the words are."""
    assert one.judged(classifier, keep=True).reason is None


def test_every_protecting_word_protects(classifier: Classifier, cues: tuple[ClassificationRow, ...]) -> None:
    """Before and behind the worst advertisement."""
    assert classifier.classify(PRIZE, "", "sms").reason == "fraud"
    words = [phrase for cue in cues if cue.outcome == "protects" for phrase in cue.phrases]
    texts = [text for word in words for text in (f"{word}: {PRIZE}", f"{PRIZE} {word.upper()}!")]
    assert len(words) > 200
    assert [text for text in texts if classifier.classify(text, "", "sms").reason] == []


def test_what_protects_is_the_evidence(classifier: Classifier) -> None:
    """Whoever wonders why an advertisement went through sees the word that let it."""
    judged = classifier.classify(f"{PRIZE} mohon ditindak", "", "sms")
    assert judged.kind == Kind.PENGADUAN
    assert judged.score > 0
    assert judged.evidence == ("protects:mohon ditindak",)


@pytest.mark.parametrize("channel", FORMS)
def test_a_form_takes_far_more(classifier: Classifier, channel: Channel) -> None:
    """What is set aside as an SMS stays where somebody filled in a form, but for what can't be anything else."""
    text = "Kuota 20GB cuma Rp45.000 di *777*20#. S&K berlaku"
    assert classifier.classify(text, "", "sms").reason == "promotion"
    assert classifier.classify(text, "", channel).reason is None
    assert classifier.classify("tes", "Permintaan informasi", channel).reason is None
    assert classifier.classify("tes", "Tes", channel).reason == "test"
    assert classifier.classify(f"{AD}. {PRIZE}", "Pemenang undian", channel).reason == "fraud"


def test_a_long_message_is_never_set_aside(classifier: Classifier) -> None:
    """Nobody pays for an advertisement of so many SMS; people write so long."""
    assert classifier.classify(PRIZE + " " * (MAX_CHARACTERS - len(PRIZE)), "", "sms").reason == "fraud"
    assert classifier.classify(PRIZE + " " * (MAX_CHARACTERS - len(PRIZE)) + "x", "", "sms").reason is None


def test_contact_details_are_no_advertisement(classifier: Classifier) -> None:
    """Not even all of them, below words that nobody knows."""
    left = "hub saya 08000000003, Rp 2.500.000, bukti di https://www.contoh.com/a?b=1 kode 7y7r8k9z 50% 10GB!!!"
    for words in ("Galian kabel", "PJU", "Mbeling tenan", "Nyuwun pirsa"):
        assert classifier.classify(f"{words} {left}", "", "sms").reason is None


@pytest.mark.parametrize("one", INVENTED, ids=lambda one: one.text[:40])
def test_evidence_is_of_the_table(classifier: Classifier, cues: tuple[ClassificationRow, ...], one: Invented) -> None:
    """It may be logged: a sender's own words never stand in it."""
    names = {cue.name for cue in cues} | {f"protects:{cue.name}" for cue in cues} | {"test", "greeting"}
    assert set(one.judged(classifier).evidence) <= names


@given(text=st.text(max_size=300), title=st.text(max_size=40), channel=st.sampled_from(DIRECTORY.names))
def test_any_text_is_judged(text: str, title: str, channel: Channel) -> None:
    """Nothing that can be typed trips it; and what nobody knows is a complaint."""
    classifier = make_classifier([ClassificationRow(says, -1, -1, (ALWAYS,)) for says in WEIGHED])
    judged = classifier.classify(text, title, channel)
    assert judged.reason is None
    assert judged.kind == (None if channel in FORMS else Kind.PENGADUAN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e-KTP belum jadi!", ["ektp", "belum", "jadi", "!"]),
        ("Anda m-dptkan hadiah", ["anda", "mdptkan", "hadiah"]),
        ("P1njam4n t4npa agunan", ["pinjaman", "t4npa", "agunan"]),
        ("hub 0800-0000-001 / 0800 000 002", ["hub", "<telepon>", "<telepon>"]),
        ("+62 800 0000 0003,082100000000xx", ["<telepon>", "<telepon>"]),
        ("Rp 50.000 atau 1,5jt, 2 juta", ["rp", "<uang>", "atau", "1", "<uang>", "<uang>", "juta"]),
        ("20GB, 5 GB/30hr", ["<kuota>", "<kuota>", "gb", "30hr"]),
        ("NIK 3300000000000000", ["nik", "<nomor>"]),
        ("pin 7y7r8k9z", ["pin", "<kode>"]),
        ("bus B1234XYZ rt03rw05 2x24jam", ["bus", "b1234xyz", "rt03rw05", "2x24jam"]),
        ("tekan *123*7# ya?", ["tekan", "123", "7", "ya", "?", "<ussd>"]),
        ("50% \u201cgratis\u201d \u2014 \uff13\uff48\uff55\uff52\uff55\uff46", ["50", "%", "gratis", "3huruf"]),
        ("10 November 2026", ["10", "november", "2026"]),
        ("", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    """Words as they are compared, and marks where a number means something."""
    assert tokenize(text, {"pinjaman"}) == expected


# Held against real messages.


def share(held: Iterable[Held], *sources: str) -> float:
    """How many of these were set aside."""
    asides = [one.classification.reason is not None for one in held if one.message.source in sources]
    return sum(asides) / len(asides)


def test_no_real_complaint_is_set_aside(halves: list[Held]) -> None:
    """Fewer than 0.2 % of the reports and of the tweets to helpdesks, though nothing was learned from their half."""
    assert share(halves, "report") < 0.002
    assert share(halves, "tweet") < 0.002


def test_real_advertisements_are_set_aside(halves: list[Held]) -> None:
    """Nine of ten frauds and promotions, learned from the other half alone."""
    assert share(halves, *UNWANTED) >= 0.9


def test_reports_stay_far_from_the_threshold(halves: list[Held]) -> None:
    """Where no word protects a report, its sum alone does, by a wide margin; also with all a sender can leave below."""
    for one in halves:
        if one.message.source == "report":
            found = one.classifier.match_phrases(one.message.text)
            assert found.of_outcome("protects") or found.sums["unwanted"] < -1
            left = f"{one.message.text} hub saya 080000000001 Rp 500.000 www.contoh.id"
            assert one.classifier.classify(left, "", "sms").reason is None


def test_halves_share_no_near_copy(real: list[Message]) -> None:
    """Else the held-out half would be a copy of what was learned."""
    parts: dict[int, set[int]] = {}
    for message in real:
        parts.setdefault(message.group, set()).add(fold(message, 2))
    assert {len(part) for part in parts.values()} == {1}
    assert max(message.copies for message in real) > 5


def test_the_table_is_what_learning_makes(real: list[Message], cues: tuple[ClassificationRow, ...]) -> None:
    """Its weights are nobody's whim: from `given` and the data they come out again."""
    again = learn(real, cues)
    assert [cue.weight for cue in again] == pytest.approx([cue.weight for cue in cues], abs=0.02)


# Learning.


def test_learning_neither_invents_nor_reverses() -> None:
    """A weight stays between nothing and twice what a person gave, whatever the data say."""
    start = [ClassificationRow(says, 0, 0, (ALWAYS,)) for says in WEIGHED]
    rows = [
        *start,
        ClassificationRow("unwanted", 1, 1, ("promo",)),
        ClassificationRow("unwanted", -1, -1, ("jalan",)),
        ClassificationRow("protects", 0, 0, ("aduan",)),
    ]
    messages = [Message("promo", "promotion", group=1)] * 50 + [Message("jalan", "report", group=2)] * 50
    weights = {cue.name: cue.weight for cue in learn(messages, rows) if cue.outcome == "unwanted"}
    assert (weights["promo"], weights["jalan"]) == (2, -2)

    wrong = [replace(one, source="report" if one.source == "promotion" else "promotion") for one in messages]
    weights = {cue.name: cue.weight for cue in learn(wrong, rows) if cue.outcome == "unwanted"}
    assert (weights["promo"], weights["jalan"]) == (0, 0)


def test_fitting_finds_the_odds() -> None:
    """With one feature and hardly any pull, the weight is the log-odds of the class."""
    examples = [Example(frozenset({"there"}), positive=number < 75) for number in range(100)]
    assert fit(examples, {"there": Pull(0, 1e-6)})["there"] == pytest.approx(1.0986, abs=0.01)


def test_near_copies_count_less() -> None:
    """A hundred copies of one message do not outvote ten different ones by ten to one."""
    examples = [Example(frozenset({"there"}), True, 0.1)] * 100 + [Example(frozenset({"there"}), False)] * 10
    assert fit(examples, {"there": Pull(0, 1e-6)})["there"] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("yes", "many", "low", "high"), [(0, 733, 0, 0.00502), (1, 733, 0.0000345, 0.00758), (10, 10, 0.6915, 1)]
)
def test_bounds(yes: int, many: int, low: float, high: float) -> None:
    """As in tables of the binomial distribution."""
    assert bounds(yes, many) == pytest.approx((low, high), rel=0.01)


# The file.


def own_table(folder: Path) -> Path:
    """The table of an operator's folder; the shipped one if it has none."""
    return ReferenceFolder(folder).table("kinds.csv")


def test_what_is_written_is_read(tmp_path: Path, cues: tuple[ClassificationRow, ...]) -> None:
    """Learning rewrites the file and changes nothing but weights."""
    write(cues, tmp_path / "kinds.csv")
    assert load_classification_rows(own_table(tmp_path)) == cues


def test_an_operators_own_file_is_used(tmp_path: Path) -> None:
    """Where the folder has one; else ours. A weight that is given alone counts as it is."""
    assert load_classification_rows(own_table(tmp_path)) == load_classification_rows()
    starts = "".join(f"{says},-1,,<selalu>\n" for says in WEIGHED)
    (tmp_path / "kinds.csv").write_text(f"says,given,weight,phrases\n{starts}unwanted,1.5,,obral|cuci gudang\n")
    assert load_classification_rows(own_table(tmp_path))[-1] == ClassificationRow(
        "unwanted", 1.5, 1.5, ("obral", "cuci gudang")
    )


FAULTS = {
    "unwanted,1,,promo": "no row gives <selalu> a weight for fraud",
    "spam,1,,promo": "line 2: 'spam' is none of unwanted",
    "unwanted,,,promo": "line 2: a weight is missing",
    "unwanted,x,,promo": "line 2: a weight is a number like 1.5",
    "protects,1,,lapor": "line 2: protects lists words and has no weights",
    "unwanted,1,,Promo": "line 2: 'Promo' is not in small letters and digits",
    "unwanted,1,,promo  besar": "line 2: 'promo  besar' is not in small letters",
    "unwanted,1,,<telpon>": "line 2: '<telpon>' is not in small letters and digits",
    "unwanted,1,,": "line 2: '' is not in small letters",
    "unwanted,1": "line 2: '' is not in small letters",
    "unwanted,1,,promo|promo": "line 2: 'promo' stands twice under unwanted",
    "unwanted,1,,promo\nunwanted,2,,obral|promo": "line 3: 'promo' stands twice under unwanted",
}


@pytest.mark.parametrize("rows", FAULTS)
def test_a_row_that_is_wrong_is_named(tmp_path: Path, rows: str) -> None:
    """With its line, so that an operator finds it."""
    (tmp_path / "kinds.csv").write_text(f"says,given,weight,phrases\n{rows}\n")
    with pytest.raises(TableError, match=FAULTS[rows]):
        load_classification_rows(own_table(tmp_path))


@pytest.mark.parametrize("content", [b"kata,bobot\npromo,1\n", b"says,given,weight,phrases\nunwanted,1,,\xff\n"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """By its name."""
    (tmp_path / "kinds.csv").write_bytes(content)
    with pytest.raises(TableError, match=r"kinds\.csv"):
        load_classification_rows(own_table(tmp_path))
