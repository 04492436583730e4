from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from storyboard import first_run


class Command(BaseCommand):
    help = "Make the owner and the sample pitch where there is nobody yet. Safe to run at every start."

    def handle(self, *args: Any, **options: Any) -> None:
        owner = first_run.ensure()
        self.stdout.write(f"The owner signs in as {owner.username}.")
