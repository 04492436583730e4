from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from storyboard.embedded.crew import where
from storyboard.models import SignInLink, User
from storyboard.refusal import Refusal


class Command(BaseCommand):
    help = "Print a link that signs somebody in once, to set a new password; the owner when nobody is named."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?", default="", help="a sign-in name; the owner by default")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            path = _link(options["username"])
        except Refusal as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{where()}{path}")


def _link(username: str) -> str:
    if not username:
        return SignInLink.for_owner()
    person = User.objects.filter(username=username).first()
    if person is None:
        raise Refusal(f"Nobody here signs in as {username!r}. Check the name on a People page.")
    return SignInLink.objects.for_user(person)
