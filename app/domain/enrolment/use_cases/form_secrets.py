"""The secrets with which live deliveries of a form are signed: made, ended, recognised."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.enrolment.access import allow
from app.domain.enrolment.errors_forms import FormSecretNotFound
from app.domain.enrolment.forms.signing import (
    FormSecret,
    SecretBook,
    SignedMessage,
    check_signature,
    rotated,
)
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.ids import new_id


async def identify_form_secret(
    edition_id: UUID,
    form: str,
    message: SignedMessage,
    *,
    book: SecretBook,
    tolerance: timedelta,
    work: EnrolmentWork,
    clock: Clock,
) -> UUID:
    """The secret with which a delivery is signed. Raises SignatureRefused, DeliveryTooOld."""
    async with work:
        secrets = await work.form_secrets.of_form(edition_id, form)
    return check_signature(message, secrets, book, now=clock.now(), tolerance=tolerance)


async def create_form_secret(
    edition_id: UUID,
    form: str,
    keep: timedelta,
    *,
    book: SecretBook,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> tuple[FormSecret, str]:
    """A new secret for a form, and what it is: this once. The one before stays valid for `keep`.

    Raises EditionNotFound, NotAllowed.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        allow("create_form_secret", edition, caller)
        now = clock.now()
        for ending in rotated(await work.form_secrets.of_form(edition_id, form), now, keep):
            await work.form_secrets.save(ending)
        new = FormSecret(new_id(), edition_id, form, now, caller.actor)
        await work.form_secrets.save(new)
        await work.trail.append("form_secret", new.id, after="made", note=f"{edition_id}/{form}")
    return new, book.secret(new.id)


async def list_form_secrets(
    edition_id: UUID, form: str, *, work: EnrolmentWork, caller: Caller
) -> Sequence[FormSecret]:
    """Which secrets a form has and had. Raises EditionNotFound, NotAllowed."""
    async with work:
        edition = await work.editions.read(edition_id)
        allow("list_form_secrets", edition, caller)
        return await work.form_secrets.of_form(edition_id, form)


async def end_form_secret(
    edition_id: UUID,
    form: str,
    secret_id: UUID,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> FormSecret:
    """Accept nothing more that is signed with this secret; a second time changes nothing.

    Raises EditionNotFound, FormSecretNotFound, NotAllowed.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        allow("end_form_secret", edition, caller)
        secrets = await work.form_secrets.of_form(edition_id, form)
        found = next((one for one in secrets if one.id == secret_id), None)
        if found is None:
            raise FormSecretNotFound(secret_id)
        now = clock.now()
        if found.is_live(now):
            found = replace(found, ends_at=now)
            await work.form_secrets.save(found)
            await work.trail.append("form_secret", found.id, before="made", after="ended")
    return found
