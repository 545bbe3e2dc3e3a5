from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.domain.results.errors import LinkNoLongerValid
from app.domain.results.links import Link, LinkState, new_token, token_hash

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def link(token: str = "t") -> Link:
    return Link(
        uuid4(), uuid4(), uuid4(), token_hash(token), "ana@example.org", NOON,
        NOON + timedelta(days=14),
    )  # fmt: skip


def test_a_token_has_256_bits_and_is_not_what_is_kept():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {43}
    kept = link("secret").token_hash
    assert len(kept) == 64
    assert "secret" not in kept


def test_a_link_is_opened_once():
    mine = link()
    mine.open(address=mine.address, at=NOON)
    assert mine.state(NOON) is LinkState.USED
    assert [type(e).__name__ for e in mine.take_events()] == ["AddressConfirmed"]
    with pytest.raises(LinkNoLongerValid):
        mine.open(address=mine.address, at=NOON)


def test_a_link_that_has_expired_does_not_open():
    mine = link()
    late = NOON + timedelta(days=14)
    assert mine.state(late) is LinkState.EXPIRED
    with pytest.raises(LinkNoLongerValid):
        mine.open(address=mine.address, at=late)
    assert mine.opened_at is None


def test_the_address_does_not_show_in_traces():
    assert "ana@" not in repr(link())
