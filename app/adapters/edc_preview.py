"""Previews of credentials: built and drawn as real ones are, of nobody, and never sealed."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, datetime
from uuid import UUID

from app.adapters.edc.elm.document import build_credential
from app.adapters.edc.image.branding import PLAIN, Branding
from app.adapters.edc.image.images import display_images
from app.adapters.issuing.organisations import organisations_of
from app.domain.credentials.profile.model import Profile
from app.domain.credentials.profile.validation import validate
from app.domain.proposals.ports import PreviewedCredential
from app.domain.vocabulary.award import AssessmentResult, Award, Holder
from app.domain.vocabulary.institutions import Alliance, Institution, InstitutionCode
from app.domain.vocabulary.specification import Specification

NOBODY = UUID(int=0)
"""Identifier of the credential, the award and all else that a preview only pretends."""

HOLDER = Holder(
    full_name="PREVIEW · Nobody Fictitious",
    given_name="PREVIEW",
    family_name="Nobody Fictitious",
    birth_date=date(1900, 1, 1),
)

_FROM_THE_SEAL = frozenset({"/issuer/eIDASIdentifier"})
"""What a credential takes from its issuer's seal certificate, and an unsealed one cannot have."""


class EdcPreview:
    """See `app.domain.proposals.ports.CredentialPreview`."""

    def __init__(
        self,
        public_url: str,
        branding: Callable[[InstitutionCode], Branding] = lambda _: PLAIN,
        profile: Profile | None = None,
    ) -> None:
        """`branding` says how an issuer's images look; it may block.

        `profile` is what credentials are written by, else the default.
        """
        self._profile = profile
        self._public_url = public_url
        self._branding = branding

    async def preview(
        self,
        specification: Specification,
        *,
        code: str,
        start: date,
        end: date,
        institutions: Mapping[InstitutionCode, Institution],
        alliance: Alliance,
        at: datetime,
    ) -> PreviewedCredential:
        """The credential of a fictitious holder; building and drawing happen in a thread."""
        award = _award(specification, code, start, end, at)
        return await asyncio.to_thread(self._made, specification, award, institutions, alliance, at)

    def _made(
        self,
        specification: Specification,
        award: Award,
        institutions: Mapping[InstitutionCode, Institution],
        alliance: Alliance,
        at: datetime,
    ) -> PreviewedCredential:
        organisations = organisations_of(institutions.values())
        academic = specification.academic
        # A decentralised one has no issuer yet: whoever runs an edition seals it.
        issuer = organisations[academic.issuer or academic.awarding_bodies[0]]
        name = alliance.name_by_language
        images = display_images(
            specification=specification,
            award=award,
            issuer=issuer,
            awarding_bodies=[organisations[body] for body in academic.awarding_bodies],
            alliance=name,
            credential_id=NOBODY,
            verification_url=f"{self._public_url}/docs",
            development=True,
            branding=self._branding(academic.issuer or academic.awarding_bodies[0]),
        )
        document = build_credential(
            credential_id=NOBODY,
            award=award,
            specification=specification,
            issuer=issuer,
            organisations=organisations,
            alliance_name=name,
            issued=at,
            images=images,
            profile=self._profile,
        )
        findings = (
            f for f in validate(document, profile=self._profile) if f.pointer not in _FROM_THE_SEAL
        )
        return PreviewedCredential(document, images, tuple(findings))


def _award(specification: Specification, code: str, start: date, end: date, at: datetime) -> Award:
    scheme = specification.academic.grading_scheme
    grade = scheme.passing if scheme else "Pass"
    return Award(
        registration=NOBODY,
        edition=NOBODY,
        edition_code=f"{code}-PREVIEW",
        edition_start=start,
        edition_end=end,
        proposal=NOBODY,
        proposal_version=1,
        holder=HOLDER,
        grade=grade,
        awarded_on=at.date(),
        results=tuple(
            AssessmentResult(assessment.code, grade, at.date())
            for assessment in specification.academic.assessments
        ),
    )
