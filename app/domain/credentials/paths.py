"""Where each certified field stands in the credential: one exact path for each.

Fields are named as in `app.domain.vocabulary.specification`, from the Specification down; `[]`
stands for each item of a list. Paths are keys of the credential from its root, through all items of
lists on the way; `[x]` after a key keeps only the notes about a topic, or the identifiers of a
scheme. ELM property names per field: Council Recommendation 2022/C 243/02, Annex I, and ELM 3.

Tests walk the table both ways: every field is found at its path, and everything that a credential
says is explained by a path of this table, by DERIVED, or by the award.
"""

from collections.abc import Mapping

_CLAIM = "credentialSubject.hasClaim"
_SPEC = f"{_CLAIM}.specifiedBy"
_OUTCOME = f"{_SPEC}.learningOutcome"
_ACTIVITY = f"{_CLAIM}.influencedBy"
_OVERALL = f"{_CLAIM}.provenBy"
_ASSESSMENT = f"{_OVERALL}.specifiedBy.hasPart"
_SCHEME = f"{_OVERALL}.specifiedBy.gradingScheme"
_ACCREDITATION = f"{_SPEC}.accreditation"
_RIGHT = f"{_CLAIM}.entitlesTo"

CERTIFIED_PATHS: Mapping[str, str] = {
    # Block G
    "summary_public": "displayParameter.description",
    "target_groups": f"{_SPEC}.targetGroup.id",
    # Block C
    "academic.title": f"{_SPEC}.title",
    "academic.description": f"{_SPEC}.description",
    "academic.credential_profile": "credentialProfiles.id",
    "academic.opportunity_type": f"{_SPEC}.dcType.id",
    "academic.awarding_bodies": f"{_CLAIM}.awardedBy.awardingBody.legalName",
    "academic.awarding_country": (
        f"{_CLAIM}.awardedBy.awardingBody.location.address.countryCode.id"
    ),
    "academic.issuer": "issuer.legalName",
    "academic.eqf_level": f"{_SPEC}.eqfLevel.id",
    "academic.cycle": f"{_SPEC}.educationLevel.notation",
    "academic.nqf_levels": f"{_SPEC}.nqfLevel.id",
    "academic.isced_f": f"{_SPEC}.thematicArea.id",
    "academic.ects": f"{_SPEC}.creditPoint.point",
    "academic.credit_framework": f"{_SPEC}.creditPoint.framework.id",
    "academic.workload_hours": f"{_SPEC}.volumeOfLearning",
    "academic.workload_parts[].title": f"{_ACTIVITY}.specifiedBy.title",
    "academic.workload_parts[].kind": f"{_ACTIVITY}.specifiedBy.dcType.id",
    "academic.workload_parts[].hours": f"{_ACTIVITY}.specifiedBy.volumeOfLearning",
    "academic.workload_parts[].contact": f"{_ACTIVITY}.specifiedBy.contactHour",
    "academic.outcomes[].code": f"{_OUTCOME}.identifier.notation",
    "academic.outcomes[].title": f"{_OUTCOME}.title",
    "academic.outcomes[].skills[].wording": f"{_OUTCOME}.additionalNote[own-wording].noteLiteral",
    "academic.outcomes[].skills[].link.uri": f"{_OUTCOME}.relatedESCOSkill.id",
    "academic.outcomes[].skills[].link.label": f"{_OUTCOME}.relatedESCOSkill.prefLabel",
    "academic.outcomes[].other_skills": f"{_OUTCOME}.relatedSkill.id",
    "academic.outcomes[].type": f"{_OUTCOME}.dcType.id",
    "academic.outcomes[].reuse_level": f"{_OUTCOME}.reusabilityLevel.id",
    "academic.outcome_summary": f"{_SPEC}.learningOutcomeSummary.noteLiteral",
    "academic.mode": f"{_SPEC}.mode.id",
    "academic.learning_setting": f"{_SPEC}.learningSetting.id",
    "academic.schedule": f"{_CLAIM}.learningOpportunity.learningSchedule.id",
    "academic.max_duration": f"{_SPEC}.maximumDuration",
    "academic.languages_teaching": f"{_SPEC}.language.id",
    "academic.assessments[].code": f"{_ASSESSMENT}.identifier.notation",
    "academic.assessments[].title": f"{_ASSESSMENT}.title",
    "academic.assessments[].type": f"{_ASSESSMENT}.dcType.id",
    "academic.assessments[].mode": f"{_ASSESSMENT}.mode.id",
    "academic.assessments[].languages": f"{_ASSESSMENT}.language.id",
    "academic.assessments[].weight": f"{_ASSESSMENT}.additionalNote[weight].noteLiteral",
    "academic.assessments[].id_verification": f"{_OVERALL}.hasPart.idVerification.id",
    "academic.grading_scheme.title": f"{_SCHEME}.title",
    "academic.grading_scheme.scale": f"{_SCHEME}.identifier[Grading scale].notation",
    "academic.grading_scheme.passing": (
        f"{_OVERALL}.specifiedBy.additionalNote[passing-grade].noteLiteral"
    ),
    "academic.grading_scheme.description": f"{_SCHEME}.description",
    "academic.id_verification": f"{_OVERALL}.idVerification.id",
    "academic.qa_types": f"{_ACCREDITATION}.dcType.id",
    "academic.qa_records[].title": f"{_ACCREDITATION}.title",
    "academic.qa_records[].type": f"{_ACCREDITATION}.dcType.id",
    "academic.qa_records[].agency": f"{_ACCREDITATION}.accreditingAgent.legalName",
    "academic.qa_records[].agency_country": (
        f"{_ACCREDITATION}.accreditingAgent.location.address.countryCode.id"
    ),
    "academic.qa_records[].decision": f"{_ACCREDITATION}.decision.prefLabel",
    "academic.qa_records[].issued_on": f"{_ACCREDITATION}.dateIssued",
    "academic.qa_records[].valid_until": f"{_ACCREDITATION}.expiryDate",
    "academic.qa_records[].report_url": f"{_ACCREDITATION}.report.contentURL",
    "academic.entry_requirements": f"{_SPEC}.entryRequirement.noteLiteral",
    "academic.stackability": f"{_SPEC}.additionalNote[stackability].noteLiteral",
    "academic.stacks_into[].programme": f"{_SPEC}.additionalNote[stacks-into].noteLiteral",
    "academic.stacks_into[].institution": f"{_SPEC}.additionalNote[stacks-into].noteLiteral",
    "academic.stacks_into[].ects": f"{_SPEC}.additionalNote[stacks-into].noteLiteral",
    "academic.partial_qualification": f"{_SPEC}.isPartialQualification",
    "academic.further_information": f"{_SPEC}.additionalNote[further-information].noteLiteral",
    "academic.homepage": f"{_SPEC}.homepage.contentURL",
    "academic.validity_period": "validUntil",
    "academic.display_languages": "displayParameter.language.id",
    "academic.primary_language": "displayParameter.primaryLanguage.id",
    "academic.visual.logo": "displayParameter.individualDisplay.displayDetail.image.content",
    "academic.visual.background": "displayParameter.individualDisplay.displayDetail.image.content",
    # Block R
    "rights[].title": f"{_RIGHT}.title",
    "rights[].type": f"{_RIGHT}.specifiedBy.dcType.id",
    "rights[].status": f"{_RIGHT}.specifiedBy.entitlementStatus.id",
    "rights[].description": f"{_RIGHT}.specifiedBy.description",
    "rights[].limit_organisations": f"{_RIGHT}.specifiedBy.limitOrganisation.legalName",
    "rights[].limit_jurisdiction": f"{_RIGHT}.specifiedBy.limitJurisdiction.id",
    "rights[].limit_occupation": f"{_RIGHT}.specifiedBy.limitOccupation.id",
    "rights[].expiry": f"{_RIGHT}.expiryDate",
}
"""Field of the specification → its place in the credential.

A type of quality assurance without a decision on record stands in a note about it, because ELM
knows an accreditation only with the agency that decided. Supervision and identification stand there
as the result's own evidence says, whatever was planned, and not at all where there is none. The
awarding country is that of each awarding body, in their order: an institution has one, so it is no
field to fill in.
"""

