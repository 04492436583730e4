"""Words fit on a card, whatever they are and however many."""

import numpy as np
import pytest
from PIL import Image

from storyboard.cut import CutShot
from storyboard.exporters.cards import GREY, card, framed
from storyboard.exporters.lettering import clipped, font_for, is_covered, wrapped


@pytest.mark.parametrize("text", ["She runs. Ærø, Łódź, Ñandú", "Привет, мир", "Καλημέρα", "لا أحد هناك.", "שלום"])
def test_the_house_font_has_the_letters(text):
    assert is_covered(text)


def test_letters_no_font_has_are_owned_up_to():
    assert not is_covered("\U0001f409\U00013080")
    plain, odd = (
        np.asarray(card(CutShot(1, "010", "1", "", "card", 1, line=line), 640, 360)) for line in ("a", "\U00013080")
    )
    foot = slice(300, 340)
    assert (plain[foot] == GREY).all() and not (odd[foot] == GREY).all()


def test_a_shot_of_nothing_but_dialogue_says_it_once():
    said = "INGRID: We're closed."
    once, spoken = (
        np.asarray(card(CutShot(1, "010", "1", "", "card", 1, line=said, dialogue=words), 640, 360))
        for words in ("", said)
    )
    assert np.array_equal(once, spoken)


def test_words_are_kept_whole_and_lines_keep_to_the_width():
    font = font_for("a", 20)
    lines = wrapped("She walks along the pier and waits for the last ferry of the night.", font, 200, 9)
    assert len(lines) > 2 and all(font.getlength(line) <= 200 for line in lines)
    assert " ".join(lines) == "She walks along the pier and waits for the last ferry of the night."


def test_writing_without_spaces_is_broken_between_letters():
    font = font_for("a", 20)
    lines = wrapped("a" * 100, font, 200, 99)
    assert "".join(lines) == "a" * 100 and all(font.getlength(line) <= 200 for line in lines)


def test_what_does_not_fit_ends_in_an_ellipsis():
    font = font_for("a", 20)
    lines = wrapped("word " * 200, font, 200, 3)
    assert len(lines) == 3 and lines[-1].endswith("…") and font.getlength(lines[-1]) <= 200
    assert clipped("short", font, 200) == "short"


@pytest.mark.parametrize("size", [(64, 36), (320, 180), (360, 640), (1920, 1080), (4096, 400)])
def test_a_card_of_any_shape_holds_any_words(size):
    shot = CutShot(1, "010A", "1", "INT. " + "KITCHEN " * 40, "card", 1, line="word " * 400, dialogue="x" * 900)
    assert card(shot, *size).size == size


def test_a_panel_lies_whole_in_the_middle_with_clear_parts_grey(tmp_path):
    Image.new("RGBA", (50, 100), (255, 0, 0, 0)).save(tmp_path / "panel.png")
    canvas = framed(tmp_path / "panel.png", 200, 100)
    assert canvas.getpixel((100, 50)) == (128, 128, 128)
    assert canvas.getpixel((10, 50)) == (0, 0, 0)
