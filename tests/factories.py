"""Makes the rows that tests are about: real rows, real files, through the verbs where that is quick enough."""

from __future__ import annotations

import shutil
import tempfile
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from generation import ffmpeg
from storyboard import codes
from storyboard.models import Media, Membership, Project, Role, Scene, Shot, Take, User, Version
from storyboard.models.positioned import GAP

_numbers = count(1)


def person(name: str, **fields: Any) -> User:
    return User.objects.create_user(f"{name.lower()}{next(_numbers)}", password=None, name=name, **fields)


def project(owner: User, name: str = "The Kite", **fields: Any) -> Project:
    return Project.objects.start(name, owner, **fields)


def member(project: Project, user: User, role: Role) -> Membership:
    return Membership.objects.create(project=project, user=user, role=role)


def scene(project: Project, heading: str = "EXT. FIELD - DAY", **fields: Any) -> Scene:
    row = Scene(project=project, heading=heading, **fields)
    row.place_after(Scene.objects.filter(project=project).order_by("position").last())
    row.save()
    return row


def shot(project: Project, scene_row: Scene | None = None, **version: Any) -> Shot:
    """One shot at the end of its scene, asking for something short."""
    home = scene_row or Scene.objects.filter(project=project).order_by("position").last() or scene(project)
    taken = set(Shot.objects.filter(project=project).values_list("code", flat=True))
    row = Shot(project=project, scene=home, code=codes.following(max(taken, default=None), taken))
    row.place_after(home.shots.order_by("position").last())
    row.save()
    values = {"action": "A woman runs across a field.", "frames": 12, "size": "WS", **version}
    row.current = Version.objects.create(shot=row, number=1, by=project.created_by, **values)
    row.save(update_fields=["current"])
    return row


def ask(shot_row: Shot, by: User, takes: int = 1, **inputs: Any) -> list[Take]:
    return Take.objects.ask(shot_row.project, [shot_row], takes, by, **inputs)


def finished(take: Take) -> Take:
    """The same take after a worker was done with it, its media a real short clip."""
    take.begin()
    take.finish(report={"engine": "blocking", "frames": 12}, **clip_media(take.project))
    return take


def ready_take(shot_row: Shot, by: User, **inputs: Any) -> Take:
    return finished(ask(shot_row, by, **inputs)[0])


def clip_media(project: Project, shade: int = 120) -> dict[str, Media]:
    """The media that a finished take has: a twelve-frame clip in which a bright square walks to the right."""
    folder, derived = _clip(shade)
    kept: dict[str, Media] = {}
    for name, path, content_type, facts in (
        ("master", folder / "clip.mp4", "video/mp4", {"width": 64, "height": 36, "frames": 12, "rate_num": 24}),
        ("poster", derived.poster, "image/jpeg", {}),
        ("filmstrip", derived.filmstrip, "image/webp", {"facts": {"tiles": derived.tiles}}),
    ):
        copy = Path(tempfile.mkdtemp()) / path.name
        shutil.copy(path, copy)
        kept[name] = Media.objects.keep(project, copy, content_type, **facts)
        shutil.rmtree(copy.parent)
    kept["proxy"] = kept["master"]
    return kept


def kept(project: Project, text: str, content_type: str = "application/json") -> Media:
    """What was written, in the store."""
    path = Path(tempfile.mkdtemp()) / "kept"
    path.write_text(text)
    return Media.objects.keep(project, path, content_type)


def own_posters(project: Project) -> None:
    """A picture of its own for what each shot shows, as takes have: one that all share is fetched only once."""
    shown = list(Take.objects.shown().filter(project=project).select_related("poster"))
    for take in shown:
        copy = Path(tempfile.mkdtemp()) / "poster.jpg"
        copy.write_bytes(take.poster.path.read_bytes() + str(take.pk).encode())
        take.poster = Media.objects.keep(project, copy, "image/jpeg")
        shutil.rmtree(copy.parent)
    Take.objects.bulk_update(shown, ["poster"])


@lru_cache(maxsize=8)
def _clip(shade: int) -> tuple[Path, ffmpeg.Derived]:
    folder = Path(tempfile.mkdtemp(prefix="circle-take-clip-"))
    path = folder / "clip.mp4"
    with ffmpeg.Encoder(path, 64, 36, (24, 1), {"title": "clip"}) as encoder:
        for n in range(12):
            frame = np.full((36, 64, 3), shade, np.uint8)
            frame[12:24, n * 4 : n * 4 + 12] = 240
            encoder.write(frame)
    return folder, ffmpeg.derive(path, folder)


def board(owner: User, shots: int, takes: int = 0, name: str = "A long board") -> Project:
    """A whole board at once, for tests of size; takes are finished and share one clip."""
    row = project(owner, name)
    media = clip_media(row) if takes else {}
    scenes = [scene(row, f"INT. ROOM {n + 1} - DAY") for n in range(max(1, shots // 20))]
    made = [
        Shot(project=row, scene=scenes[n * len(scenes) // shots], position=(n + 1) * GAP, code=codes.numbered(n + 1))
        for n in range(shots)
    ]
    Shot.objects.bulk_create(made)
    versions = Version.objects.bulk_create(
        Version(
            shot=each, number=1, frames=48, size="MS", move="static", action=f"Ada crosses room {n} once more.",
            dialogue="ADA: I was here before.", characters=["ADA"], by=owner,
        )
        for n, each in enumerate(made)
    )  # fmt: skip
    for each, version in zip(made, versions, strict=True):
        each.current = version
    Shot.objects.bulk_update(made, ["current"])
    Take.objects.bulk_create(
        Take(
            project=row, shot=each, version=version, number=n + 1, by=owner, engine="blocking", seed=n, recipe="{}",
            digest="0" * 64, status="finished", done=48, of=48, report={"frames": 48}, **media,
        )
        for each, version in zip(made, versions, strict=True)
        for n in range(takes)
    )  # fmt: skip
    return row
