"""How fast blocking draws, against the rate its clip plays at.

Wall time is what one process got of this machine; processor time leaves out waiting for others on a busy one.
"""

from __future__ import annotations

import time

from generation.engines import blocking
from generation.recipe import Recipe, Words

SHOTS = {
    "close-up, still camera": Words("INT. KITCHEN - DAY", "INGRID talks.", "Yes.", ("INGRID",), size="CU"),
    "two-shot in a room": Words("INT. BAR - NIGHT", "INGRID talks to TOMAS.", "", ("INGRID", "TOMAS"), size="MS"),
    "run in the street, pan, rain": Words(
        "EXT. STREET - NIGHT", "TOMAS runs. Rain.", "", ("TOMAS",), "WS", "", "pan-left"
    ),
    "four people, crane": Words("EXT. FIELD - DUSK", "Four soldiers wait.", size="WS", move="crane-up"),
    "forest walk, truck": Words("EXT. FOREST - DAY", "INGRID walks.", "", ("INGRID",), size="WS", move="truck-right"),
}


class _Desk:
    def ingredient(self, sha256: str) -> None:
        raise LookupError(sha256)

    def step(self, done: int, of: int, phase: str) -> None:
        pass

    def preview(self, frame: object) -> None:
        pass


def main() -> None:
    head = f"{'stage s':>8} {'frames/s':>9} {'of 24':>6} {'by cpu time':>12} {'of 24':>6}"
    print(f"{'640x360, 72 frames at 24 a second':38} {head}")
    for name, words in SHOTS.items():
        began = time.perf_counter()
        made = blocking.run(Recipe("blocking", words, seed=1, frames=72), _Desk())
        staged, worked = time.perf_counter(), time.process_time()
        count = sum(1 for _ in made.frames)
        rate = count / (time.perf_counter() - staged)
        alone = count / (time.process_time() - worked)
        print(f"{name:38} {staged - began:8.2f} {rate:9.1f} {rate / 24:5.1f}x {alone:12.1f} {alone / 24:5.1f}x")


if __name__ == "__main__":
    main()
