"""How many places an institution could still have."""

import pytest

from app.domain.enrolment.use_cases_places import InstitutionPlaces


@pytest.mark.parametrize(
    ("cap", "placed", "left", "free"),
    [
        (5, 3, None, 2),
        (5, 3, 9, 2),
        (5, 3, 1, 1),
        (5, 3, 0, 0),
        (5, 6, 3, 0),
        (None, 6, 3, 3),
        (None, 6, None, None),
    ],
)
def test_free_is_what_is_left_below_the_cap_and_in_the_edition(
    cap: int | None, placed: int, left: int | None, free: int | None
) -> None:
    assert InstitutionPlaces("HKA", cap, placed, 0, {}, 0, left=left).free == free
