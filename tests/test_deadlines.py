"""Takes needed by a time: let go as late as may be, earliest first, and nobody else is kept out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.deadlines import IN_A_ROW, RESERVE, Wanted, pressing


def test_nothing_presses_while_there_is_time_for_others() -> None:
    assert pressing([Wanted(1, within=3600, lasts=60)], other=60) is None


def test_it_has_to_go_once_letting_another_go_first_would_make_it_late() -> None:
    enough = 60 + 60 + RESERVE
    assert pressing([Wanted(1, within=enough + 1, lasts=60)], other=60) is None
    assert pressing([Wanted(1, within=enough - 1, lasts=60)], other=60) == 1


def test_the_earliest_goes_first_even_where_the_later_one_is_in_danger() -> None:
    wanted = [Wanted(1, within=400, lasts=310), Wanted(2, within=390, lasts=10)]
    assert pressing(wanted, other=60) == 2


def test_many_for_one_hour_press_long_before_it() -> None:
    twenty = [Wanted(n, within=3600, lasts=150) for n in range(20)]
    assert pressing(twenty, other=60) == 0
    assert pressing(twenty[:10], other=60) is None


def test_two_devices_need_half_the_time() -> None:
    twenty = [Wanted(n, within=3600, lasts=150) for n in range(20)]
    assert pressing(twenty, other=60, devices=2) is None


def test_a_time_that_is_over_presses_nobody() -> None:
    assert pressing([Wanted(1, within=-5, lasts=60)], other=60) is None


def late(wanted: list[Wanted], others: int, other: float) -> tuple[int, int]:
    """How many are late, and how many of the others went, on one device until all that is needed is made."""
    at, missed, in_a_row, gone = 0.0, 0, 0, 0
    left = list(wanted)
    while left:
        now = [Wanted(each.pk, each.within - at, each.lasts) for each in left]
        pk = pressing(now, other)
        if gone < others and (pk is None or in_a_row >= IN_A_ROW):
            at, gone, in_a_row = at + other, gone + 1, 0
            continue
        taken = next(each for each in left if pk is None or each.pk == pk)
        left.remove(taken)
        at, in_a_row = at + taken.lasts, in_a_row + 1
        missed += at > taken.within
    return missed, gone


@given(st.lists(st.floats(5, 120), min_size=1, max_size=12), st.floats(5, 120), st.floats(1, 3))
def test_what_fits_beside_the_others_is_never_late(lasts: list[float], other: float, room: float) -> None:
    """With time for all of it and every third turn for others, every one is ready, however many others wait."""
    within = (sum(lasts) + other * (len(lasts) // IN_A_ROW + 1) + RESERVE) * room
    wanted = [Wanted(n, within, seconds) for n, seconds in enumerate(lasts)]
    assert late(wanted, others=1000, other=other)[0] == 0


@pytest.mark.parametrize("hours", [1, 10])
def test_others_go_in_between_even_when_all_is_late(hours: int) -> None:
    wanted = [Wanted(n, within=100, lasts=50) for n in range(30)]
    _, gone = late(wanted, others=hours * 60, other=60)
    assert gone >= len(wanted) // IN_A_ROW - 1
