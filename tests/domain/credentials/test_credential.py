from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from app.domain.credentials.credential import (
    Change,
    ChangePending,
    Credential,
    CredentialNotFound,
    NoChangePending,
    SamePerson,
)
from app.domain.credentials.credential_id import credential_of_urn, credential_urn
from app.domain.credentials.events import (
    CredentialReinstated,
    CredentialRevoked,
    CredentialSealed,
    CredentialSuspended,
    SealLevelDue,
)
from app.domain.credentials.levels import LevelState, SealLevel, SealStanding
from app.domain.credentials.seal import IssuedCredential
from app.domain.credentials.status import (
    LIVE,
    MOVES,
    PUBLIC,
    CredentialMoveNotAllowed,
    CredentialState,
    PublicStatus,
)
from app.domain.ids import new_id
from tests.issuing_builders import NOW, PNG, an_award, the_micro_credential

FIRST, SECOND, THIRD = new_id(), new_id(), new_id()


def a_draft() -> Credential:
    micro_credential = the_micro_credential()
    return Credential.draft(
        new_id(),
        an_award(new_id(), micro_credential),
        micro_credential.title,
        "UNIOVI",
        batch=new_id(),
        prepared_by=FIRST,
        at=NOW,
    )


def issued() -> IssuedCredential:
    return IssuedCredential(
        document=b'{"payload":"{}"}',
        sha256="ab" * 32,
        images={"en": PNG, "es": PNG},
        issued_at=NOW + timedelta(hours=1),
        organisation="Universidad de Oviedo",
        organisation_identifier="VATXX-DEVELOPMENT-ONLY",
        certificate_sha256="cd" * 32,
        development=True,
        profile="edc 1.1",
    )


def a_sealed_one() -> Credential:
    credential = a_draft()
    credential.approve(SECOND, NOW)
    credential.seal(issued())
    credential.take_events()
    return credential


def test_a_credential_is_sealed_when_a_second_person_has_approved_it():
    credential = a_draft()
    credential.approve(SECOND, NOW)
    credential.seal(issued())
    assert (credential.prepared_by, credential.approved_by) == (FIRST, SECOND)
    assert (credential.state, credential.since) == (
        CredentialState.SEALED,
        NOW + timedelta(hours=1),
    )
    assert (credential.sha256, credential.languages) == ("ab" * 32, ("en", "es"))
    assert credential.take_events() == [
        CredentialSealed(credential.id, credential.registration, credential.edition),
        SealLevelDue(credential.id),
    ]
    assert credential.take_events() == []


def test_where_no_higher_level_is_wanted_the_seal_has_arrived_and_nothing_is_due():
    credential = a_draft()
    credential.approve(SECOND, NOW)
    credential.seal(replace(issued(), rises=False))
    assert credential.take_events() == [
        CredentialSealed(credential.id, credential.registration, credential.edition)
    ]
    standing = SealStanding.sealed(credential.id, NOW, rises=False)
    assert (standing.level, standing.state, standing.due_at) == (
        SealLevel.B_B,
        LevelState.REACHED,
        None,
    )


def test_nobody_approves_what_they_have_prepared_themselves():
    credential = a_draft()
    with pytest.raises(SamePerson):
        credential.approve(FIRST, NOW)
    assert credential.state is CredentialState.DRAFT


def test_nothing_is_sealed_that_nobody_has_approved():
    with pytest.raises(CredentialMoveNotAllowed):
        a_draft().seal(issued())


VERBS = {
    CredentialState.APPROVED: lambda c: c.approve(SECOND, NOW),
    CredentialState.SEALED: lambda c: c.seal(issued()),
    CredentialState.SUSPENDED: lambda c: c.suspend("under inquiry", NOW),
    CredentialState.REVOKED: lambda c: c.propose(Change.REVOKE, "fraud", by=FIRST, at=NOW),
}


@pytest.mark.parametrize(("state", "to"), list(product(CredentialState, VERBS)))
def test_only_the_moves_of_the_table_are_possible(state, to):
    credential = a_draft()
    credential.state = state
    if to in MOVES[state]:
        VERBS[to](credential)
    else:
        with pytest.raises(CredentialMoveNotAllowed):
            VERBS[to](credential)
        assert credential.state is state


