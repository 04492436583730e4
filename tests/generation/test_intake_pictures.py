"""A picture is taken upright and plain, or refused before it can do harm."""

import io
import resource
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from storyboard import intake


class Sent:
    """Stands in for an uploaded file; remembers how much of it was read."""

    def __init__(self, name, data, size=None):
        self.name, self.data, self.size, self.read = name, data, len(data) if size is None else size, 0

    def chunks(self):
        for start in range(0, len(self.data), 1 << 16):
            self.read += 1 << 16
            yield self.data[start : start + (1 << 16)]


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(picture):
    return Image.open(io.BytesIO(picture.data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_each_usual_kind_is_taken_whatever_its_name(kind):
    picture = intake.picture(Sent("plan.txt", encoded(Image.new("RGB", (40, 30), (200, 30, 30)), kind)))
    assert (picture.width, picture.height) == (40, 30)
    assert picture.suffix == (".jpg" if kind == "JPEG" else ".png")
    assert opened(picture).convert("RGB").getpixel((20, 15))[0] > 180


def test_a_phone_picture_is_turned_upright_and_says_nothing_of_its_place():
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "taken at home"
    sent = Sent("a.jpg", encoded(Image.new("RGB", (40, 30)), "JPEG", exif=exif, comment=b"taken at home"))
    picture = intake.picture(sent)
    assert (picture.width, picture.height) == (30, 40)
    assert b"taken at home" in sent.data and b"taken at home" not in picture.data
    assert not opened(picture).getexif()


def test_words_and_profiles_inside_a_png_are_left_behind():
    from PIL import ImageCms
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("prompt", "a secret")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = intake.picture(
        Sent("a.png", encoded(Image.new("RGB", (8, 8)), "PNG", pnginfo=words, icc_profile=profile))
    )
    assert b"a secret" not in picture.data and b"iCCP" not in picture.data


def test_what_is_transparent_becomes_neutral_grey():
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    image.putpixel((0, 0), (255, 0, 0, 255))
    flat = opened(intake.picture(Sent("a.png", encoded(image, "PNG"))))
    assert (flat.mode, flat.getpixel((4, 4)), flat.getpixel((0, 0))) == ("RGB", (128, 128, 128), (255, 0, 0))


def test_sixteen_bit_greys_keep_their_tone():
    deep = Image.fromarray(np.full((8, 8), 0x8000, dtype=np.uint16))
    assert opened(intake.picture(Sent("a.png", encoded(deep, "PNG")))).getpixel((4, 4)) == (128, 128, 128)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "YCbCr"])
def test_every_colour_mode_comes_out_as_rgb(mode):
    kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    assert opened(intake.picture(Sent("a", encoded(Image.new(mode, (8, 8)), kind)))).mode == "RGB"


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (16, 16), color) for color in ((0, 200, 0), (200, 0, 0))]
    animated = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert opened(intake.picture(Sent("a.gif", animated))).getpixel((8, 8))[1] > 150


def giant_png(side):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("side", "found"), [(60_000, "3600 megapixels"), (10_000, "10000 x 10000 pixels")])
def test_a_giant_is_refused_at_once_and_without_memory(side, found):
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(intake.TooLarge, match=f"huge.png is {found}; at most 40 megapixels"):
        intake.picture(Sent("huge.png", giant_png(side)))
    assert time.process_time() - started < 0.5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_too_many_bytes_stop_while_they_arrive():
    sent = Sent("big.png", b"\0" * (8 << 20), size=10)
    with pytest.raises(intake.TooLarge, match=r"big\.png is larger than 1 MB"):
        intake.picture(sent, intake.Limit(bytes=1 << 20, pixels=1000))
    assert sent.read <= (1 << 20) + (1 << 16)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "an empty file"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "a web page"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "a HEIC or AVIF picture"),
        (b"#EXTM3U\n", "a playlist"),
        (b"just words", "a text"),
        (bytes(range(256)), "a file of an unknown kind"),
    ],
)
def test_what_is_no_picture_is_called_what_it_seems(data, found):
    with pytest.raises(intake.Refused, match=rf"plan\.png is {found}.*send a PNG, JPEG or WEBP"):
        intake.picture(Sent("plan.png", data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_cut_off_is_refused(kind):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 200, 3), dtype=np.uint8))
    data = encoded(noise, kind)
    with pytest.raises(intake.Refused, match=r"half\.png is (damaged|a picture)"):
        intake.picture(Sent("half.png", data[: len(data) // 2]))


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\..\\y.png", "a\nb\x00c.png", "n" * 500, "", None])
def test_a_strange_name_is_only_ever_words(name):
    with pytest.raises(intake.Refused) as refused:
        intake.picture(Sent(name, b"no picture"))
    said = str(refused.value)
    assert "\n" not in said and ".." not in said and len(said) < 220
