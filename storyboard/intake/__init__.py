"""What people send: pictures, clips and sounds, taken for what they are, written anew, or refused with one sentence.

Nothing that was sent is kept as it came, its name decides nothing, and nothing it names is ever opened.
"""

from storyboard.intake.clips import Clip, clip
from storyboard.intake.limits import CLIP, PICTURE, SOUND, Limit
from storyboard.intake.pictures import Picture, picture
from storyboard.intake.quarantine import Refused, TooLarge
from storyboard.intake.sounds import SoundTrack, sound

__all__ = [
    "CLIP", "PICTURE", "SOUND", "Clip", "Limit", "Picture", "Refused", "SoundTrack", "TooLarge", "clip", "picture",
    "sound",
]  # fmt: skip
