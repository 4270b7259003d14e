"""Study days: calendar days that turn at 4 a.m. local time, so a session past midnight still belongs to tonight."""

from datetime import date, datetime, timedelta, tzinfo

from attnquiz.errors import UsageError


def study_day(at: datetime, zone: tzinfo | None, turns_at: int = 4) -> date:
    """The day that `at` (aware) belongs to in `zone` (None: the system's local time).

    It is read off the wall clock, so a day of 23 or 25 hours is one day.
    """
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone has no study day: {at}")
    if not 2 <= at.year <= 9998:  # the first and last years have moments without a day in some zone
        raise UsageError(
            f"the time {at.isoformat()} is outside the calendar: give one between the years 2 and 9998",
            f"时间 {at.isoformat()} 超出了日历范围：请给出公元 2 年到 9998 年之间的时间",
        )
    wall_clock = at.astimezone(zone).replace(tzinfo=None)
    return (wall_clock - timedelta(hours=turns_at)).date()
