from __future__ import annotations

import signal
import sys
from argparse import ArgumentTypeError
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from storyboard import first_run, script
from storyboard.embedded import boot
from storyboard.embedded.crew import where, workers
from storyboard.embedded.errors import CannotStart
from storyboard.embedded.servers import servers
from storyboard.forms import RATES
from storyboard.models import Project, User
from storyboard.pitching import CouldNot, Pitch
from storyboard.refusal import Refusal
from storyboard.timecode import to_timecode

INTERRUPTED = 130


class Command(BaseCommand):
    help = "Make a board from a script, takes of every shot, and a film of the first of each. Needs no running app."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("script", type=Path, help="a Fountain or Final Draft file")
        parser.add_argument("--takes", type=_count, default=2, help="takes of each shot (2)")
        parser.add_argument("--export", type=Path, required=True, metavar="FILE.mp4", help="where the film goes")
        parser.add_argument(
            "--engine", default="", help="what makes the takes, such as sketch; by default what is usual"
        )
        parser.add_argument("--project", default="", help="its name; the script's title by default")
        parser.add_argument("--burn-ins", action="store_true", help="project, shot, take and timecode in the picture")
        parser.add_argument(
            "--rate", type=_rate, default=(24, 1), help="frames a second: 16, 23.976, 24, 25, 29.97, 30"
        )
        parser.add_argument("--size", type=_size, default=(640, 360), help="width x height (640x360)")
        parser.add_argument(
            "--as", dest="username", default="", help="sign-in name of who does this; the owner by default"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            data, name = self._checked(options)
            with servers(settings.DATA_DIR) as running:
                boot.migrate(settings.DATA_DIR, save_first=running.postgres is not None)
                with workers(settings.DATA_DIR):
                    try:
                        self._pitch(data, name, options)
                    finally:
                        _close_connections()
        except (CouldNot, Refusal, CannotStart) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stderr.write("Stopped. What was asked is cancelled; what was made stays.")
            sys.exit(INTERRUPTED)

    def _checked(self, options: dict[str, Any]) -> tuple[bytes, str]:
        """The script and the pitch's name, before anything is started."""
        source, target = options["script"], options["export"]
        if not target.absolute().parent.is_dir():
            raise CommandError(f"There is no folder {target.absolute().parent}. Make it, then try again.")
        try:
            data = source.read_bytes()
            screenplay = script.read(data, source.name, limit=settings.SCRIPT_MAX_BYTES)
        except OSError as error:
            raise CommandError(f"{source} could not be read: {error.strerror}.") from error
        except script.BadScript as error:
            raise CommandError(f"{source}: {error}") from error
        title = screenplay.title.title() if screenplay.title.isupper() else screenplay.title
        return data, options["project"] or title or source.stem

    def _pitch(self, data: bytes, name: str, options: dict[str, Any]) -> None:
        pitch = Pitch(_person(options["username"]), self._say)
        (num, den), (width, height) = options["rate"], options["size"]
        try:
            project = pitch.begin(
                data, options["script"].name, name, rate_num=num, rate_den=den, width=width, height=height
            )
            pitch.shoot(project, options["takes"], options["engine"])
            frames = pitch.take_away(project, options["export"], options["burn_ins"])
        except BaseException:
            pitch.call_off()
            raise
        self._report(project, pitch, frames, options["export"])

    def _report(self, project: Project, pitch: Pitch, frames: int, target: Path) -> None:
        length = to_timecode(frames, project.rate)
        self.stdout.write(f"{where()}{project.get_absolute_url()}")
        self.stdout.write(
            f"{project.name}: {project.scenes.count()} scenes, {project.shots.count()} shots, {len(pitch.takes)} takes"
        )
        self.stdout.write(f"{target}: {frames} frames, {length}, {target.stat().st_size} bytes")

    def _say(self, line: str) -> None:
        self.stderr.write(line)
        self.stderr.flush()


def _person(username: str) -> User:
    if not username:
        return first_run.ensure(with_sample=False)
    person = User.objects.filter(username=username).first()
    if person is None:
        raise CouldNot(f"Nobody here signs in as {username!r}. Leave --as out to do this as the owner.")
    return person


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise ArgumentTypeError(f"{text!r} takes were asked; expected 1 to 64")
    return int(text)


def _rate(text: str) -> tuple[int, int]:
    found = next((code for code, label, _ in RATES if text in (code, label)), None)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no rate offered; there are {', '.join(label for _, label, _ in RATES)}")
    num, den = found.split("/")
    return int(num), int(den)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ArgumentTypeError(f"{text!r} is no size; expected width x height such as 640x360")
    size = int(width), int(height)
    if any(side % 2 or not 64 <= side <= 1920 for side in size):
        raise ArgumentTypeError(f"{text} cannot be made; each side is an even number from 64 to 1920")
    return size


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _close_connections() -> None:
    """Before the server they lead to is stopped."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
