"""For servers that are not run by `up`: the owner, the sample pitch, and a link to sign in by."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from storyboard import first_run
from storyboard.models import SignInLink


class Command(BaseCommand):
    help = "Make the owner and the sample pitch where there is nobody yet, and print a one-time sign-in link."

    def handle(self, *args: Any, **options: Any) -> None:
        first_run.ensure()
        self.stdout.write(f"{settings.PUBLIC_URL}{SignInLink.for_owner()}")
