"""When a PC helps others, and when it does nothing at all."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmstt.core.helping.availability import HELP_WHEN, Availability, Facts, HelpPolicy, Pause, decide, within
from swarmstt.phrases import OF_PEERS, own_unavailability

ZONE = timezone(timedelta(hours=2))
NOON = datetime(2030, 5, 1, 12, 0, tzinfo=ZONE)
NIGHT = HelpPolicy(help_when="hours", help_from=time(22, 0), help_until=time(7, 0))

times = st.times().map(lambda each: each.replace(second=0, microsecond=0))
moments = st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2100, 1, 1), timezones=st.just(ZONE))  # noqa: DTZ001
policy = st.builds(
    HelpPolicy,
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


@given(policy, facts)
def test_without_a_pause_the_own_books_always_go_on(policy: HelpPolicy, facts: Facts) -> None:
    assert decide(policy, None, facts).decodes


@given(policy, st.none() | moments, facts)
def test_a_pause_stops_all_until_it_ends(policy: HelpPolicy, until: datetime | None, facts: Facts) -> None:
    now = decide(policy, Pause(until=until), facts)
    if until is None or facts.now < until:
        assert (now.decodes, now.helps_others, now.until) == (False, False, until)
    else:
        assert now == decide(policy, None, facts)


@given(policy, facts)
def test_on_battery_only_always_helps(policy: HelpPolicy, facts: Facts) -> None:
    if facts.on_battery:
        assert decide(policy, None, facts).helps_others == (policy.help_when == "always")


@given(policy, st.none() | moments.map(lambda until: Pause(until=until)), facts)
def test_who_does_not_help_says_why_and_what_is_to_come_is_to_come(
    policy: HelpPolicy, pause: Pause | None, facts: Facts
) -> None:
    now = decide(policy, pause, facts)
    assert now.helps_others == (now.unavailability is None)
    assert now.until is None or now.until > facts.now


@given(policy, facts)
def test_the_clock_alone_changes_nothing_before_it_is_foretold(policy: HelpPolicy, facts: Facts) -> None:
    now = decide(policy, None, facts)
    if now.until is None:
        return
    waited = now.until - facts.now
    idle = None if facts.idle_seconds is None else facts.idle_seconds + waited.total_seconds() + 0.001
    later = decide(policy, None, Facts(now=now.until, on_battery=facts.on_battery, idle_seconds=idle))
    assert later.helps_others != now.helps_others


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
    now = decide(NIGHT, None, at(hour))
    assert now.helps_others is helping
    assert now.until == NOON.replace(day=until[0], hour=until[1])


def test_only_when_nobody_uses_it() -> None:
    chosen = HelpPolicy(help_when="idle", idle_minutes=10)
    assert not decide(chosen, None, Facts(now=NOON, idle_seconds=599.0)).helps_others
    assert decide(chosen, None, Facts(now=NOON, idle_seconds=600.0)).helps_others
    unknown = decide(chosen, None, Facts(now=NOON))
    assert (unknown.helps_others, unknown.is_use_unknown) == (True, True)


@given(facts)
def test_one_that_was_started_to_decode_nothing_decodes_nothing(facts: Facts) -> None:
    now = decide(HelpPolicy(no_helping=True), None, facts)
    assert not now.decodes
    assert said(now, facts).startswith("This PC was started with --no_helping")


def said(now: Availability, facts: Facts) -> str:
    assert now.unavailability is not None
    return own_unavailability(now.unavailability, facts.now)


def test_a_pause_tells_when_it_ends_in_local_time() -> None:
    until = (NOON + timedelta(hours=3)).astimezone(timezone.utc)
    assert "until 15:00" in said(decide(HelpPolicy(), Pause(until=until), at(12)), at(12))


@pytest.mark.parametrize(
    ("policy", "facts", "sentence"),
    [
        (HelpPolicy(), Facts(now=NOON, on_battery=True), "It is on battery, so it works only on its own books."),
        (
            HelpPolicy(help_when="idle", idle_minutes=1),
            Facts(now=NOON, idle_seconds=0.0),
            "Somebody is using it; it helps others again after 1 minute without use.",
        ),
        (NIGHT, at(12), "It helps others from 22:00 to 07:00 only."),
    ],
)
def test_it_says_why_it_does_not_help(policy: HelpPolicy, facts: Facts, sentence: str) -> None:
    assert said(decide(policy, None, facts), facts) == sentence


@given(policy, st.none() | st.builds(Pause, until=st.none() | moments), facts)
def test_peers_are_told_a_word_that_they_know(policy: HelpPolicy, pause: Pause | None, facts: Facts) -> None:
    now = decide(policy, pause, facts)
    assert now.unavailability is None or now.unavailability.kind in OF_PEERS
