from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from storyboard.annotation import checked
from storyboard.models.fields import OfProject
from storyboard.refusal import Conflict, Refusal

if TYPE_CHECKING:
    from storyboard.models.person import User
    from storyboard.models.take import Take

TEXT_MAX = 5000


@dataclass(frozen=True)
class Thread:
    """A remark and what was answered to it, in order."""

    top: Comment
    replies: tuple[Comment, ...]


class CommentQuerySet(OfProject):
    def threads(self, take: Take) -> list[Thread]:
        """What was said of a take by frame, remarks on the whole take first; a removed one stays only where it has
        answers.
        """
        replies: dict[int | None, list[Comment]] = defaultdict(list)
        for comment in self.filter(take=take).select_related("by", "resolved_by").order_by("pk"):
            if comment.parent_id is None or comment.removed_at is None:
                replies[comment.parent_id].append(comment)
        threads = [Thread(top, tuple(replies[top.pk])) for top in replies.pop(None, [])]
        told = [thread for thread in threads if thread.replies or thread.top.removed_at is None]
        return sorted(
            told, key=lambda thread: (-1 if thread.top.frame_in is None else thread.top.frame_in, thread.top.pk)
        )

    @transaction.atomic
    def say(
        self,
        take: Take,
        by: User,
        text: str,
        frame_in: int | None = None,
        frame_out: int | None = None,
        drawing: Any = None,
        parent: Comment | None = None,
    ) -> Comment:
        """A remark on a take: at a frame, over a range (both ends included), or on the whole take (no frames)."""
        drawing = checked(drawing)
        text = _fitting(text)
        if not text and drawing is None:
            raise Refusal("There is nothing to say yet. Write a remark or draw on the frame, then send.")
        if parent is not None:
            if parent.take_id != take.pk:
                raise Refusal("That thread belongs to another take.")
            parent, frame_in, frame_out = parent.parent or parent, None, None
        if frame_in is not None:
            frame_out = frame_in if frame_out is None else frame_out
            frame_in, frame_out = sorted((frame_in, frame_out))
            if not (frame_in >= 0 and frame_out < max(take.frames, 1)):
                raise Refusal(
                    f"Take {take.number} has frames 0 to {take.frames - 1}; {frame_in}–{frame_out} was asked."
                )
        comment = self.create(
            project=take.project,
            shot_id=take.shot_id,
            take=take,
            by=by,
            text=text,
            frame_in=frame_in,
            frame_out=frame_out,
            drawing=drawing,
            parent=parent,
        )
        take.project.record("comment.made", comment, by)
        return comment


class Comment(models.Model):
    """A remark at a frame or range of a take, and what was drawn there."""

    project = models.ForeignKey("storyboard.Project", on_delete=models.CASCADE, related_name="comments")
    shot = models.ForeignKey("storyboard.Shot", on_delete=models.CASCADE, related_name="comments")
    take = models.ForeignKey("storyboard.Take", on_delete=models.CASCADE, related_name="comments")
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="replies")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="comments")
    at = models.DateTimeField(auto_now_add=True)
    text = models.TextField(blank=True)
    frame_in = models.PositiveIntegerField(null=True)
    frame_out = models.PositiveIntegerField(null=True)
    drawing = models.JSONField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(frame_in=None, frame_out=None) | Q(frame_out__gte=models.F("frame_in")),
                name="comment_range_in_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.by} on {self.take}: {self.text[:40]}"

    @transaction.atomic
    def resolve(self, by: User) -> None:
        if Comment.objects.filter(pk=self.pk, resolved_at=None).update(resolved_at=timezone.now(), resolved_by=by):
            self.refresh_from_db()
            self.project.record("comment.resolved", self, by)

    @transaction.atomic
    def reopen(self, by: User) -> None:
        if Comment.objects.filter(pk=self.pk).exclude(resolved_at=None).update(resolved_at=None, resolved_by=None):
            self.refresh_from_db()
            self.project.record("comment.reopened", self, by)

    @transaction.atomic
    def rewrite(self, text: str, by: User) -> None:
        self._mine(by, "change")
        text = _fitting(text)
        if not text and self.drawing is None:
            raise Refusal("A remark cannot become empty. Remove it instead.")
        rows = Comment.objects.filter(pk=self.pk, removed_at=None)
        if not rows.update(text=text, edited_at=timezone.now()):
            raise Conflict("This remark was removed meanwhile; nothing was changed.")
        self.refresh_from_db()
        self.project.record("comment.rewritten", self, by)

    @transaction.atomic
    def remove(self, by: User) -> None:
        """Hides the remark; replies keep their place."""
        self._mine(by, "remove")
        if Comment.objects.filter(pk=self.pk, removed_at=None).update(removed_at=timezone.now()):
            self.refresh_from_db()
            self.project.record("comment.removed", self, by)

    def _mine(self, by: User, what: str) -> None:
        if self.by_id != by.pk:
            raise Refusal(f"Only {self.by} can {what} this remark.")


def _fitting(text: str) -> str:
    text = text.strip()
    if len(text) > TEXT_MAX:
        raise Refusal(f"This remark has {len(text)} characters; at most {TEXT_MAX} fit. Send it in two parts.")
    return text
