"""The diffusion weights of this machine: which there are, new ones, whether their files are whole."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation import catalogue
from generation.weights import DEPTH_MODELS, BadWeights, Weights
from storyboard import engines
from storyboard.hub_files import HubError, fetch
from storyboard.needs import need_of


class Command(BaseCommand):
    help = "List, add, check or remove the weights that engines on this machine load."

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="action", required=True)
        parts.add_parser("list", help="what is registered, for which engine, and what it needs")
        add = parts.add_parser(
            "add", help="register a folder, of a pipeline or of a depth model, or fetch one from the hub"
        )
        add.add_argument("source", help="a folder, or OWNER/NAME@REVISION on the hub")
        add.add_argument("--name", default="", help="what people will choose it by; the folder's name by default")
        check = parts.add_parser("check", help="hash the files again and compare")
        check.add_argument("name", nargs="*")
        remove = parts.add_parser("remove", help="forget weights; deletes files only where they were fetched")
        remove.add_argument("name")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(**options)
        except (BadWeights, HubError) as error:
            raise CommandError(str(error)) from None

    def _list(self, **_: Any) -> None:
        registry = engines.registry()
        here = registry.all()
        if not here:
            self.stdout.write("No weights are registered here. Add some with: python manage.py weights add FOLDER")
        for weights in here:
            self._say(weights)
        for sentence in registry.amiss().values():
            self.stdout.write(sentence)

    def _add(self, source: str, name: str, **_: Any) -> None:
        registry = engines.registry()
        folder = Path(source).expanduser()
        if folder.is_dir():
            weights = registry.add(folder, name, on_progress=self._progress)
        elif re.fullmatch(r"[^@/]+/[^@/]+@[^@]+", source):
            fetched = fetch(source, registry.location / "files", self.stdout.write)
            weights = registry.add(
                fetched.folder,
                name or source.split("@")[0].split("/")[1].lower(),
                fetched.source,
                kept=True,
                on_progress=self._progress,
                digests=fetched.digests,
            )
        else:
            raise CommandError(
                f"{source} is neither a folder nor OWNER/NAME@REVISION. A revision must be named, so that the same "
                "bytes can be found again."
            )
        self._say(weights)

    def _check(self, name: list[str], **_: Any) -> None:
        registry = engines.registry()
        wanted = [registry.get(each) for each in name] or registry.all()
        wrong = {weights.name: registry.check(weights, self._progress) for weights in wanted}
        damaged = {each: [said] for each, said in registry.amiss().items() if (registry.place / each).is_dir()}
        wrong |= {} if name else damaged
        for each, sentences in wrong.items():
            self.stdout.write(f"{each}: {' '.join(sentences) or 'every file is as it was registered.'}")
        if any(wrong.values()):
            raise CommandError("Some weights are not what was registered. Copy them again, then add them again.")

    def _remove(self, name: str, **_: Any) -> None:
        weights = engines.registry().remove(name)
        gone = "and its files are deleted" if weights.kept else f"its files stay in {weights.folder}"
        self.stdout.write(f"{name} is no longer registered; {gone}.")

    def _say(self, weights: Weights) -> None:
        rows = [row.label for row in catalogue.ENGINES if row.loads(weights.pipeline, weights.options)]
        rows += ["finding depth in clips"] if weights.pipeline in DEPTH_MODELS else []
        need = need_of(weights)
        self.stdout.write(
            f"{weights.pinned}  {weights.pipeline}  for {', '.join(rows) or 'no engine of this version'}\n"
            f"  {need.said}\n  {weights.source}"
        )

    def _progress(self, name: str, done: int, of: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{100 * done // max(of, 1):3d} %  {name[:60]:<60}", ending="")
            if done >= of:
                self.stdout.write("")
        elif done >= of:
            self.stdout.write("Every file was read and hashed.")
