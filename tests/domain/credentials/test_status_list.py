"""Lists of bits as the specification has them, read back by a decoder of the test's own."""

import base64
import gzip
from datetime import UTC, datetime

import pytest

from app.domain.credentials.status_list import (
    ENTRIES,
    StatusList,
    StatusPurpose,
    encoded,
    period_of,
    random_place,
)
from app.domain.ids import new_id


def bits_of(text: str) -> str:
    """The bits of an encoded list as a text of zeros and ones, the first one first."""
    assert text[0] == "u"
    assert "=" not in text
    packed = base64.urlsafe_b64decode(text[1:] + "=" * (-(len(text) - 1) % 4))
    return "".join(f"{byte:08b}" for byte in gzip.decompress(packed))


def test_the_first_place_is_the_left_most_bit():
    bits = bits_of(encoded([0], ENTRIES))
    assert bits == "1" + "0" * (ENTRIES - 1)


def test_exactly_the_given_bits_are_set():
    places = {0, 7, 8, 94_567, ENTRIES - 1}
    bits = bits_of(encoded(places, ENTRIES))
    assert {place for place, bit in enumerate(bits) if bit == "1"} == places
    assert len(bits) == 131_072


def test_the_same_bits_are_the_same_text_so_that_caches_and_seals_hold():
    assert encoded({5, 9}, ENTRIES) == encoded([9, 5], ENTRIES)


def test_the_w3c_example_of_an_empty_list_is_read_alike():
    # Bitstring Status List v1.0 gives the form `u` + base64url(GZIP(bits)) of 16 KiB of zeros.
    assert set(bits_of(encoded([], ENTRIES))) == {"0"}
    assert len(encoded([], ENTRIES)) < 100


def test_a_list_is_valid_from_its_last_change_or_the_day_whichever_is_later():
    changed = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    found = StatusList(new_id(), StatusPurpose.REVOCATION, ENTRIES, [], changed)
    assert found.made_at(datetime(2026, 11, 24, 20, tzinfo=UTC)) == changed
    assert found.made_at(datetime(2026, 11, 26, 20, tzinfo=UTC)) == datetime(
        2026, 11, 26, tzinfo=UTC
    )
    assert found.believed_until(datetime(2026, 11, 26, 20, tzinfo=UTC)) == datetime(
        2026, 11, 28, tzinfo=UTC
    )


def test_places_are_anywhere_in_the_list():
    places = {random_place(ENTRIES) for _ in range(2000)}
    assert min(places) < ENTRIES // 8
    assert max(places) > ENTRIES - ENTRIES // 8


@pytest.mark.parametrize(("month", "year"), [(1, "2026"), (12, "2026")])
def test_lists_are_begun_anew_each_year(month, year):
    assert period_of(datetime(2026, month, 15, tzinfo=UTC)) == year
