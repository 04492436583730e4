"""A still picture: opened only after its size is known, turned upright, and written anew without its metadata."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from storyboard.intake.appearance import seems
from storyboard.intake.limits import PICTURE, Limit
from storyboard.intake.quarantine import Refused, TooLarge, Upload, quarantine

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
NEUTRAL = (128, 128, 128)
WANTED = "send a PNG, JPEG or WEBP picture"

# Every picture is measured here against a lower limit than the one it would be warned about.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept: `data` is a PNG, or a JPEG where a JPEG was sent; sizes in pixels."""

    data: bytes
    suffix: str
    width: int
    height: int


def picture(sent: Upload | Path, limit: Limit = PICTURE) -> Picture:
    """Takes a picture: upright, RGB in sRGB, transparent parts on neutral grey, the first frame of an animation.

    Raises Refused with a sentence for the sender, TooLarge for too many bytes or pixels.
    """
    with quarantine(sent, limit.bytes) as (path, name):
        try:
            with Image.open(path, formats=FORMATS) as opened:
                _measure(opened.width, opened.height, limit, name)
                is_photo = opened.format in ("JPEG", "MPO")
                return _kept(_flattened(_upright(opened)), is_photo)
        except Image.DecompressionBombError as error:
            pixels = re.search(r"\d+", str(error))
            raise _too_many(
                f"{int(pixels[0]) // 1_000_000} megapixels" if pixels else "too large", limit, name
            ) from None
        except Image.UnidentifiedImageError:
            raise Refused(f"{name} is {seems(path)}, not a picture that can be read; {WANTED}") from None
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            if isinstance(error, Refused):
                raise
            raise Refused(f"{name} is damaged or cut off ({error}); {WANTED}") from None


def _measure(width: int, height: int, limit: Limit, name: str) -> None:
    if width * height > limit.pixels:
        raise _too_many(f"{width} x {height} pixels", limit, name)


def _too_many(found: str, limit: Limit, name: str) -> TooLarge:
    most = limit.pixels // 1_000_000
    return TooLarge(f"{name} is {found}; at most {most} megapixels are taken, so make it smaller and send it again")


def _upright(opened: Image.Image) -> Image.Image:
    return ImageOps.exif_transpose(opened)


def _flattened(image: Image.Image) -> Image.Image:
    """Plain RGB in a fresh picture, which carries no profile, comment or position along."""
    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode == "RGB" or (image.mode == "CMYK"):
        image = _srgb(image)
    layer = image.convert("RGBA")
    flat = Image.new("RGB", layer.size, NEUTRAL)
    flat.paste(layer, mask=layer.getchannel("A"))
    return flat


def _srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _kept(image: Image.Image, is_photo: bool) -> Picture:
    buffer = io.BytesIO()
    if is_photo:
        image.save(buffer, "JPEG", quality=93, subsampling=0)
    else:
        image.save(buffer, "PNG", compress_level=4)
    return Picture(buffer.getvalue(), ".jpg" if is_photo else ".png", image.width, image.height)
