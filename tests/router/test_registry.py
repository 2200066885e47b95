"""The registry: institutions, their names and successors, and the faults that keep a process from starting."""

import csv
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from config.reference.regions import Regions, load_regions
from config.reference.table_reader import TableError
from config.settings import Settings
from language.words import WordReader
from messages.shapes import Report
from messages.topics import TRIAGE
from router.decide import decide
from router.registry.levels import GOVERNMENT_LEVELS
from router.registry.registry import Registry
from router.registry.registry_faults import registry_faults
from router.registry.units import Unit, UnitIndex
from tests.support.log_capture import captured_log
from tests.support.paths import SHARED
from tests.support.rules import SHIPPED, SMALL, cached_rules, language_of, registry_of, resolver_of, rules_of

Edit = Callable[[list[dict[str, str]]], object]


@pytest.fixture(scope="module")
def registry() -> Registry:
    """A registry of a few agencies."""
    return registry_of(SMALL)


@pytest.fixture(scope="module")
def country() -> Registry:
    """The shipped registry."""
    return registry_of(SHIPPED)


@pytest.fixture(scope="module")
def regions() -> Regions:
    """The regions of the few agencies."""
    return load_regions(SMALL / "few_regions.csv")


def lint(folder: Path, regions: Regions | None = None, expected: Iterable[str] = ()) -> list[str]:
    """Return a line for each fault of a folder's agencies and units, and for each expected name that is not found.

    `regions` need a government each; without them all regions do.
    """
    try:
        registry, resolver = registry_of(folder), resolver_of(folder)
    except TableError as error:
        return str(error).splitlines()
    faults = list(registry_faults(registry, resolver, regions or language_of(folder).regions))
    missing = [name for name in expected if not resolver.resolve(name).institutions]
    return [*faults, *(f"agencies.csv: no row is called {name!r}" for name in missing)]


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def edited(folder: Path, file: str, edit: Edit) -> Path:
    """Return a folder with the few agencies and one changed table."""
    shutil.copytree(SMALL, folder, dirs_exist_ok=True)
    path = folder / file
    rows = rows_of(path)
    edit(rows)
    with path.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folder


def change(code: str, **cells: str) -> Edit:
    """Return an edit of one agency's row."""
    return lambda rows: next(row for row in rows if row["code"] == code).update(cells)


@pytest.mark.parametrize(
    ("file", "edit", "fault"),
    [
        ("agencies.csv", lambda rows: rows[0].update(aliases="pln"), "'pln' already names"),
        ("agencies.csv", lambda rows: rows[0].update(aliases="Kesehatan-RI"), "write 'Kesehatan-RI' as 'kesehatan ri'"),
        ("agencies.csv", lambda rows: rows.pop(), "the row 'triage' is missing"),
        ("agencies.csv", change("kota-3374", parent="provinsi-99"), "parent 'provinsi-99' is not an agency"),
        ("agencies.csv", lambda rows: rows[0].update(kind="kementrian"), "kind 'kementrian' is none of"),
        ("agencies.csv", lambda rows: rows[0].update(name=""), "a code and a name are needed"),
        ("agencies.csv", lambda rows: rows.append({**rows[0], "name": "Lain"}), "code kementerian-kemenkes stands"),
        ("agencies.csv", lambda rows: rows.append(dict(rows[0])), "code kementerian-kemenkes stands 2 times"),
        ("agencies.csv", change("bumn-pln", connected="ya"), "bumn-pln: connected must be yes or no"),
        ("agencies.csv", change("bumn-pln", valid_from="besok"), "bumn-pln: valid_from is no date like 2024-10-21"),
        ("agencies.csv", change("bumn-pln", valid_to="2026-01-01"), "bumn-pln: valid_to without successors"),
        ("agencies.csv", change("bumn-pln", successors="triage"), "bumn-pln: successors without valid_to"),
        (
            "agencies.csv",
            change("kementerian-kemenkumham", valid_from="2025-01-01"),
            "kementerian-kemenkumham: valid_to is not after valid_from",
        ),
        (
            "agencies.csv",
            change("kementerian-kemenkumham", successors="kementerian-x"),
            "successors 'kementerian-x' is not an agency",
        ),
        (
            "agencies.csv",
            change("kementerian-kemenkum", valid_to="2027-01-01", successors="kementerian-kemenkumham"),
            "kementerian-kemenkumham: its successors lead back to it",
        ),
        ("agencies.csv", change("bumn-pln", fallback="bumn-x"), "fallback 'bumn-x' is not an agency"),
        ("agencies.csv", change("bumn-pln", fallback="bumn-pln"), "bumn-pln: its fallback leads back to it"),
        ("units.csv", lambda rows: rows[0].update(institution="kota-0000"), "'kota-0000' is not an agency"),
        ("units.csv", lambda rows: rows[0].update(institution=""), "dinas kesehatan: an institution is needed"),
        ("units.csv", lambda rows: rows[0].update(pattern="dinkes"), "write 'dinkes' as 'dinas kesehatan'"),
        ("units.csv", lambda rows: rows[0].update(pattern=""), "write '' as 'words'"),
        ("units.csv", lambda rows: rows[0].update(pattern="puskesmas"), "'puskesmas' stands twice"),
    ],
)
def test_a_faulty_table_names_its_fault(tmp_path: Path, file: str, edit: Edit, fault: str) -> None:
    """It is not used for routing. The text names the row and the remedy."""
    folder = edited(tmp_path, file, edit)
    with pytest.raises(TableError) as caught:
        registry_of(folder)
    assert fault in str(caught.value)
    assert [line for line in lint(folder) if fault in line]


