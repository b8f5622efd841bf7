"""When a PC helps others, and when it does nothing at all."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.manners import HELP_WHEN, IDLE_UNKNOWN, Facts, Pause, Wishes, decide, within
from swarmstt.core.why_not import SENTENCES

ZONE = timezone(timedelta(hours=2))
NOON = datetime(2030, 5, 1, 12, 0, tzinfo=ZONE)
NIGHT = Wishes(help_when="hours", help_from=time(22, 0), help_until=time(7, 0))

times = st.times().map(lambda each: each.replace(second=0, microsecond=0))
moments = st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2100, 1, 1), timezones=st.just(ZONE))  # noqa: DTZ001
wishes = st.builds(
    Wishes,
    help_when=st.sampled_from(HELP_WHEN),
    idle_minutes=st.integers(1, 1440),
    help_from=times,
    help_until=times,
)
facts = st.builds(
    Facts, now=moments, on_battery=st.booleans(), idle_seconds=st.none() | st.floats(0, 1e6, allow_nan=False)
)


def at(hour: int, minute: int = 0) -> Facts:
    return Facts(now=NOON.replace(hour=hour, minute=minute))


@given(wishes, facts)
def test_without_a_pause_the_own_books_always_go_on(wishes: Wishes, facts: Facts) -> None:
    assert decide(wishes, None, facts).working


@given(wishes, st.none() | moments, facts)
def test_a_pause_stops_all_until_it_ends(wishes: Wishes, until: datetime | None, facts: Facts) -> None:
    manners = decide(wishes, Pause(until=until), facts)
    if until is None or facts.now < until:
        assert (manners.working, manners.helping, manners.until) == (False, False, until)
    else:
        assert manners == decide(wishes, None, facts)


@given(wishes, facts)
def test_on_battery_only_always_helps(wishes: Wishes, facts: Facts) -> None:
    if facts.on_battery:
        assert decide(wishes, None, facts).helping == (wishes.help_when == "always")


@given(wishes, st.none() | moments.map(lambda until: Pause(until=until)), facts)
def test_who_does_not_help_says_why_and_what_is_to_come_is_to_come(
    wishes: Wishes, pause: Pause | None, facts: Facts
) -> None:
    manners = decide(wishes, pause, facts)
    assert manners.helping == (manners.why_not is None)
    assert manners.until is None or manners.until > facts.now


@given(wishes, facts)
def test_the_clock_alone_changes_nothing_before_it_is_foretold(wishes: Wishes, facts: Facts) -> None:
    manners = decide(wishes, None, facts)
    if manners.until is None:
        return
    waited = manners.until - facts.now
    idle = None if facts.idle_seconds is None else facts.idle_seconds + waited.total_seconds() + 0.001
    later = decide(wishes, None, Facts(now=manners.until, on_battery=facts.on_battery, idle_seconds=idle))
    assert later.helping != manners.helping


@given(times, times, times)
def test_hours_and_the_other_hours_make_a_day(moment: time, begin: time, end: time) -> None:
    if begin != end:
        assert within(moment, begin, end) != within(moment, end, begin)
    else:
        assert within(moment, begin, end)


@pytest.mark.parametrize(
    ("hour", "helping", "until"),
    [(21, False, (1, 22)), (22, True, (2, 7)), (23, True, (2, 7)), (6, True, (1, 7)), (7, False, (1, 22))],
)
def test_hours_over_midnight(hour: int, helping: bool, until: tuple[int, int]) -> None:
    manners = decide(NIGHT, None, at(hour))
    assert manners.helping is helping
    assert manners.until == NOON.replace(day=until[0], hour=until[1])


def test_only_when_nobody_uses_it() -> None:
    chosen = Wishes(help_when="idle", idle_minutes=10)
    assert not decide(chosen, None, Facts(now=NOON, idle_seconds=599.0)).helping
    assert decide(chosen, None, Facts(now=NOON, idle_seconds=600.0)).helping
    unknown = decide(chosen, None, Facts(now=NOON))
    assert (unknown.helping, unknown.reason, unknown.why_not) == (True, IDLE_UNKNOWN, None)


def test_a_pause_tells_when_it_ends_in_local_time() -> None:
    until = (NOON + timedelta(hours=3)).astimezone(timezone.utc)
    assert "until 15:00" in str(decide(Wishes(), Pause(until=until), Facts(now=NOON)).reason)


@given(wishes, st.none() | st.builds(Pause, until=st.none() | moments), facts)
def test_peers_are_told_a_word_that_they_know_exactly_where_it_does_not_help(
    wishes: Wishes, pause: Pause | None, facts: Facts
) -> None:
    manners = decide(wishes, pause, facts)
    assert manners.word is None if manners.helping else manners.word in SENTENCES
