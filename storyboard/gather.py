"""From rows to a `Cut`: for each shot the best it has now, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from storyboard.cut import Cut, CutShot
from storyboard.models import Panel, Project, Shot, Sound, Take

LINE_MAX = 400


def gather(project: Project) -> Cut:
    """The project's cut as it stands: pick, else newest circled, else newest finished take, else panel, else card.

    A rejected take is never shown. Three queries and one for the sound, however many shots there are.
    """
    shots = Shot.objects.filter(project=project).active().filter(scene__omitted=False).in_order()
    takes = _takes(project)
    panels = _panels(project)
    sound = Sound.objects.filter(project=project).select_related("media").first()
    return Cut(
        project=project.name,
        rate=project.rate,
        width=project.width,
        height=project.height,
        shots=tuple(
            _cut_shot(shot, takes.get(shot.pk), panels.get(shot.pk))
            for shot in shots.select_related("scene", "current")
        ),
        sound=sound.media.path if sound else None,
        sound_gain=10 ** (sound.gain_db / 20) if sound else 1.0,
        sound_offset=sound.offset_frames if sound else 0,
        facts={"project": project.name, "project_id": str(project.pk), "event": str(project.last_event)},
    )


def _takes(project: Project) -> dict[int, Take]:
    shown = Take.objects.filter(project=project).shown().select_related("master", "proxy", "poster")
    return {take.shot_id: take for take in shown if take.is_pick or not take.is_rejected}


def _panels(project: Project) -> dict[int, Panel]:
    rows = Panel.objects.filter(project=project).select_related("media").order_by("-position", "-pk")
    return {panel.shot_id: panel for panel in rows}


def _cut_shot(shot: Shot, take: Take | None, panel: Panel | None) -> CutShot:
    asked = shot.current
    assert asked is not None
    return CutShot(
        shot_id=shot.pk,
        code=shot.code,
        scene=shot.scene.number,
        heading=shot.scene.heading,
        frames=shot.frames_in_cut,
        line=_line([asked.action, asked.dialogue]),
        dialogue=asked.dialogue,
        **_source(shot, take, panel),
    )


def _source(shot: Shot, take: Take | None, panel: Panel | None) -> dict[str, Any]:
    if take is not None and take.master and take.proxy and take.poster:
        clip = take.master
        return {
            "shows": _rung(take),
            "in_frame": min(shot.cut_in, max(clip.frames - 1, 0)),
            "source": clip.path,
            "source_frames": clip.frames,
            "source_rate": (clip.rate_num, clip.rate_den),
            "take_id": take.pk,
            "take_number": take.number,
            "recipe_digest": take.digest,
            "proxy_url": take.proxy.url,
            "poster_url": take.poster.url,
        }
    if panel is not None:
        return {"shows": "panel", "source": panel.media.path, "poster_url": panel.media.url}
    return {"shows": "card"}


def _rung(take: Any) -> str:
    return "pick" if take.is_pick else "circled" if take.is_circled else "take"


def _line(parts: Iterable[str]) -> str:
    return next((part.strip() for part in parts if part.strip()), "")[:LINE_MAX]
