"""A service with data folder, archive, back-up and a restored system, and the end of a person's data in all of them."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import requests
from sqlalchemy import delete, update
from sqlmodel import col

from app.assembly.channels import CHANNELS
from app.assembly.doors.public_view import public_read_model
from app.assembly.parts import Parts
from app.assembly.safekeeping.archive import archive, code_version
from app.assembly.safekeeping.forgetting import forgetting, forgetting_requests
from app.assembly.safekeeping.restore import restore
from app.clock import utc_now
from app.operations.backup.backup import write_backup
from app.operations.forgetting.forgetting import GRACE
from app.surroundings import system_surroundings
from bus.local.bus import LocalBus
from cases.clocks.public_day import public_day
from config.database import write_transaction
from messages.topics import FORGOTTEN, RETENTION_DAYS
from sinks.archive.durable_files import DurableFiles
from sinks.public.tables import PublicReport
from tests.app.restore.life import settings_of
from tests.app.restore.test_restore import process_everything
from tests.bus.kafka.filling import Filler
from tests.end_to_end.canary import places
from tests.end_to_end.canary.life import Life
from tests.end_to_end.canary.providers import Providers
from tests.support import program
from tests.support.databases import Databases
from tests.support.service import RunningService
from tests.support.waiting import wait_for

_SECRET = "one secret for the canary and what is restored"
_RATES = ",".join(f"{name}=100000/minute" for name in ("requests", "status", "web", "follow-up"))
_WHO = ("--actor", "petugas-1", "--why", "permintaan tertulis")


class System:
    """All parts of a system at one place. `database_url` and `bootstrap` are empty for the embedded ones."""

    def __init__(self, folder: Path, providers: Providers, bootstrap: str = "", database_url: str = "") -> None:
        self._folder = folder
        self._home, self._archive, self._backup = (folder / name for name in ("home", "archive", "backup"))
        self._home.mkdir()
        # Kafka and PostgreSQL have back-ups of their own.
        self.has_backup = not bootstrap
        database = {"database_url": database_url} if database_url else {}
        self.service = RunningService(
            self._home, bootstrap, secret_key=_SECRET, public_view="true", public_figures="true",
            operator_name="Dinas Contoh", log_level="info", log_format="json", audit_minutes="0", rates=_RATES,
            **providers.settings, **database,
        )  # fmt: skip
        self.parts: Parts = self.service.parts

    def end_day(self) -> None:
        """Let everybody read what is public from tomorrow on."""
        public_read_model(self.parts).follow_decisions(self.parts.engine)
        today = public_day(utc_now())
        with write_transaction(self.parts.engine) as connection:
            connection.execute(delete(PublicReport).where(col(PublicReport.shown_from) <= today))
            connection.execute(update(PublicReport).values(shown_from=today, published_on=today, changed_on=today))

    def save(self) -> None:
        """Bring the archive up to date, and write a new back-up while the service runs."""
        archive(self.parts, self._archive)
        if self.has_backup:
            shutil.rmtree(self._backup, ignore_errors=True)
            write_backup(self._home, self._backup, code_version(), utc_now(), DurableFiles())

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Yield everything that is stored. No process of the service may run."""
        self.parts.engine.dispose()
        yield from places.files(self._home)
        yield from places.tables(self.parts.engine)
        yield from places.topics(self.parts)
        yield from places.archive(self._archive)
        if self.has_backup:
            yield from places.files(self._backup, "backup")

    def restored_contents(self, database: Databases) -> Iterator[tuple[str, bytes]]:
        """Restore the archive into an empty system, process everything, and yield all that it has stored then."""
        home = self._folder / "restored"
        shutil.rmtree(home, ignore_errors=True)
        with database.settings(home) as values:
            parts = Parts(
                settings_of(home, secret_key=_SECRET, public_view="true", **values), CHANNELS, system_surroundings()
            )
            restore(parts, self._archive, lambda: None)
            process_everything(parts)
            yield from places.tables(parts.engine)
            yield from places.topics(parts)
            parts.engine.dispose()
        yield from places.files(home)

    def forget_everybody(self, life: Life) -> None:
        """Forget the persons: one asks by the own link, one is forgotten by the command, the others one by one."""
        asked, written = life.number("open", "sms"), life.number("rahasia", "sms")
        link = life.senders.links()[asked]
        life.senders.follow_up("open", "sms", "asks-to-be-forgotten", "Saya ingin data saya dihapus.")
        wait_for(lambda: "sudah kami hapus" in requests.get(f"{life.senders.door.address}/l/{link}", timeout=30).text)
        run = program.run(("forget", written, *_WHO), self.service.environment, self._home)
        assert run.returncode == 0, run.stderr
        forgetting_all = forgetting_requests(self.parts)
        with closing(self.parts.bus.producer()) as producer:
            for number in life.accepted_numbers():
                if number not in {asked, written}:
                    message = forgetting_all.message_of(number)
                    forgetting_all.forget(message, "petugas-1", "permintaan tertulis", utc_now(), producer.publish)
        life.settle()

    def end_grace(self) -> None:
        """Destroy the keys as a day later, and derive again what the desk and the public see."""
        self.parts.core.now = lambda: utc_now() + GRACE + timedelta(minutes=1)
        assert forgetting(self.parts).finish(lambda _moment: "").keys
        for command in (("desk", "rebuild"), ("public-rebuild",)):
            run = program.run((*command, *_WHO), self.service.environment, self._home)
            assert run.returncode == 0, run.stderr

    def end_retention(self) -> None:
        """Let the bus delete all records, whose retention has ended, and the operator the back-up."""
        shutil.rmtree(self._backup, ignore_errors=True)
        if self.service.settings.bus == "local":
            later = utc_now() + timedelta(days=RETENTION_DAYS + 1)
            LocalBus(self._home / "bus.db", later.timestamp).ensure(())
            return
        with closing(self.parts.bus.reader()) as reader:
            # Kafka deletes nothing from a compacted topic in this way. Tombstones have keyed hashes alone.
            names = [spec.name for spec in reader.topics() if spec.name != FORGOTTEN]
            ends = {partition: span.end for partition, span in reader.offset_ranges(names).items()}
        Filler(self.service.settings.kafka_bootstrap).delete_before(ends)
