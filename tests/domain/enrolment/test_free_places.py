"""How many places an institution could still have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.enrolment.quota import (
    PER_INSTITUTION,
    Counts,
    Placed,
    Quota,
    QuotaRule,
    decide,
    one_cap,
    room,
)

BUCKETS = ("HKA", "UDA", "EXT:town hall", "INDEPENDENT")


@pytest.mark.parametrize(
    ("places", "cap", "own", "others", "free"),
    [(50, 5, 3, 0, 2), (10, 5, 3, 6, 1), (10, 5, 3, 7, 0), (50, 5, 6, 0, 0), (10, None, 6, 1, 3)],
)
def test_free_is_what_is_left_below_the_cap_and_in_the_edition(
    places: int, cap: int | None, own: int, others: int, free: int
) -> None:
    counts = Counts.of_buckets({"HKA": own, "UDA": others})
    assert room(counts, one_cap(places, cap), "HKA") == free


def test_places_that_are_held_for_others_are_not_free_and_after_the_cut_off_nothing_is() -> None:
    held = Quota(10, (QuotaRule("institution:UDA", min=4),))
    counts = Counts.of_buckets({"HKA": 3, "UDA": 1})
    assert (room(counts, held, "HKA"), room(counts, held, "UDA")) == (3, 6)
    assert room(counts, held.with_cut_off(), "UDA") == 0


@given(
    st.integers(0, 12),
    st.lists(st.sampled_from(BUCKETS), max_size=10),
    st.sampled_from([None, 0, 2, 4]),
    st.sampled_from([None, 0, 3]),
    st.integers(0, 3),
    st.sampled_from(BUCKETS),
)
def test_as_many_are_free_as_would_be_placed_one_after_the_other(
    places: int,
    placed: list[str],
    cap: int | None,
    of_externals: int | None,
    reserve: int,
    bucket: str,
) -> None:
    rules = (
        QuotaRule(PER_INSTITUTION, cap),
        QuotaRule("group:externals", of_externals),
        QuotaRule("institution:UDA", cap, reserve),
    )
    quota = Quota(places, rules)
    counts = Counts.of_buckets({one: placed.count(one) for one in placed})
    free = room(counts, quota, bucket)
    for _ in range(free):
        assert isinstance(decide(counts, quota, bucket), Placed)
        counts.take(bucket)
    assert not isinstance(decide(counts, quota, bucket), Placed)
