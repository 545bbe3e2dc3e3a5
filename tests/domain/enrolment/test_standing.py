from collections import Counter
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domain.enrolment.quota import (
    EXTERNALS,
    PARTNERS,
    PER_INSTITUTION,
    Counts,
    Placed,
    Quota,
    QuotaRule,
    Waiting,
    check,
    decide,
    institution_scope,
    one_cap,
)
from app.domain.enrolment.ranking import received_by_form, received_over_api
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.standing import Standing, standing
from tests.domain.enrolment.queues import NOON, queue

letters = st.text(alphabet="ABCDEFGH", max_size=60)
caps = st.builds(one_cap, st.integers(1, 20), st.one_of(st.none(), st.integers(0, 6)))


def placed(standings: list[Standing]) -> str:
    return "".join(s.entrant.bucket if s.is_placed else "." for s in standings)


def reasons(standings: list[Standing]) -> list[Reason | None]:
    return [s.outcome.reason if isinstance(s.outcome, Waiting) else None for s in standings]


def test_a_full_institution_waits_while_later_ones_go_ahead():
    assert placed(standing(queue("AAAB"), one_cap(50, 2))) == "AA.B"


def test_each_waits_for_its_own_reason():
    found = standing(queue("AAABC"), one_cap(3, 2))
    assert reasons(found) == [None, None, Reason.QUOTA, None, Reason.FULL]


def test_true_ranks_count_everybody_before_and_everybody_before_from_the_same_institution():
    found = standing(queue("ABAAB"), one_cap(3, 1))
    assert [(s.position, s.position_within) for s in found] == [
        (1, 1), (2, 1), (3, 2), (4, 3), (5, 2),
    ]  # fmt: skip


@given(letters, caps)
def test_never_above_a_cap_and_never_wasteful(text: str, quota: Quota):
    found = standing(queue(text), quota)
    taken = Counter(s.entrant.bucket for s in found if s.is_placed)
    cap = quota.cap_of(PER_INSTITUTION)
    most = {b: n if cap is None else min(n, cap) for b, n in Counter(text).items()}
    assert all(taken[bucket] <= most[bucket] for bucket in taken)
    assert taken.total() == min(quota.places, sum(most.values()))


@given(letters, caps, st.data())
def test_a_withdrawal_costs_nobody_their_place_and_gives_out_at_most_one(
    text: str, quota: Quota, data: st.DataObject
):
    before = queue(text + "A")
    leaver = data.draw(st.sampled_from(before))
    had = {s.entrant.registration for s in standing(before, quota) if s.is_placed}
    after = standing([e for e in before if e != leaver], quota)
    have = {s.entrant.registration for s in after if s.is_placed}
    assert had - have <= {leaver.registration}
    assert len(have - had) <= 1


@given(letters, caps, st.randoms())
def test_the_order_in_which_registrations_are_listed_does_not_matter(text, quota, random):
    shuffled = queue(text)
    random.shuffle(shuffled)
    assert standing(shuffled, quota) == standing(queue(text), quota)


@given(letters, caps)
def test_nobody_who_fits_waits(text: str, quota: Quota):
    found = standing(queue(text), quota)
    counts = Counts.of_buckets(Counter(s.entrant.bucket for s in found if s.is_placed))
    assert not any(
        isinstance(decide(counts, quota, s.entrant.bucket), Placed)
        for s in found
        if not s.is_placed
    )


@given(letters, st.integers(1, 20), st.integers(0, 5), st.integers(0, 5))
def test_places_held_for_some_are_never_taken_by_others(text, places, least_a, least_b):
    quota = Quota(
        places,
        (
            QuotaRule(institution_scope("A"), min=min(least_a, places)),
            QuotaRule(institution_scope("B"), min=min(least_b, places - min(least_a, places))),
        ),
    )
    found = standing(queue(text), quota)
    taken = Counter(s.entrant.bucket for s in found if s.is_placed)
    asked = Counter(text)
    for scope, least in quota.reserves:
        bucket = scope.removeprefix("institution:")
        assert taken[bucket] >= min(least, asked[bucket])
    assert taken.total() <= places


def test_a_reserve_is_told_as_such_and_released_it_goes_to_whoever_is_next():
    held = Quota(3, (QuotaRule(institution_scope("A"), min=2),))
    assert reasons(standing(queue("BB"), held)) == [None, Reason.RESERVED]
    assert placed(standing(queue("BB"), held.with_released(institution_scope("A")))) == "BB"


def test_externals_share_a_cap_while_each_organisation_has_its_own():
    quota = Quota(50, (QuotaRule(PER_INSTITUTION, max=2), QuotaRule(EXTERNALS, max=3)))
    entrants = queue("")
    for number, bucket in enumerate(["EXT:a", "EXT:a", "EXT:a", "EXT:b", "INDEPENDENT", "UNIOVI"]):
        entrants.append(type(queue("A")[0])(f"{number}", UUID(int=number), bucket))
    assert reasons(standing(entrants, quota)) == [
        None, None, Reason.QUOTA, None, Reason.QUOTA, None,
    ]  # fmt: skip


def test_a_rule_for_one_partner_stands_in_for_the_common_one():
    quota = Quota(50, (QuotaRule(PER_INSTITUTION, max=1), QuotaRule(institution_scope("A"), max=3)))
    assert placed(standing(queue("AAAABB"), quota)) == "AAA.B."


def test_a_lifted_cap_lets_the_waiting_take_what_others_left():
    lifted = one_cap(5, 1).with_lifted(PER_INSTITUTION)
    assert placed(standing(queue("AABA"), lifted)) == "AABA"


def test_after_the_cut_off_nobody_gets_a_place():
    assert reasons(standing(queue("A"), one_cap(5, 1).with_cut_off())) == [Reason.CUT_OFF]


def test_an_override_is_placed_above_the_caps_and_takes_nobody_elses_place_beyond_its_own():
    entrants = queue("AAA")
    found = standing(entrants, one_cap(2, 2), {entrants[2].registration})
    assert placed(found) == "A.A"


def test_ties_go_to_the_api_and_then_to_the_lower_response_as_a_number():
    first, second = UUID(int=1), UUID(int=2)
    ranks = [
        received_over_api(NOON).rank(first),
        received_over_api(NOON).rank(second),
        received_by_form(NOON, "form", 9).rank(second),
        received_by_form(NOON, "form", 10).rank(first),
        received_by_form(NOON, "form2", 1).rank(first),
        received_over_api(NOON + timedelta(microseconds=1)).rank(first),
    ]
    assert sorted(ranks) == ranks


def test_a_quota_that_contradicts_itself_is_pointed_at():
    wrong = Quota(
        0,
        (
            QuotaRule(PER_INSTITUTION, max=-1, min=1),
            QuotaRule("institution:NOWHERE", max=1),
            QuotaRule("institution:NOWHERE", max=2),
            QuotaRule(PARTNERS, min=1),
            QuotaRule(institution_scope("UNIOVI"), min=1),
        ),
    )
    assert [(f.pointer, f.code) for f in check(wrong, ["UNIOVI"])] == [
        ("/places", "places_too_few"),
        ("/rules/0/max", "max_negative"),
        ("/rules/0/min", "min_above_max"),
        ("/rules/0/min", "min_needs_a_name"),
        ("/rules/1/scope", "scope_unknown"),
        ("/rules/2/scope", "scope_twice"),
        ("/rules/2/scope", "scope_unknown"),
        ("/rules", "reserves_overlap"),
        ("/rules", "reserves_above_places"),
    ]
