"""How a learner was identified in an assessment: evidence first, the claim follows from it."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.lists import SNB, labelled
from app.domain.vocabulary.specification import STRICT

_LIST = f"{SNB}supervision-verification/"
SUPERVISED_WITH_ID = f"{_LIST}70be69aaf9"
SUPERVISED_WITHOUT_ID = f"{_LIST}44314532f9"
UNSUPERVISED_WITH_ID = f"{_LIST}df2880c5cb"
UNSUPERVISED_WITHOUT_ID = f"{_LIST}c598449d64"


class IdentityCheck(StrEnum):
    """What was done to know who is assessed."""

    NONE = "none"
    EMAIL_LINK = "email_link"
    """They could read mail sent to the address they stated. Says nothing about who they are."""
    INSTITUTIONAL_LOGIN = "institutional_login"
    """They signed in with the account of an institution that has identified them."""
    KNOWN_IN_PERSON = "known_in_person"
    """The assessor knows them."""
    DOCUMENT_SEEN = "document_seen"
    """An identity document was shown."""


_VERIFIES = frozenset(
    {
        IdentityCheck.INSTITUTIONAL_LOGIN,
        IdentityCheck.KNOWN_IN_PERSON,
        IdentityCheck.DOCUMENT_SEEN,
    }
)


@dataclass(frozen=True)
class IdentityEvidence:
    """What an assessor attests about one assessment of one learner."""

    __pydantic_config__ = STRICT

    check: IdentityCheck = IdentityCheck.NONE
    supervised: bool = False
    """Whether somebody watched while the work was done."""

    @property
    def concept(self) -> Concept:
        """The value of the EU list supervision-verification that this evidence bears out.

        Nothing else decides it, so that a credential never claims more than was done.
        """
        verified = self.check in _VERIFIES
        if self.supervised:
            uri = SUPERVISED_WITH_ID if verified else SUPERVISED_WITHOUT_ID
        else:
            uri = UNSUPERVISED_WITH_ID if verified else UNSUPERVISED_WITHOUT_ID
        return labelled(Concept(uri))


NO_EVIDENCE = IdentityEvidence()
