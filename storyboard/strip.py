"""What the take strip shows of a shot: plain values beside each take, so that the template only places them."""

from __future__ import annotations

from dataclasses import dataclass

from storyboard.estimate import Line, Span
from storyboard.models import Circle, Role, Shot, Status, Take, User


@dataclass(frozen=True)
class Wait:
    """How long a take will still be: `place` in the queue from 1 (0: being made), `left` None when nobody knows."""

    place: int
    left: Span | None
    aside: str = ""
    """Why it is passed over, in a word or two."""


@dataclass(frozen=True)
class Card:
    """One take as the person sees it."""

    take: Take
    circled_by: tuple[Circle, ...]
    circled_by_me: bool
    in_cut: bool
    wait: Wait | None
    is_theirs: bool
    """Whether this person may end it: they asked for it, or own the project."""


def cards(shot: Shot, user: User) -> list[Card]:
    """The takes of a shot in order, those in the trash left out."""
    takes = list(Take.objects.kept().filter(shot=shot).carded().order_by("number"))
    waits = outlook(takes)
    owns = shot.project.role_of(user) == Role.OWNER
    return [card(take, user, waits.get(take.pk), owns) for take in takes]


def card(take: Take, user: User, wait: Wait | None = None, owns: bool | None = None) -> Card:
    if owns is None:
        owns = take.project.role_of(user) == Role.OWNER
    circles = tuple(take.circles.all())
    return Card(
        take=take,
        circled_by=circles,
        circled_by_me=any(circle.by_id == user.pk for circle in circles),
        in_cut=bool(take.picks.all()),
        wait=wait or outlook([take]).get(take.pk),
        is_theirs=owns or take.by_id == user.pk,
    )


def outlook(takes: list[Take]) -> dict[int, Wait]:
    """The wait of each of these takes that is not made yet."""
    if not any(take.is_waiting for take in takes):
        return {}
    line = Line.now()
    waits = {pk: Wait(place.number, place.wait) for pk, place in line.places().items()}
    waits |= {take.pk: Wait(0, None, line.why_aside(take)) for take in line.aside}
    return waits | {take.pk: Wait(0, line.left(take)) for take in line.running}


def shown_first(cards: list[Card]) -> Take | None:
    """The take a room opens with: the one in the cut, else the newest circled, ready or asked."""
    order = (
        lambda card: card.in_cut,
        lambda card: bool(card.circled_by),
        lambda card: card.take.status == Status.FINISHED,
        lambda card: True,
    )
    return next((card.take for wanted in order for card in reversed(cards) if wanted(card)), None)