NOT_IN_CREDENTIAL: Mapping[str, str] = {
    "academic.hours_per_ects": "how the workload was counted, not what it is",
    "academic.outcomes[].skills[].decision": "shows in whether there is a link or a note",
    "academic.outcomes[].skills[].reason": "for reviewers",
    "academic.outcomes[].skills[].link.language": "the key of the label",
    "academic.outcomes[].skills[].link.version": "for us, to follow changes of ESCO",
    "academic.outcomes[].skills[].link.method": "for reviewers",
    "academic.outcomes[].skills[].link.linked_by": "for the partners",
    "academic.outcomes[].skills[].link.linked_at": "for the partners",
    "academic.outcomes[].skills[].link.labels": "ESCO's own words beside the certified label",
    "academic.assessments[].outcomes": "for reviewers",
    "rights[].legal_basis": "for those who consent",
    "academic.visual.logo.content_type": "part of the picture",
    "academic.visual.logo.content": "part of the picture",
    "academic.visual.logo.alternative_text": "part of the picture",
    "academic.visual.background.content_type": "part of the picture",
    "academic.visual.background.content": "part of the picture",
    "academic.visual.background.alternative_text": "part of the picture",
}
"""The other fields of a specification, and why they are not certified."""

DERIVED: Mapping[str, str] = {
    "displayParameter.title": "academic.title",
    f"{_CLAIM}.title": "academic.title",
    f"{_CLAIM}.learningOpportunity.title": "academic.title",
    f"{_CLAIM}.learningOpportunity.providedBy": "academic.awarding_bodies",
    f"{_CLAIM}.creditReceived": "academic.ects",
    "displayParameter.individualDisplay": "academic.display_languages",
    "credentialSchema": "academic.credential_profile",
    "expirationDate": "academic.validity_period",
    f"{_CLAIM}.awardedBy": "academic.awarding_bodies",
    "issuer": "academic.issuer",
    f"{_ACTIVITY}.awardedBy": "academic.awarding_bodies",
    f"{_ACTIVITY}.title": "academic.workload_parts[].title",
    f"{_ACTIVITY}.workload": "academic.workload_parts[].hours",
    f"{_ACTIVITY}.specifiedBy.language": "academic.languages_teaching",
    f"{_OVERALL}.awardedBy": "academic.awarding_bodies",
    f"{_OVERALL}.hasPart.awardedBy": "academic.awarding_bodies",
    f"{_OVERALL}.hasPart.title": "academic.assessments[].title",
    f"{_OVERALL}.hasPart.specifiedBy": "academic.assessments[]",
    f"{_ASSESSMENT}.gradingScheme": "academic.grading_scheme",
    f"{_SPEC}.additionalNote[quality-assurance]": "academic.qa_types",
    f"{_RIGHT}.awardedBy": "academic.awarding_bodies",
    f"{_RIGHT}.specifiedBy.title": "rights[].title",
    f"{_RIGHT}.specifiedBy.limitOrganisation": "rights[].limit_organisations",
}
"""Places, with everything below them, that repeat a certified field where ELM wants it twice."""

