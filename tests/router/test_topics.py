"""Topics of a report and the institutions competent for them."""

import shutil
from pathlib import Path

import pytest

from config.reference.slang import load_slang
from config.reference.table_reader import TableError
from language.words import WordReader
from pages.wording.cases import topic_label
from router.evidence.competence import load_competence
from router.evidence.evidence import EVIDENCE_KINDS, Evidence
from router.evidence.topics import Topics, load_topic_names, load_topics
from router.scoring import Weights, load_weights, rank_candidates
from tests.support.paths import SHIPPED_TABLES
from tests.support.rules import SMALL, rules_of

WORDS = WordReader(load_slang())
HEAD = "topic,name,category,weight,words,unless\n"


def topics_of(tmp_path: Path, rows: str) -> Topics:
    """Return the topics of some rows."""
    path = tmp_path / "topics.csv"
    path.write_text(HEAD + rows)
    return load_topics(path, WORDS)


def scores_of(topics: Topics, text: str) -> dict[str, float]:
    """Return the scores of the topics in a text."""
    return {topic.name: topic.score for topic in topics.find([word.normal for word in WORDS.read_words(text)])}


ROWS = """\
air,Air PDAM,PU,2,pdam|air ~ mati,hewan mati
air,,PU,0.5,air,
banjir,Banjir,PU,2,air ~ masuk ~ rumah,
paspor,Paspor,IMIGRASI,3,paspor,
jalan,Jalan,PU,2,jalan rusak,
"""


@pytest.mark.parametrize(
    ("text", "scores"),
    [
        ("air di rumah saya sudah mati", {"air": 2.25}),
        ("mati airnya", {"air": 2.25}),
        ("rumah kami kemasukan; masuk lagi airnya", {"banjir": 2.0, "air": 0.5}),
        ("jln rsk", {"jalan": 2.0}),
        ("jln rusak, paspornya hilang", {"paspor": 3.0, "jalan": 2.0}),
        ("PDAM PDAM pdam", {"air": 2.0}),
        ("air satu dua tiga empat lima enam tujuh mati", {"air": 0.5}),
        ("air keruh karena hewan mati", {"air": 0.5}),
        ("bukan soal paspor", {}),
        ("selain paspor", {}),
    ],
)
def test_scores_of_topics(tmp_path: Path, text: str, scores: dict[str, float]) -> None:
    """Weights add up, repetitions count half, parts may stand apart, and negated or excluded phrases do not count."""
    assert scores_of(topics_of(tmp_path, ROWS), text) == scores


def test_a_barred_phrase_hides_no_shorter_one(tmp_path: Path) -> None:
    """A longer phrase whose rows do not count leaves its words to shorter phrases and to parts of phrases."""
    rows = (
        "paspor,Paspor,IMIGRASI,3,paspor baru|paspor baru ~ antre,lewat kantor pos\n"
        "paspor,,IMIGRASI,1,paspor|paspor ~ antre,\n"
    )
    topics = topics_of(tmp_path, rows)
    assert scores_of(topics, "paspor baru, harus antre") == {"paspor": 4.5}
    assert scores_of(topics, "paspor baru, harus antre, lewat kantor pos") == {"paspor": 1.5}


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("air,Air,PU,much,pdam,\n", "line 2: weight 'much' is no number"),
        ("air,Air,PU,nan,pdam,\n", "line 2: weight 'nan' is no number"),
        ("air,Air,PU,1,,\n", "line 2: a topic and at least one phrase"),
        ("air,Air,PU,1,!!!,\n", "has no words"),
        ("air,Air,PU,1\n", "not as many cells"),
        ("air, ,PU,1,pdam,\nair,,PU,1,ledeng,\n", "air: no row has its name; write it into its first row"),
        ("air,Air,PU,1,pdam,\nair,Air,PU,1,ledeng,\n", "line 3: air has the name 'Air' already; leave one"),
        ("air,Air,PU,1,pdam,\nledeng,AIR,PU,1,ledeng,\n", "line 3: air and ledeng have the same name 'AIR'"),
    ],
)
def test_a_faulty_row_is_named(tmp_path: Path, rows: str, fault: str) -> None:
    """The error has the line and the fault."""
    with pytest.raises(TableError, match=fault):
        topics_of(tmp_path, rows)


