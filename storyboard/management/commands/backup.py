"""The database first and the media after it, so that every file a row names is in the copy."""

import shutil
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from storyboard.embedded.errors import CannotStart
from storyboard.embedded.postgres import dump
from storyboard.embedded.servers import servers


class Command(BaseCommand):
    help = "Save the database and the media into a folder. A second backup into the same folder copies only new media."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        saved = folder / f"database-{time.strftime('%Y%m%d-%H%M%S')}.dump"
        try:
            with servers(settings.DATA_DIR):
                dump(settings.DATABASE_URL, saved)
            copied = copy_new(settings.MEDIA_ROOT, folder / "media")
        except (CannotStart, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Saved the database as {saved} and copied {copied} new media files.")


def copy_new(source: Path, target: Path) -> int:
    """Media are named by their content: a name that is there already needs no second look."""
    copied = 0
    for file in source.rglob("*"):
        there = target / file.relative_to(source)
        if file.is_dir() or there.exists():
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        unfinished = there.with_name(f"{there.name}.unfinished")
        shutil.copy2(file, unfinished)
        unfinished.replace(there)
        copied += 1
    return copied
