"""Film's clock: exact there and back at every rate, and strict about numbers that do not exist."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.timecode import BadTimecode, drops, nominal, to_frame, to_timecode

RATES = [
    (8, 1),
    (16, 1),
    (24000, 1001),
    (24, 1),
    (25, 1),
    (30000, 1001),
    (30, 1),
    (48, 1),
    (60000, 1001),
    (60, 1),
    (120, 1),
]
A_DAY = 24 * 3600

frames = st.integers(0, A_DAY * 120)
rates = st.sampled_from(RATES)


@given(frames, rates)
def test_a_frame_survives_the_way_there_and_back(frame, rate):
    assert to_frame(to_timecode(frame, rate), rate) == frame
    assert to_frame(to_timecode(frame, rate, drop=False), rate) == frame


@given(frames, rates)
def test_later_frames_have_later_numbers(frame, rate):
    assert to_timecode(frame, rate).zfill(14) < to_timecode(frame + 1, rate).zfill(14)


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 59), rates)
def test_a_number_survives_the_way_there_and_back_unless_it_does_not_exist(hours, minutes, seconds, number, rate):
    mark = ";" if drops(rate) else ":"
    digits = 3 if nominal(rate) > 100 else 2
    text = f"{hours:02}:{minutes:02}:{seconds:02}{mark}{number % nominal(rate):0{digits}}"
    skipped = {30: 2, 60: 4}[nominal(rate)] if drops(rate) else 0
    if minutes % 10 and not seconds and number % nominal(rate) < skipped:
        with pytest.raises(BadTimecode, match="leaves out"):
            to_frame(text, rate)
    else:
        assert to_timecode(to_frame(text, rate), rate) == text


@pytest.mark.parametrize(
    ("frame", "rate", "text"),
    [
        (0, (24, 1), "00:00:00:00"),
        (86399, (24, 1), "00:59:59:23"),
        (1799, (30000, 1001), "00:00:59;29"),
        (1800, (30000, 1001), "00:01:00;02"),
        (17981, (30000, 1001), "00:09:59;29"),
        (17982, (30000, 1001), "00:10:00;00"),
        (107892, (30000, 1001), "01:00:00;00"),
        (3600, (60000, 1001), "00:01:00;04"),
        (215784, (60000, 1001), "01:00:00;00"),
        (1440, (24000, 1001), "00:01:00:00"),
        (100 * 3600 * 25, (25, 1), "100:00:00:00"),
    ],
)
def test_known_numbers(frame, rate, text):
    assert to_timecode(frame, rate) == text
    assert to_frame(text, rate) == frame


@pytest.mark.parametrize(("rate", "per_day"), [((30000, 1001), 2589408), ((60000, 1001), 5178816)])
def test_drop_frame_stays_with_the_wall_over_a_day(rate, per_day):
    assert to_timecode(per_day, rate) == "24:00:00;00"
    assert abs(per_day * rate[1] / rate[0] - A_DAY) < 0.1


def test_a_rate_in_other_terms_is_the_same_rate():
    assert to_timecode(1800, (60000, 2002)) == "00:01:00;02"
    assert nominal((24000, 1001)) == 24


@pytest.mark.parametrize(
    ("text", "rate", "words"),
    [
        ("tomorrow", (24, 1), "'tomorrow' is not a timecode; expected HH:MM:SS:FF"),
        ("", (24, 1), "is not a timecode"),
        ("00:00:00:24", (24, 1), "has 24 frames; at this rate they run from 0 to 23"),
        ("00:61:00:00", (24, 1), "has 61 minutes"),
        ("00:00:75:00", (24, 1), "has 75 seconds"),
        ("00:00:01;00", (24, 1), "drop-frame does not exist at 24/1"),
        ("00:01:00;01", (30000, 1001), "the next is 00:01:00;02"),
        ("٠٠:٠٠:٠١:٠٠", (24, 1), "is not a timecode"),
    ],
)
def test_a_wrong_timecode_is_explained(text, rate, words):
    with pytest.raises(BadTimecode, match=words):
        to_frame(text, rate)


def test_frames_before_the_first_and_drop_frame_where_there_is_none_are_refused():
    with pytest.raises(BadTimecode, match="count from 0"):
        to_timecode(-1, (24, 1))
    with pytest.raises(BadTimecode, match="does not exist at 25/1"):
        to_timecode(0, (25, 1), drop=True)
