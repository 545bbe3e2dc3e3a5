"""Every change of a sealed credential is noticed: all positions by MC_ALL_FLIPS=1, else a sample.

A position is tried with one bit turned over and with another byte in its place. Noticed means
that the credential fails, or, where nothing covers what was changed (the latest timestamp itself
can always be taken away), that a check says so that did not before.
"""

import os
import random
from datetime import UTC, datetime

import pytest

from app.adapters.edc.elm.format_cache import FormatVerdicts
from app.adapters.edc.verification.verify import verify
from app.domain.credentials.verification import CheckStatus, Verdict, Verification
from tests.pki.authority import TestPki
from tests.pki.sealed import at_level

SEALED = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ALL = os.environ.get("MC_ALL_FLIPS") == "1"
SAMPLE = 120
GOOD = {CheckStatus.OK, CheckStatus.SKIPPED}


def checked(pki: TestPki, raw: bytes, verdicts: FormatVerdicts) -> Verification:
    return verify(
        raw,
        trust=pki.trust(),
        now=NOW,
        recognised=lambda _: None,
        verdicts=verdicts,
    )


def noticed(found: Verification) -> bool:
    return any(check.status not in GOOD for check in found.checks)


def positions(raw: bytes, dice: random.Random, *, whole: bool) -> list[int]:
    seal = raw.index(b'"signatures"')
    if ALL and whole:
        # What is signed is tried once, in the seal without anything beside it.
        beside = raw.find(b'"header"')
        return list(range(max(beside, 0), len(raw)))
    return sorted(
        {*dice.sample(range(seal), SAMPLE // 3), *dice.sample(range(seal, len(raw)), SAMPLE)}
    )


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LTA"])
@pytest.mark.parametrize("label", ["seal-ec", "seal-rsa"])
def test_every_flip_is_noticed(pki: TestPki, level: str, label: str) -> None:
    raw, verdicts = at_level(pki, level, SEALED, label, small=True), FormatVerdicts(8)
    assert checked(pki, raw, verdicts).verdict is Verdict.VERIFIED
    dice = random.Random(20261124)
    unnoticed = []
    for position in positions(raw, dice, whole=label == "seal-ec" and level != "B-T"):
        bit = raw[position] ^ (1 << dice.randrange(8))
        byte = (raw[position] + dice.randrange(1, 256)) % 256
        for value in (bit, byte):
            changed = raw[:position] + bytes([value]) + raw[position + 1 :]
            if not noticed(checked(pki, changed, verdicts)):
                unnoticed.append((position, value, raw[max(0, position - 30) : position + 10]))
    assert unnoticed == []
