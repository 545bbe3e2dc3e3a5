"""Credentials built from the material, for tests that begin where building ends."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.edc.elm.document import build_credential
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.specification import Organisation, Specification
from tests.adapters.edc.material import (
    ALLIANCE,
    CREDENTIAL,
    ISSUED,
    ISSUER,
    PARTNERS,
    PICTURES,
    a_course,
    a_full_course,
    an_award,
)


def a_credential(
    specification: Specification | None = None,
    award: Award | None = None,
    *,
    issuer: Organisation = ISSUER,
    issued: datetime = ISSUED,
    images: Mapping[str, bytes] = PICTURES,
    credential_id: UUID = CREDENTIAL,
    alliance_name: Mapping[str, str] = ALLIANCE,
) -> dict[str, Any]:
    return build_credential(
        credential_id=credential_id,
        award=award or an_award(),
        specification=specification or a_course(),
        issuer=issuer,
        organisations=PARTNERS,
        alliance_name=alliance_name,
        issued=issued,
        images=images,
    )


def a_full_credential() -> dict[str, Any]:
    return a_credential(a_full_course())


def as_bytes(credential: Mapping[str, Any]) -> bytes:
    return json.dumps(credential, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