FROM_THE_AWARD: Mapping[str, str] = {
    "id": "the credential's own identifier",
    "issued": "the moment of sealing",
    "issuanceDate": "the moment of sealing",
    "validFrom": "the moment of sealing",
    "evidence": "that the issuer acts for the awarding bodies",
    "credentialSubject.fullName": "holder.full_name",
    "credentialSubject.givenName": "holder.given_name",
    "credentialSubject.familyName": "holder.family_name",
    "credentialSubject.dateOfBirth": "holder.birth_date",
    "credentialSubject.identifier": "holder.student_identifier",
    f"{_CLAIM}.learningOpportunity.identifier": "edition_code",
    f"{_CLAIM}.learningOpportunity.temporal": "edition_start, edition_end",
    f"{_ACTIVITY}.temporal": "edition_start, edition_end",
    f"{_OVERALL}.title": "our words for the overall result",
    f"{_OVERALL}.specifiedBy.title": "our words for the overall result",
    f"{_OVERALL}.grade": "grade",
    f"{_OVERALL}.dateIssued": "awarded_on",
    f"{_OVERALL}.hasPart.grade": "results[].grade",
    f"{_OVERALL}.hasPart.dateIssued": "results[].assessed_on",
    f"{_RIGHT}.dateIssued": "awarded_on",
}
"""Places, with everything below them, that come from the award or from us."""
