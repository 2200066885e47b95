"""Classification: no complaint is set aside, most advertisements are; and the learning of the weights."""

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assembly.channels import DIRECTORY
from bench.classification import HeldOut, bounds, held_out
from bench.corpus import UNWANTED, Message, Source, fold_of, load_messages
from bench.learning import learn_weights, write_rows
from bench.logistic import Example, WeightPrior, fit_weights
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


class InventedMessage:
    """A row of the invented messages."""

    def __init__(self, row: dict[str, str]) -> None:
        self.expected, self.channel = row["expected"], row["channel"]
        self.title, self.text = row["title"], row["text"]

    def classify(self, classifier: Classifier, *, keep: bool = False) -> Classification:
        """Return the classification of the message."""
        return classifier.classify(self.text, self.title, self.channel, keep=keep)


def load_invented() -> list[InventedMessage]:
    """Return the messages in `tests/data/kinds.csv`. Nobody sent them."""
    with (DATA / "kinds.csv").open(encoding="utf-8", newline="") as file:
        return [InventedMessage(row) for row in csv.DictReader(file)]


INVENTED = load_invented()
ADS = [message for message in INVENTED if message.expected in UNWANTED]
NOT_ADS = [message for message in INVENTED if message.expected not in UNWANTED]


@pytest.fixture(scope="module")
def rows() -> tuple[ClassificationRow, ...]:
    """Return the rows of the shipped table."""
    return load_classification_rows()


@pytest.fixture(scope="module")
def classifier(rows: tuple[ClassificationRow, ...]) -> Classifier:
    """Return the classifier by that table."""
    return make_classifier(rows)


@pytest.fixture(scope="module")
def real() -> list[Message]:
    """Return the real messages; skip the test where they are not on this machine."""
    if not (SHARED / "sms" / "upi_sms_2018.csv").exists():
        pytest.skip("the real reports and SMS are not on this machine")
    return load_messages(SHARED)


@pytest.fixture(scope="module")
def halves(real: list[Message]) -> list[HeldOut]:
    """Return each real message with its classification, learned from the half without it and its near copies."""
    return list(held_out(real, folds=2))


@pytest.mark.parametrize("message", NOT_ADS, ids=lambda message: message.text[:40])
def test_messages_that_are_no_advertisements(classifier: Classifier, message: InventedMessage) -> None:
    """Complaints, suggestions, questions, tests, greetings and announcements are recognised.

    Many of the complaints are about a fraud, a promotion, a lottery or a loan: they quote it, or end with a phone
    number, an amount and a link. One is a form with nothing but an advertisement.
    """
    classification = message.classify(classifier)
    set_aside = {"publicity", "thanks", "test", "greeting", "no-content"}
    assert classification.reason == (message.expected if message.expected in set_aside else None)
    if message.channel in FORMS or message.expected in set_aside:
        assert classification.kind is None
    else:
        assert classification.kind == Kind(message.expected)


def test_advertisements_and_frauds(classifier: Classifier) -> None:
    """Most invented advertisements are set aside; most are of types that no data has (loan apps, gambling, files)."""
    set_aside = [message for message in ADS if message.classify(classifier).reason in UNWANTED]
    assert len(ADS) > 90
    assert len(set_aside) / len(ADS) > 0.85


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
def test_fraud_and_promotion_are_distinguished(classifier: Classifier, text: str, reason: str) -> None:
    """A fraud takes money for nothing; a promotion sells something."""
    assert classifier.classify(text, "", "sms").reason == reason


@pytest.mark.parametrize("message", INVENTED, ids=lambda message: message.text[:40])
def test_a_picture_or_a_follow_up_is_never_set_aside(classifier: Classifier, message: InventedMessage) -> None:
    """Any message with `keep` remains a complaint."""
    assert message.classify(classifier, keep=True).reason is None


def test_every_protecting_word_protects(classifier: Classifier, rows: tuple[ClassificationRow, ...]) -> None:
    """A protecting word before or after the clearest fraud keeps the message."""
    assert classifier.classify(PRIZE, "", "sms").reason == "fraud"
    words = [phrase for row in rows if row.outcome == "protects" for phrase in row.phrases]
    texts = [text for word in words for text in (f"{word}: {PRIZE}", f"{PRIZE} {word.upper()}!")]
    assert len(words) > 200
    assert [text for text in texts if classifier.classify(text, "", "sms").reason] == []


def test_the_protecting_word_is_the_evidence(classifier: Classifier) -> None:
    """The evidence of an advertisement that was kept is the word that protected it."""
    classification = classifier.classify(f"{PRIZE} mohon ditindak", "", "sms")
    assert classification.kind == Kind.PENGADUAN
    assert classification.score > 0
    assert classification.evidence == ("protects:mohon ditindak",)


