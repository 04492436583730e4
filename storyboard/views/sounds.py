from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from generation.ffmpeg import waveform
from storyboard import intake
from storyboard.models import Media, Project, Role, Sound
from storyboard.models.media import scratch_path
from storyboard.refusal import Refusal
from storyboard.views.cut import items_of
from storyboard.views.door import SignedIn, body, seen, whole

PEAKS = 2000


@require_http_methods(["POST", "DELETE"])
def sound(request: SignedIn, project: int) -> HttpResponse:
    """The one scratch track under the cut: POST lays a file, or sets the gain and offset of the one that lies there."""
    row = seen(request, Project, Role.EDITOR, pk=project)
    laid = Sound.objects.filter(project=row).first()
    if request.method == "DELETE":
        if laid is not None:
            laid.remove(request.user)
    elif upload := request.FILES.get("file"):
        Sound.objects.lay(row, _keep(row, upload), request.user, name=(upload.name or "")[:200])
    elif laid is not None:
        data = body(request)
        offset = whole(data, "offset", laid.offset_frames) or 0
        laid.adjust(request.user, _decibels(data.get("gain_db", laid.gain_db)), offset)
    else:
        raise Refusal("There is no sound yet. Choose a file first.")
    return JsonResponse(items_of(row))


def _keep(project: Project, upload: UploadedFile) -> Media:
    path = scratch_path(".m4a")
    try:
        track = intake.sound(upload, path)
        return Media.objects.keep(
            project, path, "audio/mp4", samples=track.samples, facts={"peaks": waveform(path, PEAKS)}
        )
    finally:
        path.unlink(missing_ok=True)


def _decibels(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise Refusal(f"The gain is {str(value)[:40]!r}; expected decibels such as -6.") from None
