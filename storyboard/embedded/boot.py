"""What has to be true of the database before anyone is let in."""

import time
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from storyboard.embedded.errors import CannotStart
from storyboard.embedded.postgres import dump

BACKUPS_KEPT = 5


def migrate(data_dir: Path, *, save_first: bool) -> None:
    """Bring the tables up to date; with `save_first` a database that holds something is saved before they change."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    if executor.loader.applied_migrations and save_first:
        name = f"before-{plan[0][0].name}-{time.strftime('%Y%m%d-%H%M%S')}.dump"
        dump(settings.DATABASE_URL, data_dir / "backups" / name)
        forget_old_backups(data_dir / "backups")
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except Exception as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        kept = data_dir / "backups" if save_first else "the backups you keep of your own server"
        raise CannotStart(
            f"The database could not be brought up to date: {reason}. What was there before is in {kept}."
        ) from error


def forget_old_backups(folder: Path) -> None:
    for old in sorted(folder.glob("before-*.dump"), key=lambda path: path.stat().st_mtime)[:-BACKUPS_KEPT]:
        old.unlink()
