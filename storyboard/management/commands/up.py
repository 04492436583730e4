"""The one command that runs the app: `make run` calls it."""

from typing import Any

from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.core.management.base import BaseCommand, CommandError

from storyboard.embedded.application import Application
from storyboard.embedded.errors import CannotStart


class Command(BaseCommand):
    help = "Start Circle Take: database, message server, web and workers. Ctrl-C stops all of it."

    def check(self, *args: Any, **options: Any) -> None:
        """What has to be settled first, as sentences and without the frame Django draws around them."""
        errors = [found for found in run_checks() if found.level >= ERROR]
        if errors:
            raise CommandError(
                "\n".join(found.msg if not found.hint else f"{found.msg} {found.hint}" for found in errors)
            )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            Application(settings.DATA_DIR, settings.HOST, settings.PORT).run()
        except CannotStart as error:
            raise CommandError(str(error)) from error
