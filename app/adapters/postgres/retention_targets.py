"""What retention erases, kind by kind: which records, which of them are due, and what stays.

`COVERAGE` says for every column with personal data which kind it goes with, or why it goes with
none; a test compares it with the tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    and_,
    cast,
    exists,
    func,
    literal,
    not_,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.credential_levels import CredentialRevisionRow
from app.adapters.postgres.tables.credentials import (
    CredentialDocumentRow,
    CredentialImageRow,
    CredentialRow,
    CredentialSourceRow,
)
from app.adapters.postgres.tables.credentials_life import CredentialShareRow
from app.adapters.postgres.tables.credentials_local import CredentialTranscriptRow, PreparedSealRow
from app.adapters.postgres.tables.enrolment import EditionRow, PersonRow, RegistrationRow
from app.adapters.postgres.tables.enrolment_forms import (
    FormDeliveryRow,
    FormResponseRow,
    ImportFileRow,
    ImportRowRow,
    ResponseImportRow,
)
from app.adapters.postgres.tables.platform import (
    AccountRow,
    IdempotencyRow,
    JobItemRow,
    JobRow,
    RoleGrantRow,
)
from app.adapters.postgres.tables.results import (
    CredentialDataRow,
    LearnerLinkRow,
    ResultRow,
    SentMailRow,
    StudentIdentifierRow,
)
from app.domain.retention.erased import BLANK_ANSWERS, ERASED_DOMAIN, TOOK_PART
from app.domain.retention.rules import DataKind

Condition = ColumnElement[bool]

edition = table(EditionRow)
person = table(PersonRow)
registration = table(RegistrationRow)
imports = table(ResponseImportRow)
import_file = table(ImportFileRow)
import_row = table(ImportRowRow)
response = table(FormResponseRow)
delivery = table(FormDeliveryRow)
account = table(AccountRow)
grant = table(RoleGrantRow)
result = table(ResultRow)
link = table(LearnerLinkRow)
credential_data = table(CredentialDataRow)
sent_mail = table(SentMailRow)
student_identifier = table(StudentIdentifierRow)
credential = table(CredentialRow)
share = table(CredentialShareRow)
_job = table(JobRow)
_item = table(JobItemRow)
_kept = table(IdempotencyRow)
_prepared = table(PreparedSealRow)


@dataclass(frozen=True)
class Target:
    """Records of one table that go together."""

    table: Table
    due: Callable[[datetime], Condition]
    """Which are due, for a cutoff; not those that have gone already."""
    blank: Mapping[str, Any] = field(default_factory=dict)
    """What is written instead; nothing: the record itself goes."""


def _ended(cutoff: datetime) -> Any:
    return select(edition.c.id).where(edition.c.ends_on < cutoff.date())


def _in_ended(column: ColumnElement[Any]) -> Callable[[datetime], Condition]:
    return lambda cutoff: column.in_(_ended(cutoff))


def _imported_in_ended(column: ColumnElement[Any]) -> Callable[[datetime], Condition]:
    return lambda cutoff: column.in_(
        select(imports.c.id).where(imports.c.edition.in_(_ended(cutoff)))
    )


def _older(column: ColumnElement[Any]) -> Callable[[datetime], Condition]:
    return lambda cutoff: column < cutoff


def _of_sealed(column: ColumnElement[Any]) -> Callable[[datetime], Condition]:
    return lambda cutoff: column.in_(select(credential.c.id).where(credential.c.sealed_at < cutoff))


def _unnamed(cutoff: datetime) -> Condition:
    """Whether no data of the person that stay name the identifier."""
    holder, mine = registration.alias(), registration.alias()
    return not_(
        exists().where(
            holder.c.id == student_identifier.c.registration,
            mine.c.person == holder.c.person,
            credential_data.c.registration == mine.c.id,
            func.lower(credential_data.c.student_identifier) == student_identifier.c.identifier,
            credential_data.c.edition.not_in(_ended(cutoff)),
        )
    )


took_part = exists().where(
    registration.c.person == person.c.id, registration.c.state.in_(TOOK_PART)
)


def _all_over(cutoff: datetime) -> Condition:
    """Whether the person has registered, and every edition of theirs has ended long ago."""
    mine = registration.c.person == person.c.id
    recent = and_(mine, registration.c.edition == edition.c.id, edition.c.ends_on >= cutoff.date())
    return and_(exists().where(mine), not_(exists().where(recent)))


_address = func.concat("erased-", cast(person.c.id, String), ERASED_DOMAIN)
NO_CONTACT: Mapping[str, Any] = {
    "email": _address,
    "email_folded": _address,
    "email_verified": False,
    "wanted_email": null(),
    "country": null(),
    "language": "en",
}
NOBODY: Mapping[str, Any] = {**NO_CONTACT, "full_name": "", "name_key": "", "account": null()}
NO_ANSWERS = cast(literal(dict(BLANK_ANSWERS), JSONB), JSONB)
_EMPTY = cast(literal([], JSONB), JSONB)
NO_DETAIL: Mapping[str, Any] = {
    "objections": _EMPTY,
    "grading": result.c.grading.op("||")(cast(literal({"grades": []}, JSONB), JSONB)),
}


def detailed() -> Condition:
    """Whether a result has more than its outcome and overall grade."""
    return (result.c.objections != _EMPTY) | (
        func.coalesce(result.c.grading["grades"], _EMPTY) != _EMPTY
    )


TARGETS: Mapping[DataKind, tuple[Target, ...]] = {
    DataKind.IMPORTS: (
        Target(import_file, _imported_in_ended(import_file.c.import_id)),
        Target(import_row, _imported_in_ended(import_row.c.import_id)),
        Target(delivery, _in_ended(delivery.c.edition)),
        Target(
            response,
            lambda cutoff: and_(
                response.c.edition.in_(_ended(cutoff)), response.c.answers != NO_ANSWERS
            ),
            {"answers": NO_ANSWERS},
        ),
    ),
    DataKind.NOT_PLACED: (
        Target(
            registration,
            lambda cutoff: and_(
                registration.c.edition.in_(_ended(cutoff)),
                registration.c.state.not_in(TOOK_PART),
                registration.c.stated != "",
            ),
            {"stated": ""},
        ),
        Target(
            person,
            lambda cutoff: and_(person.c.full_name != "", not_(took_part), _all_over(cutoff)),
            NOBODY,
        ),
    ),
    DataKind.CREDENTIAL_DATA: (
        Target(credential_data, _in_ended(credential_data.c.edition)),
        Target(student_identifier, _unnamed),
    ),
    DataKind.LINKS: (
        Target(
            link,
            lambda cutoff: and_(link.c.edition.in_(_ended(cutoff)), link.c.expires_at < cutoff),
        ),
    ),
    DataKind.CONTACT: (
        Target(
            registration,
            lambda cutoff: and_(
                registration.c.edition.in_(_ended(cutoff)),
                registration.c.state.in_(TOOK_PART),
                registration.c.stated != "",
            ),
            {"stated": ""},
        ),
        Target(
            person,
            lambda cutoff: and_(
                person.c.email.not_like(f"%{ERASED_DOMAIN}"), took_part, _all_over(cutoff)
            ),
            NO_CONTACT,
        ),
    ),
    DataKind.RESULTS_DETAIL: (
        Target(
            result,
            lambda cutoff: and_(result.c.edition.in_(_ended(cutoff)), detailed()),
            NO_DETAIL,
        ),
    ),
    DataKind.RESULTS: (
        Target(result, _in_ended(result.c.edition)),
        Target(
            person,
            lambda cutoff: and_(person.c.full_name != "", took_part, _all_over(cutoff)),
            NOBODY,
        ),
    ),
    DataKind.CREDENTIAL_COPIES: tuple(
        Target(copy, _of_sealed(copy.c.credential))
        for copy in (
            table(CredentialTranscriptRow),
            table(CredentialRevisionRow),
            table(CredentialSourceRow),
            table(CredentialImageRow),
            table(CredentialDocumentRow),
        )
    ),
    DataKind.SHARES: (
        Target(
            share,
            lambda cutoff: and_(share.c.created_at < cutoff, share.c.recipient.is_not(None)),
            {"recipient": null()},
        ),
    ),
    DataKind.PREPARED_SEALS: (Target(_prepared, _older(_prepared.c.prepared_at)),),
    DataKind.KEPT_ANSWERS: (Target(_kept, _older(_kept.c.expires_at)),),
    DataKind.MAIL_LOG: (Target(sent_mail, _older(sent_mail.c.at)),),
    DataKind.JOBS: (
        Target(
            _item,
            lambda cutoff: _item.c.job.in_(select(_job.c.id).where(_job.c.finished_at < cutoff)),
        ),
        Target(
            _job,
            lambda cutoff: and_(
                _job.c.finished_at < cutoff, not_(exists().where(_item.c.job == _job.c.id))
            ),
        ),
    ),
    DataKind.ACCOUNTS: (
        Target(
            account,
            lambda cutoff: and_(account.c.created_at < cutoff, nobodys_account()),
        ),
    ),
}


def nobodys_account() -> Condition:
    """Whether an account has never had a role and belongs to nobody who registered."""
    return and_(
        not_(exists().where(grant.c.account == account.c.id)),
        not_(exists().where(person.c.account == account.c.id)),
    )


_PERSON = (DataKind.NOT_PLACED, DataKind.RESULTS)
_CONTACT = (DataKind.NOT_PLACED, DataKind.CONTACT, DataKind.RESULTS)
COVERAGE: Mapping[str, tuple[DataKind, ...] | str] = {
    "account.subject": (DataKind.ACCOUNTS,),
    "credential_data.full_name": (DataKind.CREDENTIAL_DATA,),
    "credential_data.given_name": (DataKind.CREDENTIAL_DATA,),
    "credential_data.family_name": (DataKind.CREDENTIAL_DATA,),
    "credential_data.birth_date": (DataKind.CREDENTIAL_DATA,),
    "credential_data.student_identifier": (DataKind.CREDENTIAL_DATA,),
    "credential_document.document": (DataKind.CREDENTIAL_COPIES,),
    "credential_image.image": (DataKind.CREDENTIAL_COPIES,),
    "credential_revision.document": (DataKind.CREDENTIAL_COPIES,),
    "credential_share.recipient": (DataKind.SHARES,),
    "credential_source.award": (DataKind.CREDENTIAL_COPIES,),
    "credential_transcript.document": (DataKind.CREDENTIAL_COPIES,),
    "form_delivery.content": (DataKind.IMPORTS,),
    "form_response.answers": (DataKind.IMPORTS,),
    "idempotency_record.body": (DataKind.KEPT_ANSWERS,),
    "import_file.content": (DataKind.IMPORTS,),
    "import_row.answers": (DataKind.IMPORTS,),
    "import_row.email_folded": (DataKind.IMPORTS,),
    "import_row.full_name": (DataKind.IMPORTS,),
    "import_row.name_key": (DataKind.IMPORTS,),
    "import_row.email": (DataKind.IMPORTS,),
    "import_row.stated": (DataKind.IMPORTS,),
    "learner_link.address": (DataKind.LINKS,),
    "person.full_name": _PERSON,
    "person.email": _CONTACT,
    "person.email_folded": _CONTACT,
    "person.name_key": _PERSON,
    "person.country": _CONTACT,
    "person.wanted_email": _CONTACT,
    "person.language": _CONTACT,
    "prepared_seal.payload": (DataKind.PREPARED_SEALS,),
    "registration.stated": (DataKind.NOT_PLACED, DataKind.CONTACT),
    "student_identifier.identifier": (DataKind.CREDENTIAL_DATA,),
    "result.grading": (DataKind.RESULTS_DETAIL, DataKind.RESULTS),
    "result.outcome": (DataKind.RESULTS,),
    "result.objections": (DataKind.RESULTS_DETAIL, DataKind.RESULTS),
}
"""For each column with personal data the kinds it goes with; or, in words, why with none."""