def test_names_of_topics(tmp_path: Path) -> None:
    """Each topic has the one name of its rows; the names are in their order, and stand for the ids on pages."""
    topics_of(tmp_path, ROWS)
    names = load_topic_names(tmp_path / "topics.csv")
    assert list(names.items()) == [("air", "Air PDAM"), ("banjir", "Banjir"), ("jalan", "Jalan"), ("paspor", "Paspor")]
    assert [topic_label(names, topic) for topic in ("air", "tidak-ada-lagi", "")] == ["Air PDAM", "Tidak ada lagi", ""]


def test_shipped_names_are_those_of_people() -> None:
    """The shipped table has the abbreviations and names that people say."""
    names = load_topic_names(SHIPPED_TABLES / "topics.csv")
    said = {"bank-bni": "Bank BNI", "ktp": "KTP", "bahan-bakar": "BBM dan SPBU", "nik": "NIK"}
    assert {topic: names[topic] for topic in said} == said


COMPETENCE = """\
id,topic,where,institution,then,basis,example
jakarta-jalan,jalan,31,provinsi-31,,UU 2/2024,contoh
jalan,jalan,,@regency,@province|kementerian-kemenpu,UU 38/2004,contoh
"""


def test_the_first_row_that_applies_decides(tmp_path: Path) -> None:
    """A row for some regions stands before the row for all. Without a place the row for all decides."""
    path = tmp_path / "competence.csv"
    path.write_text(COMPETENCE)
    table = load_competence(path)
    assert [row.id for row in (table.find("jalan", region) for region in ("31.74", "33.74", "")) if row] == [
        "jakarta-jalan",
        "jalan",
        "jalan",
    ]
    assert table.find("paspor", "") is None


def test_a_row_without_law_or_example_is_refused(tmp_path: Path) -> None:
    """Every row has a law and an example."""
    path = tmp_path / "competence.csv"
    path.write_text("id,topic,where,institution,then,basis,example\na,b,,c,,,\na,b,,c,,d,e\n")
    with pytest.raises(TableError, match=r"a: topic, institution, basis and example.*\n.*an id of its own"):
        load_competence(path)


@pytest.mark.parametrize(
    ("weight", "threshold", "fault"),
    [
        ("nan", "0.5", "matter: a weight lies between"),
        ("1000", "0.5", "matter: a weight lies between"),
        ("-1", "0.5", "matter: a weight lies between"),
        ("1", "50", "threshold is .*; write a probability"),
        ("1", "nan", "threshold is .*; write a probability"),
        ("much", "0.5", "could not convert"),
    ],
)
def test_useless_weights_are_refused(tmp_path: Path, weight: str, threshold: str, fault: str) -> None:
    """Sums of weights stay finite, and the threshold can be reached."""
    rows = [("evidence", "weight"), *((kind, "1") for kind in EVIDENCE_KINDS if kind != "matter"), ("matter", weight)]
    path = tmp_path / "evidence_weights.csv"
    path.write_text("".join(f"{kind},{cell}\n" for kind, cell in (*rows, ("threshold", threshold))))
    with pytest.raises(TableError, match=fault):
        load_weights(path)


def test_likelihoods_with_the_largest_weights() -> None:
    """With the largest weights and strong topics the likelihoods are still probabilities."""
    weights = Weights(dict.fromkeys(EVIDENCE_KINDS, 20.0), 0.5)
    evidence = [Evidence("bumn-pln", kind, 5.0, str(topic), "") for kind in EVIDENCE_KINDS for topic in range(6)]
    first, second = rank_candidates([*evidence, Evidence("bumn-pos-indonesia", "matter", 5.0, "pos", "")], weights)
    assert (first.institution, first.likelihood, second.likelihood) == ("bumn-pln", 1.0, 0.0)


@pytest.mark.parametrize(
    ("name", "row", "fault"),
    [
        ("landmarks.csv", "gedung tua,tempat,33.74,bumn-tiada\n", "landmarks.csv: operator 'bumn-tiada' is not"),
        ("competence.csv", "x,paspor,99,bumn-pln,,UU,contoh\n", "competence.csv: x: 99 is no region"),
    ],
)
def test_unknown_references_are_named(tmp_path: Path, name: str, row: str, fault: str) -> None:
    """An unknown operator or region would otherwise be ignored."""
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    with (tmp_path / name).open("a") as table:
        table.write(row)
    with pytest.raises(TableError, match=fault):
        rules_of(tmp_path)
