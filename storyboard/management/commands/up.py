"""The one command that runs the app: `make run` calls it."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from storyboard.embedded.application import Application
from storyboard.embedded.errors import CannotStart


class Command(BaseCommand):
    help = "Start Circle Take: database, message server, web and workers. Ctrl-C stops all of it."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            Application(settings.DATA_DIR, settings.HOST, settings.PORT).run()
        except CannotStart as error:
            raise CommandError(str(error)) from error