def test_one_person_suspends_and_two_reinstate():
    credential = a_sealed_one()
    credential.suspend("the transcript is being checked", NOW)
    assert credential.state is CredentialState.SUSPENDED
    credential.propose(Change.REINSTATE, "the transcript is right", by=FIRST, at=NOW)
    assert credential.state is CredentialState.SUSPENDED
    with pytest.raises(SamePerson):
        credential.confirm(by=FIRST, at=NOW)
    credential.confirm(by=SECOND, at=NOW + timedelta(days=2))
    assert (credential.state, credential.since, credential.reason) == (
        CredentialState.SEALED,
        NOW + timedelta(days=2),
        "the transcript is right",
    )
    assert credential.take_events() == [
        CredentialSuspended(credential.id, credential.registration, version=2),
        CredentialReinstated(credential.id, credential.registration, version=2),
    ]


def test_two_people_revoke_and_the_document_stands_as_it_was():
    credential = a_sealed_one()
    credential.propose(Change.REVOKE, "awarded to the wrong person", by=THIRD, at=NOW)
    credential.confirm(by=FIRST, at=NOW + timedelta(days=1))
    assert credential.state is CredentialState.REVOKED
    assert (credential.sha256, credential.sealed_at) == ("ab" * 32, NOW + timedelta(hours=1))
    assert credential.take_events() == [
        CredentialRevoked(credential.id, credential.registration, version=2)
    ]


def test_a_change_that_nobody_has_proposed_cannot_be_confirmed():
    with pytest.raises(NoChangePending):
        a_sealed_one().confirm(by=SECOND, at=NOW)


def test_a_suspension_leaves_a_proposed_revocation_to_be_decided():
    credential = a_sealed_one()
    credential.propose(Change.REVOKE, "fraud", by=FIRST, at=NOW)
    credential.suspend("first look into it", NOW)
    proposed = credential.pending
    assert proposed is not None
    assert (credential.reason, proposed.reason) == ("first look into it", "fraud")
    credential.confirm(by=SECOND, at=NOW)
    assert (credential.state, credential.reason) == (CredentialState.REVOKED, "fraud")


def test_a_second_proposal_does_not_take_the_place_of_the_first():
    credential = a_sealed_one()
    credential.propose(Change.REVOKE, "fraud", by=FIRST, at=NOW)
    for by in (FIRST, SECOND):
        with pytest.raises(ChangePending):
            credential.propose(Change.REVOKE, "an error", by=by, at=NOW)
    proposed = credential.pending
    assert proposed is not None
    assert (proposed.proposed_by, proposed.reason) == (FIRST, "fraud")
    credential.drop_proposal()
    credential.propose(Change.REVOKE, "an error", by=SECOND, at=NOW)
    credential.confirm(by=FIRST, at=NOW)
    assert credential.reason == "an error"


def test_the_public_learns_a_state_and_a_moment_and_only_of_what_was_sealed():
    credential = a_sealed_one()
    assert credential.public_status == PublicStatus(
        credential.id,
        CredentialState.SEALED,
        NOW + timedelta(hours=1),
        issuer="UNIOVI",
        sealed_at=NOW + timedelta(hours=1),
        sha256="ab" * 32,
        certificate_sha256="cd" * 32,
    )
    with pytest.raises(CredentialNotFound):
        _ = a_draft().public_status


def test_states_that_stand_for_an_award_are_those_before_and_in_force():
    assert set(CredentialState) - LIVE == {CredentialState.REVOKED, CredentialState.SUPERSEDED}
    assert set(CredentialState) - PUBLIC == {CredentialState.DRAFT, CredentialState.APPROVED}
    assert set(MOVES) == set(CredentialState)


def test_the_identifier_inside_a_credential_leads_back_to_it():
    credential = new_id()
    assert credential_of_urn(credential_urn(credential)) == credential
    assert credential_of_urn("urn:credential:nonsense") is None
    assert credential_of_urn(f"urn:epass:{credential}") is None