@pytest.mark.parametrize("channel", FORMS)
def test_a_form_has_a_higher_threshold(classifier: Classifier, channel: Channel) -> None:
    """A message that is set aside as an SMS is kept as a form, unless it is clearly unwanted."""
    text = "Kuota 20GB cuma Rp45.000 di *777*20#. S&K berlaku"
    assert classifier.classify(text, "", "sms").reason == "promotion"
    assert classifier.classify(text, "", channel).reason is None
    assert classifier.classify("tes", "Permintaan informasi", channel).reason is None
    assert classifier.classify("tes", "Tes", channel).reason == "test"
    assert classifier.classify(f"{AD}. {PRIZE}", "Pemenang undian", channel).reason == "fraud"


def test_a_long_message_is_never_set_aside(classifier: Classifier) -> None:
    """Nobody pays for an advertisement of so many SMS; citizens do write as much."""
    assert classifier.classify(PRIZE + " " * (MAX_CHARACTERS - len(PRIZE)), "", "sms").reason == "fraud"
    assert classifier.classify(PRIZE + " " * (MAX_CHARACTERS - len(PRIZE)) + "x", "", "sms").reason is None


def test_contact_details_are_no_advertisement(classifier: Classifier) -> None:
    """A message of unknown words with all kinds of contact details is kept."""
    contact_details = (
        "hub saya 08000000003, Rp 2.500.000, bukti di https://www.contoh.com/a?b=1 kode 7y7r8k9z 50% 10GB!!!"
    )
    for words in ("Galian kabel", "PJU", "Mbeling tenan", "Nyuwun pirsa"):
        assert classifier.classify(f"{words} {contact_details}", "", "sms").reason is None


@pytest.mark.parametrize("message", INVENTED, ids=lambda message: message.text[:40])
def test_evidence_names_rows_of_the_table(
    classifier: Classifier, rows: tuple[ClassificationRow, ...], message: InventedMessage
) -> None:
    """Evidence may be logged: it never has other words of the sender."""
    names = {row.name for row in rows} | {f"protects:{row.name}" for row in rows} | {"test", "greeting", "no-content"}
    assert set(message.classify(classifier).evidence) <= names


@given(text=st.text(max_size=300), title=st.text(max_size=40), channel=st.sampled_from(DIRECTORY.names))
def test_any_text_is_classified(text: str, title: str, channel: Channel) -> None:
    """Any text is classified without an error; a text of unknown words is a complaint."""
    classifier = make_classifier([ClassificationRow(outcome, -1, -1, (ALWAYS,)) for outcome in WEIGHED])
    classification = classifier.classify(text, title, channel)
    assert classification.reason is None
    assert classification.kind == (None if channel in FORMS else Kind.PENGADUAN)


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
    """The tokens are words in their compared form, and marks for numbers with a meaning."""
    assert tokenize(text, {"pinjaman"}) == expected


# Real messages.


def set_aside_share(held: Iterable[HeldOut], *sources: str) -> float:
    """Return the share of messages from these sources that were set aside."""
    set_aside = [result.classification.reason is not None for result in held if result.message.source in sources]
    return sum(set_aside) / len(set_aside)


@pytest.mark.slow
def test_no_real_complaint_is_set_aside(halves: list[HeldOut]) -> None:
    """Fewer than 0.2 % of reports and of tweets to helpdesks are set aside, with weights from the other half.

    Of the tweets, those that are nothing but thanks are left out here. They are fewer than 0.6 % of all tweets.
    """
    assert set_aside_share(halves, "report") < 0.002
    tweets = [result for result in halves if result.message.source == "tweet"]
    assert sum(result.classification.reason == "thanks" for result in tweets) / len(tweets) < 0.006
    assert set_aside_share([result for result in halves if result.classification.reason != "thanks"], "tweet") < 0.002


@pytest.mark.slow
def test_real_advertisements_are_set_aside(halves: list[HeldOut]) -> None:
    """At least 90 % of frauds and promotions are set aside, with weights from the other half."""
    assert set_aside_share(halves, *UNWANTED) >= 0.9


def test_reports_stay_far_from_the_threshold(halves: list[HeldOut]) -> None:
    """A report without a protecting word has a sum far below the threshold, also with contact details after it."""
    for result in halves:
        if result.message.source == "report":
            matches = result.classifier.match_phrases(result.message.text)
            assert matches.of_outcome("protects") or matches.sums["unwanted"] < -1
            with_contact_details = f"{result.message.text} hub saya 080000000001 Rp 500.000 www.contoh.id"
            assert result.classifier.classify(with_contact_details, "", "sms").reason is None


