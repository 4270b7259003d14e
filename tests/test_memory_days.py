"""Study days turn at 4 a.m. local time, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnquiz.errors import UsageError
from attnquiz.memory.days import study_day

BERLIN = ZoneInfo("Europe/Berlin")
HELSINKI = ZoneInfo("Europe/Helsinki")  # its clocks are set back from 4 a.m. to 3 a.m.
ZONES = [BERLIN, HELSINKI, *map(ZoneInfo, ("UTC", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"))]


def local(zone: ZoneInfo, *wall_clock: int, fold: int = 0) -> datetime:
    return datetime(*wall_clock, tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("wall_clock", "day"),
    [
        ((2026, 3, 2, 23, 59), date(2026, 3, 2)),
        ((2026, 3, 3, 0, 1), date(2026, 3, 2)),
        ((2026, 3, 3, 3, 59, 59), date(2026, 3, 2)),
        ((2026, 3, 3, 4, 0), date(2026, 3, 3)),
    ],
)
def test_the_day_turns_at_4_in_the_morning(wall_clock: tuple[int, ...], day: date) -> None:
    assert study_day(local(BERLIN, *wall_clock), BERLIN) == day


def test_the_turn_can_be_at_another_hour() -> None:
    assert study_day(local(BERLIN, 2026, 3, 3, 4, 30), BERLIN, turns_at=5) == date(2026, 3, 2)


@pytest.mark.parametrize("night", [date(2026, 3, 28), date(2026, 10, 24)], ids=["clocks forward", "clocks back"])
def test_sessions_around_midnight_are_a_day_apart_when_the_clocks_change(night: date) -> None:
    evenings = [datetime(night.year, night.month, night.day, 23, 30, tzinfo=BERLIN), None, None]
    evenings[1] = local(BERLIN, night.year, night.month, night.day + 2, 0, 30)  # the next night, past midnight
    evenings[2] = local(BERLIN, night.year, night.month, night.day + 2, 21, 0)
    assert [study_day(at, BERLIN) for at in evenings if at] == [night + timedelta(days=n) for n in range(3)]


def test_an_hour_that_comes_twice_belongs_to_the_day_before_both_times() -> None:
    twice = [local(HELSINKI, 2026, 10, 25, 3, 30, fold=fold) for fold in (0, 1)]
    assert twice[1] - twice[0] == timedelta(hours=1)
    assert [study_day(at, HELSINKI) for at in twice] == [date(2026, 10, 24)] * 2


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1)),
    st.timedeltas(timedelta(minutes=1), timedelta(days=2)),
)
def test_a_later_moment_is_never_on_an_earlier_day(zone: ZoneInfo, at: datetime, later: timedelta) -> None:
    at = at.replace(tzinfo=UTC)
    assert study_day(at, zone) <= study_day(at + later, zone)


@given(
    st.sampled_from(ZONES), st.dates(date(2015, 1, 1), date(2035, 1, 1)), st.integers(-350, 350), st.integers(-350, 350)
)
def test_a_nightly_habit_advances_by_one_day_each_night(zone: ZoneInfo, day: date, first: int, second: int) -> None:
    nine = datetime(day.year, day.month, day.day, 21)
    tonight = (nine + timedelta(minutes=first)).replace(tzinfo=zone)
    tomorrow = (nine + timedelta(days=1, minutes=second)).replace(tzinfo=zone)
    assert (study_day(tomorrow, zone) - study_day(tonight, zone)).days == 1


def test_the_same_moment_has_the_day_of_each_zone() -> None:
    at = datetime(2026, 3, 2, 21, tzinfo=UTC)
    assert study_day(at, ZoneInfo("Asia/Tokyo")) == date(2026, 3, 3)
    assert study_day(at, ZoneInfo("America/New_York")) == date(2026, 3, 2)


def test_no_zone_means_local_time() -> None:
    at = datetime(2026, 3, 2, 21, tzinfo=UTC)
    assert study_day(at, None) == study_day(at, at.astimezone().tzinfo)


@pytest.mark.parametrize("at", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)])
def test_a_time_at_the_end_of_the_calendar_is_refused(at: datetime) -> None:
    with pytest.raises(UsageError, match="between the years 2 and 9998"):
        study_day(at, ZoneInfo("Asia/Tokyo"))


def test_a_time_without_a_zone_is_a_defect() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        study_day(datetime(2026, 3, 2), BERLIN)
