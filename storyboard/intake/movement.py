"""What the media program said about something sent, turned into a sentence for the sender."""

from __future__ import annotations

import re
from fractions import Fraction

from generation.ffmpeg import MediaError, NoSpace, Probe, TookTooLong
from storyboard.intake.limits import Limit
from storyboard.intake.quarantine import Refused, TooLarge


def refusal(error: MediaError, name: str, wanted: str) -> Refused:
    """The sentence for `error`; a full disk is no fault of the sender and is raised as it is."""
    if isinstance(error, NoSpace):
        raise error
    if isinstance(error, TookTooLong):
        return TooLarge(f"{name} took too long to read; send a shorter or smaller file")
    said = f"{error} {error.detail}"
    if "moov atom not found" in said:
        return Refused(f"{name} is cut off: the index that belongs at its end is missing; send the whole file again")
    if codec := re.search(r"Codec \((\w+)\) not on whitelist", said):
        return Refused(f"{name} is coded as {codec[1]}, which is not accepted; {wanted}")
    return Refused(f"{name} is damaged or of a kind that cannot be read; {wanted}")


def measure(facts: Probe, limit: Limit, name: str) -> None:
    """Raises TooLarge when it plays too long or its pictures are too big."""
    if facts.duration > limit.seconds:
        raise TooLarge(f"{name} plays for {_minutes(facts.duration)}; at most {_minutes(limit.seconds)} are taken")
    if limit.pixels and facts.width * facts.height > limit.pixels:
        size = f"{facts.width} x {facts.height}"
        raise TooLarge(f"{name} is {size} pixels; at most {limit.pixels // 1_000_000} megapixels are taken")


def _minutes(seconds: Fraction | int) -> str:
    whole = int(seconds)
    return f"{whole // 60} min {whole % 60:02} s"
