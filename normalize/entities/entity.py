"""An entity in a text: its kind, its canonical value and its span."""

from enum import StrEnum
from typing import NamedTuple


class EntityKind(StrEnum):
    """Kinds of entities. The canonical value is words in lower case unless the comment states another form."""

    STREET = "street"  # without jalan: `sudirman`, `candi sukuh 3`
    ALLEY = "alley"  # gang: `nusa indah`, `3`
    KM = "km"  # a marker beside a road: `12.5`
    RT = "rt"  # digits
    RW = "rw"  # digits
    BLOCK = "block"  # `c2`
    HOUSE = "house"  # `12a`
    HAMLET = "hamlet"  # dusun, lingkungan, kampung
    VILLAGE = "village"  # desa, kelurahan, nagari, gampong
    DISTRICT = "district"  # official dotted code; several possible codes are joined by `|`; words if no code is known
    CITY = "city"  # city or regency: a code or several
    PROVINCE = "province"  # a code; several if the same name is a city's
    AREA = "area"  # a bare district's name: its codes, or words where it cannot be that district
    LANDMARK = "landmark"  # type and name: `puskesmas tebet`, `sd 3 menteng`
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
    TRACKING = "tracking"  # our tracking number, as `XXXX-XXXX-XXXX`
    REFERENCE = "reference"  # of a ticket, parcel, policy, registration: `ea123456785id`
    NUMBER = "number"  # nine digits or more of unknown kind
    MASKED = "masked"  # a number with masked digits: `kpj 1*455`; cannot be compared for equality
    DATE = "date"  # `2017-03-12`, `2017-03`, `2017`, `--03-12`, `--03`, `---12`
    WHEN = "when"  # relative to the day of writing: `kemarin`, `senin`
    TIME = "time"  # `08:30`
    AMOUNT = "amount"  # rupiah
    MEASURE = "measure"  # number and unit: `3 hari`
    NAME = "name"  # the person who wrote the text or whom it is about
    MENTION = "mention"  # a person called pak or bu: mostly an addressee


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
    """`text[start:end]` is the entity. Its `repr` hides a personal value, so that no error or log contains one."""

    kind: EntityKind
    value: str
    start: int
    end: int

    @property
    def personal(self) -> bool:
        """Return whether the value may lead to a person."""
        return self.kind in PERSONAL

    def __repr__(self) -> str:
        """Return `Entity(street, 'sudirman', 3, 16)`; for a personal entity `***` instead of the value."""
        value = "***" if self.personal else self.value
        return f"Entity({self.kind}, {value!r}, {self.start}, {self.end})"