def test_halves_share_no_near_copy(real: list[Message]) -> None:
    """Near copies are in the same half: otherwise the weights would be tested on the messages they come from."""
    parts: dict[int, set[int]] = {}
    for message in real:
        parts.setdefault(message.group, set()).add(fold_of(message, 2))
    assert {len(part) for part in parts.values()} == {1}
    assert max(message.copies for message in real) > 5


def test_the_table_has_the_learned_weights(real: list[Message], rows: tuple[ClassificationRow, ...]) -> None:
    """Learning from the given weights and the data again gives the weights of the shipped table."""
    relearned_rows = learn_weights(real, rows)
    assert [row.weight for row in relearned_rows] == pytest.approx([row.weight for row in rows], abs=0.02)


# Learning.


def test_learning_neither_invents_nor_reverses() -> None:
    """A weight stays between zero and twice the given weight, for any data."""
    start = [ClassificationRow(outcome, 0, 0, (ALWAYS,)) for outcome in WEIGHED]
    rows = [
        *start,
        ClassificationRow("unwanted", 1, 1, ("promo",)),
        ClassificationRow("unwanted", -1, -1, ("jalan",)),
        ClassificationRow("protects", 0, 0, ("aduan",)),
    ]
    messages = [Message("promo", "promotion", group=1)] * 50 + [Message("jalan", "report", group=2)] * 50
    weights = {row.name: row.weight for row in learn_weights(messages, rows) if row.outcome == "unwanted"}
    assert (weights["promo"], weights["jalan"]) == (2, -2)

    swapped: dict[Source, Source] = {"report": "promotion", "promotion": "report"}
    contradicting = [replace(message, source=swapped[message.source]) for message in messages]
    weights = {row.name: row.weight for row in learn_weights(contradicting, rows) if row.outcome == "unwanted"}
    assert (weights["promo"], weights["jalan"]) == (0, 0)


def test_fitting_finds_the_odds() -> None:
    """With one feature and almost no pull, the weight is the log-odds of the class."""
    examples = [Example({"there": 1.0}, is_positive=number < 75) for number in range(100)]
    assert fit_weights(examples, {"there": WeightPrior(0, 1e-6)})["there"] == pytest.approx(1.0986, abs=0.01)


def test_near_copies_count_less() -> None:
    """A hundred copies of one message count as much as ten different messages."""
    examples = [Example({"there": 1.0}, True, 0.1)] * 100 + [Example({"there": 1.0}, False)] * 10
    assert fit_weights(examples, {"there": WeightPrior(0, 1e-6)})["there"] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("yes", "many", "low", "high"), [(0, 733, 0, 0.00502), (1, 733, 0.0000345, 0.00758), (10, 10, 0.6915, 1)]
)
def test_bounds(yes: int, many: int, low: float, high: float) -> None:
    """The bounds are those in tables of the binomial distribution."""
    assert bounds(yes, many) == pytest.approx((low, high), rel=0.01)


# The file.


def own_table(folder: Path) -> Path:
    """Return the table of an operator's folder; the shipped one if there is none."""
    return ReferenceFolder(folder).table("kinds.csv")


def test_a_written_table_is_read_back(tmp_path: Path, rows: tuple[ClassificationRow, ...]) -> None:
    """The written table has the same rows."""
    write_rows(rows, tmp_path / "kinds.csv")
    assert load_classification_rows(own_table(tmp_path)) == rows


def test_an_operators_own_file_is_used(tmp_path: Path) -> None:
    """The table in the operator's folder is used instead of the shipped one. A given weight alone counts as it is."""
    assert load_classification_rows(own_table(tmp_path)) == load_classification_rows()
    starts = "".join(f"{outcome},-1,,<selalu>\n" for outcome in WEIGHED)
    (tmp_path / "kinds.csv").write_text(f"label,given,weight,phrases\n{starts}unwanted,1.5,,obral|cuci gudang\n")
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
def test_a_wrong_row_is_refused(tmp_path: Path, rows: str) -> None:
    """The error has the line, so that an operator finds the row."""
    (tmp_path / "kinds.csv").write_text(f"label,given,weight,phrases\n{rows}\n")
    with pytest.raises(TableError, match=FAULTS[rows]):
        load_classification_rows(own_table(tmp_path))


@pytest.mark.parametrize("content", [b"kata,bobot\npromo,1\n", b"label,given,weight,phrases\nunwanted,1,,\xff\n"])
def test_a_wrong_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """The error has the name of the file."""
    (tmp_path / "kinds.csv").write_bytes(content)
    with pytest.raises(TableError, match=r"kinds\.csv"):
        load_classification_rows(own_table(tmp_path))
