"""Registrations and responses, to and from the rows of their tables."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import CollectionAggregate, Row, Uuid, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY

from app.domain.enrolment.affiliation import Affiliation, Kind
from app.domain.enrolment.claims import AffiliationClaim, ClaimState
from app.domain.enrolment.forms.consent import ConsentSaid
from app.domain.enrolment.forms.responses import Answers, StoredResponse
from app.domain.enrolment.ranking import Receipt, Source
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.plain import to_plain

_receipt_of = TypeAdapter(Receipt).validate_python
_said_of = TypeAdapter(ConsentSaid).validate_python
_answers_of = TypeAdapter(Answers).validate_python


def any_of(ids: Collection[UUID]) -> CollectionAggregate[bool]:
    """Stands for each of the ids after `==`. One parameter however many they are, where `IN` has
    one for each, of which asyncpg sends at most 32 767."""
    return any_(literal(list(ids), ARRAY(Uuid)))


def fixed(registration: Registration) -> dict[str, Any]:
    """What saving leaves as it is. The person changes by `Persons.join` alone, which holds no other
    edition: who has read the registration before must not write them back."""
    return {
        "id": registration.id,
        "edition": registration.edition,
        "person": registration.person,
        "registered_by": registration.registered_by,
        "privacy_notice_at": registration.privacy_notice_at,
        "created_at": registration.created_at,
    }


def values(registration: Registration) -> dict[str, Any]:
    """What may change."""
    affiliation, receipt = registration.affiliation, registration.receipt
    return {
        "state": registration.state,
        "reason": registration.reason,
        "received_at": receipt.received_at,
        "source": receipt.source,
        "form": receipt.form,
        "response": receipt.response,
        "rank": registration.rank,
        "stated": registration.stated,
        "affiliation_kind": affiliation.kind if affiliation else None,
        "affiliation_name": affiliation.name if affiliation else None,
        "bucket": affiliation.bucket if affiliation else None,
        "answers_at": registration.answers_at,
        "warnings": list(registration.warnings),
        "identity_decided": registration.identity_decided,
        "decision_seq": registration.decision_seq,
        "pending": to_plain(registration.pending),
        "imported_by": registration.imported_by,
        "ended_at": registration.ended_at,
        "claim_state": registration.claim.state,
        "claim_institution": registration.claim.institution,
        "claim_at": registration.claim.at,
        "claim_by": registration.claim.by,
        "claim_reason": registration.claim.reason,
        "consents": to_plain(registration.consents),
        "consent_said": to_plain(registration.consent_said),
        "data_confirmed_at": registration.data_confirmed_at,
        "version": registration.version,
    }


def to_registration(row: Row[Any]) -> Registration:
    """The registration in a row of its table."""
    state = State(row.state)
    affiliation = None
    if row.bucket is not None:
        affiliation = Affiliation(Kind(row.affiliation_kind), row.bucket, row.affiliation_name)
    return Registration(
        id=row.id,
        edition=row.edition,
        person=row.person,
        state=state,
        reason=Reason(row.reason),
        receipt=Receipt(row.received_at, Source(row.source), row.form, row.response),
        rank=row.rank,
        stated=row.stated,
        affiliation=affiliation,
        registered_by=row.registered_by,
        privacy_notice_at=row.privacy_notice_at,
        answers_at=row.answers_at,
        created_at=row.created_at,
        warnings=tuple(row.warnings),
        identity_decided=row.identity_decided,
        decision_seq=row.decision_seq,
        pending=_receipt_of(row.pending) if row.pending else None,
        imported_by=row.imported_by,
        ended_at=row.ended_at,
        claim=AffiliationClaim(
            ClaimState(row.claim_state),
            row.claim_institution,
            row.claim_at,
            row.claim_by,
            row.claim_reason,
        ),
        data_confirmed_at=row.data_confirmed_at,
        consent_said=_said_of(row.consent_said) if row.consent_said else None,
        consents={what: datetime.fromisoformat(at) for what, at in row.consents.items()},
        version=row.version,
        stored_state=state,
        stored_bucket=row.bucket,
    )


def to_response(row: Row[Any]) -> StoredResponse:
    """The response in a row of its table."""
    return StoredResponse(
        form=row.form,
        number=row.number,
        received_at=row.received_at,
        answers=_answers_of(row.answers),
        answers_at=row.answers_at,
        registration=row.registration,
        brought_by=row.brought_by,
        other_time=row.other_time,
    )
