"""What was found in a text: its kind, its canonical value and where it stands."""

from enum import StrEnum
from typing import NamedTuple


class EntityKind(StrEnum):
    """What a finding is. The canonical value of each is words in lower case unless said."""

    STREET = "street"  # without jalan: `sudirman`, `candi sukuh 3`
    ALLEY = "alley"  # gang: `nusa indah`, `3`
    KM = "km"  # a marker beside a road: `12.5`
    RT = "rt"  # digits
    RW = "rw"  # digits
    BLOCK = "block"  # `c2`
    HOUSE = "house"  # `12a`
    HAMLET = "hamlet"  # dusun, lingkungan, kampung
    VILLAGE = "village"  # desa, kelurahan, nagari, gampong
    DISTRICT = "district"  # official dotted code; several that it may be are joined by `|`; words if none is known
    CITY = "city"  # city or regency: a code or several
    PROVINCE = "province"  # a code; several if the same name is a city's
    AREA = "area"  # a district's name without anything that says so: its codes, or words if it can't be that district
    LANDMARK = "landmark"  # sort and name: `puskesmas tebet`, `sd 3 menteng`
    UNIT = "unit"  # an office: `dinas perhubungan`, `polsek cileungsi`
    BRANCH = "branch"  # of an institution: `bekasi cikarang`
    NIK = "nik"  # 16 digits
    KK = "kk"  # 16 digits
    BPJS = "bpjs"  # 13 digits
    KPJ = "kpj"  # 11 digits: participant of BPJS Ketenagakerjaan
    NPWP = "npwp"  # 15 or 16 digits
    IDPEL = "idpel"  # customer of PLN: 11 or 12 digits
    METER = "meter"  # 11 or 12 digits
    ACCOUNT = "account"  # digits
    PHONE = "phone"  # `+62…`
    EMAIL = "email"
    URL = "url"  # without scheme and www
    PLATE = "plate"  # `B1234XYZ`
    TRACKING = "tracking"  # a number of ours, as `XXXX-XXXX-XXXX`
    REFERENCE = "reference"  # of a ticket, parcel, policy, registration: `ea123456785id`
    NUMBER = "number"  # nine digits or more whose kind nothing tells
    MASKED = "masked"  # a number that hides its middle: `kpj 1*455`; neither equal to another nor different
    DATE = "date"  # `2017-03-12`, `2017-03`, `2017`, `--03-12`, `--03`, `---12`
    WHEN = "when"  # relative to when it was written: `kemarin`, `senin`
    TIME = "time"  # `08:30`
    AMOUNT = "amount"  # rupiah
    MEASURE = "measure"  # number and unit: `3 hari`
    NAME = "name"  # a person whom the text is about, or who wrote it
    MENTION = "mention"  # a person called pak, bu: mostly whom the text is addressed to


# Values that stand for one person, thing or case.
IDENTIFIERS = frozenset(
    (
        EntityKind.NIK,
        EntityKind.KK,
        EntityKind.BPJS,
        EntityKind.KPJ,
        EntityKind.NPWP,
        EntityKind.IDPEL,
        EntityKind.METER,
        EntityKind.ACCOUNT,
        EntityKind.PHONE,
        EntityKind.EMAIL,
        EntityKind.PLATE,
        EntityKind.TRACKING,
        EntityKind.REFERENCE,
        EntityKind.NUMBER,
    )
)
# Values that may lead to a person.
PERSONAL = IDENTIFIERS | {EntityKind.HOUSE, EntityKind.MASKED, EntityKind.NAME, EntityKind.MENTION}


class Entity(NamedTuple):
    """`text[start:end]` says it. Its `repr` hides a personal value, so that no error or log shows one."""

    kind: EntityKind
    value: str
    start: int
    end: int

    @property
    def personal(self) -> bool:
        """Whether the value may lead to a person."""
        return self.kind in PERSONAL

    def __repr__(self) -> str:
        """`Entity(street, 'sudirman', 3, 16)`; of a personal one only kind and place."""
        value = "***" if self.personal else self.value
        return f"Entity({self.kind}, {value!r}, {self.start}, {self.end})"
