"""The log in words: who did what, and where to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from storyboard.models import Event, Project, Role, Shot, Take, User
from storyboard.models.judgement import REASONS

# {shot}, {take}, {person} and the event's own data stand in for names. Kinds that only drive progress are not told.
SENTENCES = {
    "project.started": "started this project",
    "project.renamed": "named this project “{name}”",
    "draft.imported": "brought in a script: {scenes} scenes, {shots} shots",
    "member.invited": "made an invitation link for {role}",
    "invitation.revoked": "revoked an invitation link",
    "member.joined": "joined as {role}",
    "member.changed": "made {person} {role}",
    "member.removed": "removed {person}",
    "scene.added": "added a scene",
    "shot.revised": "changed what shot {shot} asks for",
    "shot.inserted": "inserted shot {shot}",
    "shot.duplicated": "duplicated a shot as {shot}",
    "shot.split": "split a shot; the second half is {shot}",
    "shot.omitted": "omitted shot {shot}",
    "shot.restored": "restored shot {shot}",
    "shot.moved": "moved shot {shot}",
    "shot.trimmed": "trimmed shot {shot} in the cut",
    "shots.renumbered": "renumbered {shots} shots",
    "codes.locked": "locked the shot codes",
    "codes.unlocked": "unlocked the shot codes",
    "panel.added": "added a panel to shot {shot}",
    "panel.changed": "changed a panel of shot {shot}",
    "panel.moved": "moved a panel of shot {shot}",
    "panel.removed": "removed a panel from shot {shot}",
    "takes.asked": "asked for {count} takes of shot {shot}",
    "take.finished": "{take} is ready",
    "take.failed": "{take} failed",
    "take.cancelled": "{take} was cancelled",
    "take.held": "{take} is in audition",
    "take.continued": "asked to finish {take}",
    "take.stepped_aside": "{take} makes room and goes on later",
    "take.paused": "paused {take}",
    "take.resumed": "let {take} go on",
    "take.needed": "said by when {take} is needed",
    "take.changed": "changed {take} while it waited",
    "takes.paused": "paused {count} takes of theirs",
    "takes.resumed": "let {count} takes of theirs go on",
    "takes.needed": "said by when {count} takes of theirs are needed",
    "line.paused": "paused this project’s queue",
    "line.resumed": "let this project’s queue go on",
    "budget.set": "set the computing budget",
    "take.requeued": "{take} begins again: its worker went silent",
    "take.released": "{take} waits again: the server was stopped",
    "take.fronted": "moved {take} to the front of the queue",
    "take.circled": "circled {take}",
    "take.uncircled": "took the circle off {take}",
    "take.rejected": "rejected {take}: {reason}",
    "take.unrejected": "took back the rejection of {take}",
    "take.picked": "put {take} into the cut",
    "take.unpicked": "took {take} out of the cut",
    "take.trashed": "put {take} into the trash",
    "take.restored": "restored {take}",
    "comment.made": "commented on {take}",
    "comment.resolved": "resolved a comment on {take}",
    "comment.reopened": "reopened a comment on {take}",
    "comment.rewritten": "changed a comment on {take}",
    "comment.removed": "removed a comment from {take}",
    "sound.laid": "laid a scratch track under the cut",
    "sound.adjusted": "adjusted the scratch track",
    "sound.removed": "removed the scratch track",
    "export.queued": "asked for an export",
    "export.fronted": "moved an export to the front of the queue",
    "export.finished": "An export is ready",
    "export.failed": "An export failed",
    "export.cancelled": "An export was cancelled",
}
DONE_BY_SOMEBODY = {"take.cancelled": "cancelled {take}", "export.cancelled": "cancelled an export"}
PLACES = {"draft": "script", "sound": "cut", "export": "exports", "member": "people", "invitation": "people"}


@dataclass(frozen=True)
class Line:
    """One line of the activity page. `who` is empty where the server did it."""

    number: int
    who: User | None
    words: str
    at: datetime
    url: str
    kind: str


def told(project: Project, before: int | None = None, count: int = 50) -> list[Line]:
    """The newest `count` lines with a number below `before`, newest first, in a constant number of queries."""
    events = Event.objects.filter(project=project, kind__in=SENTENCES).select_related("by").order_by("-number")
    if before is not None:
        events = events.filter(number__lt=before)
    page = list(events[:count])
    shots = Shot.objects.filter(project=project).in_bulk({each.shot_id for each in page if each.shot_id})
    takes = Take.objects.filter(project=project).in_bulk({each.take_id for each in page if each.take_id})
    people = User.objects.in_bulk({each.data["user"] for each in page if each.data.get("user")})
    return [_line(project, each, shots, takes, people) for each in page]


def _line(
    project: Project, event: Event, shots: dict[int, Shot], takes: dict[int, Take], people: dict[int, User]
) -> Line:
    take, shot = takes.get(event.take_id or 0), shots.get(event.shot_id or 0)
    code = shot.code if shot else "that is gone"
    names = {
        "shot": code,
        "take": f"take {take.number} of {code}" if take else f"a take of shot {code}",
        "person": str(people.get(event.data.get("user") or 0, "somebody")),
        **event.data,
        "role": _role(event.data.get("role")),
        "reason": dict(REASONS).get(event.data.get("reason", ""), "not it").lower(),
    }
    sentences = SENTENCES | DONE_BY_SOMEBODY if event.by else SENTENCES
    words = _filled(sentences[event.kind], names)
    if event.kind == "member.removed" and event.data.get("user") == event.by_id:
        words = "left"
    return Line(event.number, event.by, words[0].upper() + words[1:] if event.by is None else words, event.at,
                _url(project, event, take, shot), event.kind)  # fmt: skip


def _filled(sentence: str, names: dict[str, object]) -> str:
    words = sentence.format_map(_Missing(names))
    return words.replace(" 1 takes ", " 1 take ").replace(" 1 scenes,", " 1 scene,").replace(", 1 shots", ", 1 shot")


class _Missing(dict[str, object]):
    """Old events may lack a number that newer ones carry."""

    def __missing__(self, name: str) -> str:
        return "some"


def _role(value: object) -> str:
    return Role(value).label.lower() if value in Role.values else "member"


def _url(project: Project, event: Event, take: Take | None, shot: Shot | None) -> str:
    if shot is not None:
        return reverse("shot", args=[shot.pk]) + (f"?take={take.number}" if take else "")
    place = PLACES.get(event.kind.partition(".")[0])
    return reverse(place, args=[project.pk]) if place else ""
