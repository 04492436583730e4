"""A shot with takes whose pictures carry their frame number, and how to read the room that shows them."""

from __future__ import annotations

import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from generation import ffmpeg
from storyboard.models import Media, Shot, Take, User
from tests import factories
from tests.browser.barcode import make_clip
from tests.browser.web import Web

FRAMES = 72
READER = "() => {" + (Path(__file__).parent / "pages" / "barcode.js").read_text().replace("export ", "") + "}"


@lru_cache(maxsize=8)
def _clip(first: int, frames: int, rate: tuple[int, int]) -> tuple[Path, ffmpeg.Derived]:
    folder = Path(tempfile.mkdtemp(prefix="circle-take-room-"))
    path = make_clip(folder / "clip.mp4", frames, rate, first=first)
    return path, ffmpeg.derive(path, folder)


def finish(take: Take, first: int = 0, frames: int = FRAMES, rate: tuple[int, int] = (24, 1)) -> Take:
    """The take as a worker leaves it, its clip 72 frames long unless said, and counting from `first`."""
    path, derived = _clip(first, frames, rate)
    facts = derived.facts
    shape = {"width": facts.width, "height": facts.height, "frames": facts.frames}
    clip = {**shape, "rate_num": rate[0], "rate_den": rate[1]}
    if take.status == "queued":
        take.begin()
    kept = {
        "master": _keep(take, path, "video/mp4", **clip),
        "poster": _keep(take, derived.poster, "image/jpeg"),
        "filmstrip": _keep(take, derived.filmstrip, "image/webp", facts={"tiles": derived.tiles}),
    }
    take.finish(report={"engine": "blocking", "frames": frames}, proxy=kept["master"], **kept)
    return take


def _keep(take: Take, path: Path, content_type: str, **facts: Any) -> Media:
    copy = Path(tempfile.mkdtemp()) / path.name
    shutil.copy(path, copy)
    return Media.objects.keep(take.project, copy, content_type, **facts)


def three_takes(shot: Shot, alice: User) -> list[Take]:
    """Three finished takes of the shot; their pictures count from 0, 100 and 200."""
    shot.revise(alice, frames=FRAMES)
    asked = factories.ask(Shot.objects.get(pk=shot.pk), alice, 3)
    return [finish(take, 100 * index) for index, take in enumerate(asked)]


def enter(web: Web, shot: Shot, user: User, query: str = "", **options: Any) -> Page:
    """That person's browser in the room, once the take in the viewer is on the screen and the line is open."""
    page = web.page(user, **options)
    page.goto(web.address("shot", shot.pk, query=query))
    settle(page)
    return page


def settle(page: Page) -> None:
    expect(page.locator("ct-player")).to_have_attribute("data-state", "ready")
    expect(page.locator("#line-state")).to_be_hidden()
    page.evaluate(READER)


def picture(page: Page) -> int:
    """The number in the picture that the viewer shows."""
    return page.evaluate("() => readBarcode(document.querySelector('ct-player video'))")


def counter(page: Page) -> int:
    return int(page.locator("ct-player [data-part=counter]").inner_text())


def card(page: Page, take: Take) -> Any:
    return page.locator(f"#take-{take.pk}")


def focus_player(page: Page) -> None:
    page.locator("ct-player").focus()


def seek(page: Page, frame: int) -> None:
    page.evaluate("async (n) => { await document.querySelector('ct-player').seek(n); }", frame)


def drop_file(page: Page, selector: str, name: str, kind: str, data: bytes) -> None:
    transfer = page.evaluate_handle(
        """([name, kind, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, {type: kind}));
            return transfer;
        }""",
        [name, kind, list(data)],
    )
    page.dispatch_event(selector, "drop", {"dataTransfer": transfer})
