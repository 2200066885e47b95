"""Topics of a report and who is competent for them."""

import shutil
from pathlib import Path

import pytest

from config.reference.slang import load_slang
from config.reference.table_reader import TableError
from language.words import WordReader
from router.evidence.competence import load_competence
from router.evidence.evidence import KINDS, Evidence
from router.evidence.topics import Topics, load_topics
from router.scoring import Weights, load_weights, weigh
from tests.support.rules import SMALL, rules_of

WORDS = WordReader(load_slang())
HEAD = "topic,category,weight,words,unless\n"


def read(tmp_path: Path, rows: str) -> Topics:
    """The topics of some rows."""
    path = tmp_path / "topics.csv"
    path.write_text(HEAD + rows)
    return load_topics(path, WORDS)


def found(topics: Topics, text: str) -> dict[str, float]:
    """Topics with their scores."""
    return {topic.name: topic.score for topic in topics.find([word.normal for word in WORDS.of(text)])}


ROWS = """\
air,PU,2,pdam|air ~ mati,hewan mati
air,PU,0.5,air,
banjir,PU,2,air ~ masuk ~ rumah,
paspor,IMIGRASI,3,paspor,
jalan,PU,2,jalan rusak,
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
def test_what_words_speak_of(tmp_path: Path, text: str, scores: dict[str, float]) -> None:
    """Weights add up, further phrases tell half, parts may stand apart, and what is denied or barred says nothing."""
    assert found(read(tmp_path, ROWS), text) == scores


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("air,PU,much,pdam,\n", "line 2: weight 'much' is no number"),
        ("air,PU,nan,pdam,\n", "line 2: weight 'nan' is no number"),
        ("air,PU,1,,\n", "line 2: a topic and at least one phrase"),
        ("air,PU,1,!!!,\n", "has no words"),
        ("air,PU,1\n", "not as many cells"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, rows: str, says: str) -> None:
    """The error says where and what."""
    with pytest.raises(TableError, match=says):
        read(tmp_path, rows)


COMPETENCE = """\
id,topic,where,institution,then,basis,example
jakarta-jalan,jalan,31,provinsi-31,,UU 2/2024,contoh
jalan,jalan,,@regency,@province|kementerian-kemenpu,UU 38/2004,contoh
"""


def test_the_first_row_that_holds_speaks(tmp_path: Path) -> None:
    """A row for some regions before the one for all; without a place the one for all."""
    path = tmp_path / "competence.csv"
    path.write_text(COMPETENCE)
    table = load_competence(path)
    assert [row.id for row in (table.of("jalan", at) for at in ("31.74", "33.74", "")) if row] == [
        "jakarta-jalan",
        "jalan",
        "jalan",
    ]
    assert table.of("paspor", "") is None


def test_a_row_without_basis_is_refused(tmp_path: Path) -> None:
    """Every row says by what law, and shows an example."""
    path = tmp_path / "competence.csv"
    path.write_text("id,topic,where,institution,then,basis,example\na,b,,c,,,\na,b,,c,,d,e\n")
    with pytest.raises(TableError, match=r"a: topic, institution, basis and example.*\n.*an id of its own"):
        load_competence(path)


@pytest.mark.parametrize(
    ("weight", "enough", "says"),
    [
        ("nan", "0.5", "matter: a weight lies between"),
        ("1000", "0.5", "matter: a weight lies between"),
        ("-1", "0.5", "matter: a weight lies between"),
        ("1", "50", "enough is .*; write a probability"),
        ("1", "nan", "enough is .*; write a probability"),
        ("much", "0.5", "could not convert"),
    ],
)
def test_weights_that_would_decide_nothing_are_refused(tmp_path: Path, weight: str, enough: str, says: str) -> None:
    """Sums of them stay numbers, and what is enough can be reached."""
    rows = [("sign", "weight"), *((kind, "1") for kind in KINDS if kind != "matter"), ("matter", weight)]
    path = tmp_path / "doors.csv"
    path.write_text("".join(f"{sign},{cell}\n" for sign, cell in (*rows, ("enough", enough))))
    with pytest.raises(TableError, match=says):
        load_weights(path)


def test_much_evidence_of_great_weight_is_still_a_probability() -> None:
    """Weights as large as they may be, and strong topics: one door is sure, the others have what is left."""
    weights = Weights(dict.fromkeys(KINDS, 20.0), 0.5)
    signs = [Evidence("bumn-pln", kind, 5.0, str(topic), "") for kind in KINDS for topic in range(6)]
    first, second = weigh([*signs, Evidence("bumn-pos-indonesia", "matter", 5.0, "pos", "")], weights)
    assert (first.institution, first.chance, second.chance) == ("bumn-pln", 1.0, 0.0)


@pytest.mark.parametrize(
    ("name", "row", "says"),
    [
        ("landmarks.csv", "gedung tua,tempat,33.74,bumn-tiada\n", "landmarks.csv: operator 'bumn-tiada' is not"),
        ("competence.csv", "x,paspor,99,bumn-pln,,UU,contoh\n", "competence.csv: x: 99 is no region"),
    ],
)
def test_what_leads_nowhere_is_named(tmp_path: Path, name: str, row: str, says: str) -> None:
    """An operator or a region that nobody knows would be passed over in silence."""
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    with (tmp_path / name).open("a") as table:
        table.write(row)
    with pytest.raises(TableError, match=says):
        rules_of(tmp_path)
