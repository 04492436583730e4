"""What a new server begins with: its owner and the sample pitch, made once however many processes ask."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from storyboard import engines, script
from storyboard.advice import Advice
from storyboard.models import Draft, Project, Shot, Take, User

OWNER = "owner"
SAMPLE_SHOTS_WITH_TAKES = 4
SAMPLE_TAKES = 2
LOCK = 0x43544B31  # any number that nothing else here locks


def ensure(with_sample: bool = True) -> User:
    """The server's owner. A server without people gets one, without a password, and the sample pitch."""
    with transaction.atomic():
        _one_at_a_time()
        owner = User.objects.filter(is_superuser=True).order_by("pk").first()
        if owner is None:
            owner = User.objects.create(
                username=_free_name(), name="Owner", password=make_password(None), is_staff=True, is_superuser=True
            )
            if with_sample:
                make_sample(owner)
    return owner


@transaction.atomic
def make_sample(by: User) -> Project:
    """The sample pitch, through the same door as anybody's script, with takes asked of its first shots: what is usual
    of each, and of the one whose words it knows best also some of the model that comes along, where that is not what is
    usual."""
    filename, data = script.sample()
    title = script.read(data, filename).title or "Sample pitch"
    name = title.title() if title.isupper() else title
    project = Project.objects.start(name, by)
    Draft.objects.bring_in(project, data, filename, by)
    shots = list(Shot.objects.filter(project=project).active().in_order()[:SAMPLE_SHOTS_WITH_TAKES])
    model = engines.built_in()
    drawn = _best_for(model, shots, project) if model else None
    if others := [shot for shot in shots if shot != drawn]:
        Take.objects.ask(project, others, SAMPLE_TAKES, by)
    if model and drawn:
        Take.objects.ask(project, [drawn], SAMPLE_TAKES, by, engine=model.name)
        Take.objects.ask(project, [drawn], SAMPLE_TAKES, by)  # last, as the board shows the newest
    return project


def _best_for(model: engines.Choice, shots: list[Shot], project: Project) -> Shot | None:
    """The one of those that it can make whose words it knows best."""
    fit = [shot for shot in shots if _is_for(model, shot, project)]
    return min(fit, key=lambda shot: _unheard(model, shot), default=None)


def _is_for(model: engines.Choice, shot: Shot, project: Project) -> bool:
    """Whether the model can make the shot's whole length, and is not what is usual for it anyway."""
    frames = shot.current.frames if shot.current else 0
    return model.can_last(frames, project.rate) and engines.default(frames, project.rate) != model


def _unheard(model: engines.Choice, shot: Shot) -> int:
    """How much of a shot's words the model has no word for."""
    hearing = Advice(model, shot).hearing
    return len(hearing.unknown) if hearing else 0


def _one_at_a_time() -> None:
    """Until this transaction ends; a second start waits here and then finds the owner."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _free_name() -> str:
    taken = set(User.objects.filter(username__startswith=OWNER).values_list("username", flat=True))
    return OWNER if OWNER not in taken else next(f"{OWNER}{n}" for n in range(2, 10_000) if f"{OWNER}{n}" not in taken)