@pytest.mark.parametrize("file", ["agencies.csv", "units.csv"])
@pytest.mark.parametrize(
    "content", [b"", b"code,kind\nx,y\n", b"\xff\xfe", b'code,kind,name\n"open', b"code,kind\nx\n"]
)
def test_a_file_that_is_no_table_is_named(tmp_path: Path, file: str, content: bytes) -> None:
    """Any bytes instead of a table give an error that names the file."""
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    (tmp_path / file).write_bytes(content)
    with pytest.raises(TableError, match=file):
        registry_of(tmp_path)
    assert file in lint(tmp_path)[0]


def test_a_folder_without_agencies_is_named(tmp_path: Path) -> None:
    """The shipped list of agencies never replaces the operator's own."""
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    (tmp_path / "agencies.csv").unlink()
    with pytest.raises(TableError, match="agencies"):
        registry_of(tmp_path)


def test_a_folder_of_agencies_alone_is_complete(tmp_path: Path) -> None:
    """Shipped tables are read beside the operator's agencies. Rows of agencies that the folder lacks are left out."""
    shutil.copyfile(SMALL / "agencies.csv", tmp_path / "agencies.csv")
    with captured_log() as log:
        rules = rules_of(tmp_path)
    institutions = rules.registry.institutions.keys() | GOVERNMENT_LEVELS
    named = {code for unit in rules.registry.units.all for code in unit.institutions}
    named |= {code for row in rules.competence.rows for code in (row.institution, *row.then)}
    assert named <= institutions
    assert rules.registry.units.all
    assert decide(Report(text="Kemenkes tolong"), rules).agency == "kementerian-kemenkes"
    left_out = {event["table"]: event["rows"] for event in log.lines if event["event"] == "tables.rows_left_out"}
    assert left_out.keys() == {"units.csv", "competence.csv", "topics.csv"}
    assert min(left_out.values()) > 0


def test_an_edited_table_must_name_known_agencies(tmp_path: Path) -> None:
    """In a table of the operator's own, a row that names an unknown agency stays an error."""
    shutil.copyfile(SMALL / "agencies.csv", tmp_path / "agencies.csv")
    shutil.copyfile(SHIPPED / "units.csv", tmp_path / "units.csv")
    with pytest.raises(TableError, match=r"units\.csv: .* is not an agency in agencies\.csv"):
        registry_of(tmp_path)


def test_a_row_with_too_few_cells_is_named(tmp_path: Path) -> None:
    """The error has the line, which an editor shows."""
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    with (tmp_path / "units.csv").open("a") as table:
        table.write("dinas sosial,@place\n")
    with pytest.raises(TableError, match=r"units\.csv: line \d+ has not as many cells"):
        registry_of(tmp_path)


def test_a_former_institution_has_successors_and_no_queue(registry: Registry, settings: Settings) -> None:
    """A former ministry has a name, but no topic is created for it."""
    assert registry.current_institutions("kementerian-kemenkumham") == (
        "kementerian-kemenkum",
        "kementerian-kemenimipas",
    )
    assert registry.current_institutions("kementerian-kemenkes") == ("kementerian-kemenkes",)
    assert registry.current_institutions("kementerian-x") == ()
    assert registry.name_of("kementerian-kemenkumham") == "Kementerian Hukum dan Hak Asasi Manusia"
    parts = Parts(settings.model_copy(update={"reference_folder": SMALL}), CHANNELS, system_surroundings())
    queues = {topic.name for topic in parts.topics}
    assert "agency-kementerian-kemenkum" in queues
    assert "agency-kementerian-kemenkumham" not in queues | set(parts.queues)


