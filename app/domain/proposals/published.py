"""A published proposal as the other capabilities see it."""

from app.domain.errors import InternalInconsistency
from app.domain.proposals.content import map_concepts
from app.domain.proposals.esco import without_people
from app.domain.proposals.proposal import Proposal
from app.domain.proposals.states import PUBLIC, State
from app.domain.vocabulary.lists import labelled
from app.domain.vocabulary.micro_credential import (
    MicroCredential,
    NoInstitutionRule,
    NotPublished,
)


def as_micro_credential(proposal: Proposal) -> MicroCredential:
    """The micro-credential that the proposal became, with labels beside controlled values.

    Raises NotPublished.
    """
    if proposal.state not in PUBLIC:
        raise NotPublished(proposal.id)
    general = proposal.content.general
    if general.places is None or general.contact_email is None:
        raise InternalInconsistency(f"{proposal.code} was published without places or a contact")
    return MicroCredential(
        proposal=proposal.id,
        code=proposal.code,
        version=proposal.revision,
        title=proposal.content.academic.title,
        lead=proposal.lead,
        partners=tuple(
            sorted(
                ((p.institution, p.role) for p in general.partners),
                key=lambda partner: partner[0] != proposal.lead,
            )
        ),
        places=general.places,
        quota_per_institution=general.quota_per_institution,
        # Without a quota the rule changes nothing: everybody counts for themselves.
        no_institution_rule=general.no_institution_rule or NoInstitutionRule.OWN_BUCKET,
        contact_email=general.contact_email,
        specification=map_concepts(without_people(proposal.content.specification), labelled),
        certified_hash=proposal.certified_hash,
        retired=proposal.state is State.RETIRED,
    )
