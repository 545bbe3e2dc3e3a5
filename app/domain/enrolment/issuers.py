"""Who seals the credentials of an edition, where the micro-credential leaves that to each."""

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.errors import EditionInvalid, IssuerFixed
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.errors import Finding
from app.domain.vocabulary.micro_credential import MicroCredential


def check_issuer(edition: Edition, of: MicroCredential) -> None:
    """Raise EditionInvalid for another issuer than the one whom all have consented to."""
    if edition.issuer is not None and of.issuer not in (None, edition.issuer):
        raise EditionInvalid(
            [
                Finding(
                    "/issuer",
                    "issuer_is_certified",
                    f"All partners have consented to {of.issuer} as the issuer. Only a "
                    "decentralised micro-credential without one leaves it to its editions.",
                )
            ]
        )


async def issuer_may_change(edition: Edition, work: EnrolmentWork) -> None:
    """Raise IssuerFixed once credentials are sealed, or about to be; EditionInvalid as above."""
    if await work.editions.issuing_begun(edition.id):
        raise IssuerFixed
    check_issuer(edition, await work.micro_credentials.get(edition.proposal))