def test_successors_are_followed_to_the_end(tmp_path: Path) -> None:
    """The successors of a former successor are used, each once."""
    edit = change("kementerian-kemenkum", valid_to="2027-01-01", successors="bumn-pln|kementerian-kemenimipas")
    changed = registry_of(edited(tmp_path, "agencies.csv", edit))
    assert changed.current_institutions("kementerian-kemenkumham") == ("bumn-pln", "kementerian-kemenimipas")
    assert changed.receiving_agency("kementerian-kemenkumham") == "bumn-pln"


def test_a_former_name_means_the_only_successor(tmp_path: Path) -> None:
    """With several successors the topic decides."""
    edit = change("kementerian-kemenkumham", successors="kementerian-kemenkum")
    changed = registry_of(edited(tmp_path, "agencies.csv", edit))
    assert [name.meaning.code for name in changed.name_index.find_phrases("Menkumham dan Kemenkumham")] == [
        "kementerian-kemenkum"
    ]
    former_codes = [name.meaning.code for name in registry_of(SMALL).name_index.find_phrases("ke Kemenkumham")]
    assert former_codes == ["kementerian-kemenkumham"]


@pytest.mark.parametrize(
    ("edits", "queue"),
    [
        ({}, "kota-3374"),
        ({"kota-3374": {"connected": "no"}}, "provinsi-33"),
        ({"kota-3374": {"connected": "no", "fallback": "bumn-pln"}}, "bumn-pln"),
        ({"kota-3374": {"connected": "no"}, "provinsi-33": {"connected": "no"}}, TRIAGE),
        (
            {"kota-3374": {"connected": "no"}, "provinsi-33": {"connected": "no", "fallback": "provinsi-34"}},
            "provinsi-34",
        ),
    ],
)
def test_another_agency_receives_for_an_unconnected_one(
    tmp_path: Path, edits: dict[str, dict[str, str]], queue: str
) -> None:
    """Its fallback, else its province, else triage."""

    def edit(rows: list[dict[str, str]]) -> None:
        for code, cells in edits.items():
            change(code, **cells)(rows)

    changed = registry_of(edited(tmp_path, "agencies.csv", edit))
    assert changed.receiving_agency("kota-3374") == queue
    assert changed.find_receiving_agency("kota-3374") == (None if queue == TRIAGE else queue)
    assert changed.receiving_agency("kota-9999") == TRIAGE


def test_institutions_with_one_receiving_agency_count_as_one(tmp_path: Path) -> None:
    """The probability that the report is theirs is not split between city and regency if a province receives both."""
    report = Report(text="banjir di Semarang")
    separate = decide(report, cached_rules(SMALL))
    assert (separate.agency, "kabupaten-3322" in separate.alternatives) == ("kota-3374", True)

    def disconnect(rows: list[dict[str, str]]) -> None:
        for code in ("kota-3374", "kabupaten-3322"):
            change(code, connected="no")(rows)

    joint = decide(report, rules_of(edited(tmp_path, "agencies.csv", disconnect)))
    assert joint.agency == "provinsi-33"
    assert joint.confidence > separate.confidence
    assert not {"provinsi-33", "kota-3374", "kabupaten-3322"}.intersection(joint.alternatives)
    assert "unconnected" in {reason.rule for reason in joint.reasons}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dinkes dan puskesmas tutup", [("dinas kesehatan", "Dinkes"), ("puskesmas", "puskesmas")]),
        ("di SMA Negeri itu", [("sma negeri", "SMA Negeri")]),
        ("kedinasan, dinas terkait", [("dinas", "dinas")]),
        ("sma nomor 4 dan sma 4", [("sma", "sma 4")]),
        ("sma 08123456789", []),
        ("", []),
    ],
)
def test_units_are_found_at_their_position(text: str, expected: list[tuple[str, str]]) -> None:
    """The longest unit at each word is found, also in slang; the span is its position in the text."""
    words = WordReader({"dinkes": "dinas kesehatan"})
    patterns = ["dinas kesehatan", "puskesmas", "sma negeri", "sma #"]
    units = UnitIndex(
        [
            *(Unit(pattern.removesuffix(" #"), pattern, (TRIAGE,), "", is_open=False) for pattern in patterns),
            *_open("dinas"),
        ]
    )
    words_read = words.read_words(text)
    mentions = units.find(words_read)
    assert [(mention.unit.name, text[mention.start : mention.end]) for mention in mentions] == expected
    assert all(
        (words_read[mention.first].start, words_read[mention.last - 1].end) == (mention.start, mention.end)
        for mention in mentions
    )


def _open(pattern: str) -> list[Unit]:
    return [Unit(pattern, pattern, ("@place",), "", is_open=True)]


def test_a_nationwide_unit_names_its_institution(country: Registry) -> None:
    """A unit of one institution everywhere is a name of the institution."""
    named_codes = [
        (match.words, match.meaning.code) for match in country.name_index.find_phrases("Polsek dan dinas, kampus, RSUD")
    ]
    assert named_codes == [("Polsek", "lembaga-polri")]


