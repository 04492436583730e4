"""How quick a page feels, as the browser itself tells it: largest paint, shifts, and each press until it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

PRESSES = 40
KEYS = ("ArrowRight", "ArrowDown", "Shift+ArrowRight", "x")
# Shorter than this the browser tells nothing of a press.
LEAST_MS = 16
WATCH = """(() => {
  const seen = (window.seen = { lcp: 0, shift: 0, long: [], slow: {} });
  const watch = (type, hear, more) => new PerformanceObserver((list) => list.getEntries().forEach(hear))
    .observe({ type, buffered: true, ...more });
  watch("largest-contentful-paint", (entry) => (seen.lcp = entry.startTime));
  watch("layout-shift", (entry) => (seen.shift += entry.hadRecentInput ? 0 : entry.value));
  watch("longtask", (entry) => seen.long.push(entry.duration));
  watch("event", ({ interactionId: id, duration }) => {
    if (id) seen.slow[id] = Math.max(seen.slow[id] ?? 0, duration);
  }, { durationThreshold: 16 });
})()"""


@dataclass
class Pace:
    """Milliseconds, and the share of the window that moved by itself."""

    lcp: float
    inp: float
    shift: float
    longest_task: float

    def __str__(self) -> str:
        return (
            f"LCP {self.lcp:5.0f} ms  INP p98 {self.inp:4.0f} ms  CLS {self.shift:.3f}  "
            f"longest task {self.longest_task:4.0f} ms"
        )


def press_through(page: Page) -> None:
    """Forty presses over the cards, as fast as somebody in a hurry."""
    page.locator(".card").first.focus()
    page.evaluate("window.seen.long.length = 0")
    for press in range(PRESSES):
        page.keyboard.press(KEYS[press % len(KEYS)])
        page.wait_for_timeout(20)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def pace_of(page: Page) -> Pace:
    seen = page.evaluate("window.seen")
    told = sorted(seen["slow"].values())
    presses = [LEAST_MS] * max(0, PRESSES - len(told)) + told
    inp = presses[min(len(presses) - 1, int(len(presses) * 0.98))]
    return Pace(seen["lcp"], inp, seen["shift"], max(seen["long"], default=0))
