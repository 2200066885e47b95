"""The Jinja environment of the pages: templates, translation, local times, and the nonce of the security headers."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from config.time_zones import TimeZone, time_zone
from pages.headers import nonce
from pages.language import language_links
from pages.local_times import day_in_words, local_date, local_time
from pages.translation.message import message as _
from pages.translation.translator import Translator, install_translation
from pages.wording.cases import KINDS, REPORT_STATES

# Folder of the frames that all pages extend.
BASE = Path(__file__).parent / "templates"
# Remark on a deadline in a year whose joint leave is not decreed yet.
_PROVISIONAL = _("sementara")


def page_environment(
    folders: Sequence[Path],
    translator: Translator,
    is_provisional: Callable[[datetime, TimeZone], bool],
    *,
    is_training: bool = False,
) -> Environment:
    """Return an environment that finds templates in these folders and in that of the frames.

    `is_provisional` returns True for a deadline that a decree may still move. `is_training`: each page says that
    nothing on it is real.

    Filters: `local_time` and `local_date` of a moment, with the code of a region (`{{ at|local_time("51") }}`; WIB
    without one), `due_time` and `due_date` of a deadline, which say if it is provisional, and `translated` for texts
    from Python modules. Functions: `nonce`, `language`, `language_links`. Words: `kind_names`, `report_states`.
    """
    environment = bare_environment([BASE, *folders], translator)
    environment.filters["local_time"] = local_time
    environment.filters["local_date"] = local_date
    environment.filters["day"] = day_in_words

    def with_remark(shown: str, due_at: datetime, region_code: str) -> str:
        if not is_provisional(due_at, time_zone(region_code)):
            return shown
        return f"{shown} ({translator.translate(_PROVISIONAL)})"

    def due_time(due_at: datetime, region_code: str = "") -> str:
        return with_remark(local_time(due_at, region_code), due_at, region_code)

    def due_date(due_at: datetime, region_code: str = "") -> str:
        return with_remark(local_date(due_at, region_code), due_at, region_code)

    environment.filters["due_time"] = due_time
    environment.filters["due_date"] = due_date
    environment.globals["kind_names"] = KINDS
    environment.globals["report_states"] = REPORT_STATES
    environment.globals["is_training"] = is_training
    return environment


def bare_environment(folders: Sequence[Path], translator: Translator) -> Environment:
    """Return an environment of pages with a frame of their own: with translation and the nonce alone."""
    environment = Environment(loader=FileSystemLoader(folders), autoescape=True)
    install_translation(environment, translator)
    environment.globals["nonce"] = nonce
    environment.globals["language_links"] = language_links
    return environment