def test_the_country_is_complete(country: Registry) -> None:
    """Every province, city and regency, the ministries and bodies, and triage."""
    kinds = [agency.kind for agency in country.agencies.values()]
    counts = {kind: kinds.count(kind) for kind in set(kinds)}
    # Jakarta's five cities and one regency are administrative: they belong to the province.
    assert (counts["provinsi"], counts["kota"], counts["kabupaten"]) == (38, 98 - 5, 416 - 1)
    assert counts["kementerian"] >= 48
    assert counts["lembaga"] >= 32
    assert TRIAGE in country.agencies


def test_every_official_region_is_in_the_registry(country: Registry) -> None:
    """Codes and names are those of the official list, each with its own queue."""
    path = SHARED / "regions" / "regions.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    official_names = {row["code"]: row["name"] for row in rows_of(path) if row["code"].count(".") <= 1}
    registry_names = {agency.region: agency.name for agency in country.agencies.values() if agency.region}
    jakarta = {code for code in official_names if code.startswith("31.")}
    assert set(official_names) - jakarta == set(registry_names)
    for code, name in registry_names.items():
        if "." in code:
            assert name.split()[0].lower() in {"kota", "kabupaten"}
            assert official_names[code].lower() == name.lower()


def test_every_ministry_and_body_is_in_the_registry(country: Registry) -> None:
    """The slugs of the official list; former ones have successors."""
    path = SHARED / "agencies" / "ministries_and_bodies_2025.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    slugs = {row["slug"].removeprefix("kementerian-") for row in rows_of(path)}
    assert slugs <= {
        code.split("-", 1)[-1] for code in country.institutions if code.startswith(("kementerian-", "lembaga-"))
    }


@pytest.mark.slow
def test_the_shipped_tables_have_no_fault() -> None:
    """Names are reachable, regions have a government, nothing stands twice, and all expected institutions exist."""
    lists = [("ministries_and_bodies_2025.csv", "nama"), ("state_bodies_treasury.csv", "nmdept")]
    paths = [(SHARED / "agencies" / file, column) for file, column in lists]
    expected = [row[column] for path, column in paths if path.exists() for row in rows_of(path)]
    # A budget, and the name that every region's parliament begins with.
    not_institutions = {"BAGIAN ANGGARAN BENDAHARA UMUM NEGARA", "DEWAN PERWAKILAN RAKYAT"}
    assert lint(SHIPPED, expected=[name for name in expected if name not in not_institutions]) == []


def test_tables_without_fault_have_no_line(regions: Regions) -> None:
    """The few agencies have no fault."""
    assert lint(SMALL, regions, ["Kementerian Kesehatan"]) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "edit", "fault"),
    [
        ("agencies.csv", lambda rows: rows.remove(rows[7]), "34.04 Kabupaten Sleman has no row"),
        ("agencies.csv", change("kabupaten-3404", region="34.99"), "34.99 is no region with a government"),
        (
            "agencies.csv",
            change("kabupaten-3404", region=""),
            "kabupaten-3404: write the code of the region that it governs",
        ),
        ("agencies.csv", change("bumn-pln", aliases="pt pln"), "bumn-pln: 'pt pln' is said already"),
        ("agencies.csv", change("bumn-pln", aliases="si terang|si terang"), "'si terang' is said already"),
        ("agencies.csv", change("bumn-pln", connected="no"), "bumn-pln: not connected, and without a fallback"),
        (
            "agencies.csv",
            change("kementerian-kemenkumham", connected="yes"),
            "kementerian-kemenkumham: is no more, and yet connected",
        ),
        (
            "agencies.csv",
            change("kementerian-kemenkes", aliases="puskesmas"),
            "kementerian-kemenkes: 'puskesmas' is never found; it leads to nobody",
        ),
        (
            "agencies.csv",
            change("provinsi-33", aliases="pemda semarang"),
            "provinsi-33: 'pemda semarang' is never found; it leads to kota-3374|kabupaten-3322",
        ),
    ],
)
def test_each_minor_fault_has_a_line(tmp_path: Path, regions: Regions, file: str, edit: Edit, fault: str) -> None:
    """A fault that does not keep the tables from being used has its own line."""
    lines = lint(edited(tmp_path, file, edit), regions)
    assert [line for line in lines if fault in line]


def test_a_missing_institution_has_a_line(regions: Regions) -> None:
    """The names are compared with a list of expected institutions."""
    assert lint(SMALL, regions, ["Badan Gizi Nasional"]) == ["agencies.csv: no row is called 'Badan Gizi Nasional'"]
