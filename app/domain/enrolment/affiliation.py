"""For which institution a registration counts: what people write, and the bucket it means.

A stated institution is a claim. What people type is folded (no case, accents or punctuation) and
looked up among known spellings. Likeness alone never decides: it leads to a suggestion, and an
officer's choice is remembered as a spelling.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.domain.canonical import content_hash
from app.domain.enrolment.reasons import Reason
from app.domain.vocabulary.institutions import (
    EXTERNAL_PREFIX,
    INDEPENDENT,
    Institution,
    InstitutionCode,
)
from app.domain.vocabulary.micro_credential import NoInstitutionRule
from app.domain.vocabulary.text import folded

ALL_EXTERNALS: InstitutionCode = EXTERNAL_PREFIX + "*"
"""The one bucket of all people from outside, where an edition says so."""

NEW_ORGANISATION = "new_external_organisation"
"""Warns of an organisation from outside on which no officer has decided."""

LIKE_ENOUGH = 0.9
"""From here on a likeness is worth a suggestion."""
TOO_LIKE_TO_IGNORE = 0.75
"""From here on a name is not simply taken for one from outside."""
_TELLING_LENGTH = 5
"""Shorter words are found in too many names to tell anything."""

_LEAST_OF_A_TOWN = 4
"""A town's own name tells more than other words: "Iasi", "Cork"."""
_SLIP = 0.8
"""From here on a word is taken for a slip of another, or for the same in another language."""
_EQUAL_ONLY = 0.99
"""Likeness of what is not the same text, at most."""

_OF_EVERYBODY = frozenset(
    folded(words)
    for words in (
        "university", "universities", "universidad", "universidade", "universitat",
        "universität", "université", "universitatea", "università", "universitet", "institute",
        "institut", "instituto", "institution", "technology", "technological", "technical",
        "technique", "technik", "technic", "tecnica", "técnica", "tehnica", "tehnic", "medical",
        "medicinski", "medicine", "science", "sciences", "applied", "studi", "degli", "college",
        "school", "national", "eastern", "western", "south", "saint", "town", "city", "state",
    )
)  # fmt: skip
"""Words of many names, of which a slip tells nothing."""

_ON_THEIR_OWN = frozenset(
    folded(words)
    for words in (
        "independent", "self-employed", "freelance", "freelancer", "none", "no institution",
        "individual", "private person", "independiente", "autónomo", "autónoma", "ninguna",
        "por cuenta propia", "indépendant", "indépendante", "aucune", "aucun", "selbstständig",
        "selbständig", "freiberuflich", "freiberufler", "keine", "privatperson", "indipendente",
        "libero professionista", "libera professionista", "nessuna", "nessuno",
    )
)  # fmt: skip
"""What people write who come from nowhere in particular."""

_SAYS_NOTHING = frozenset(
    folded(words)
    for words in (
        "other", "others", "external", "external stakeholder", "n/a", "na", "-", "otra", "otro",
        "externo", "externa", "autre", "externe", "andere", "sonstige", "extern", "altro", "altra",
        "esterno", "esterna", "university", "universidad", "université", "universität",
        "università", "hochschule",
    )
)  # fmt: skip
"""Answers that name no organisation."""


class Kind(StrEnum):
    """What kind of institution somebody comes from."""

    PARTNER = "partner"
    EXTERNAL = "external"
    INDEPENDENT = "independent"


@dataclass(frozen=True)
class Affiliation:
    """A decided claim: the bucket it counts in, and the name to show."""

    kind: Kind
    bucket: InstitutionCode
    name: str
    """A partner's code, or the organisation's name as it was first given."""


@dataclass(frozen=True)
class Suggestion:
    """A partner whose name is like what was written."""

    institution: InstitutionCode
    likeness: float
    """0 to less than 1; 0 where nothing but a word speaks for it that no other partner has."""


@dataclass(frozen=True)
class Unclear:
    """A claim that an officer has to decide on."""

    reason: Reason
    suggestions: tuple[Suggestion, ...] = ()


class Likeness(Protocol):
    """Tells how like two texts are."""

    def best(self, text: str, choices: Sequence[str], limit: int) -> Sequence[tuple[int, float]]:
        """The `limit` choices most like `text`, best first: index and likeness from 0 to 1.

        All texts are folded.
        """
        ...


@dataclass(frozen=True)
class Spellings:
    """What is known about how people write institutions."""

    partners: Mapping[InstitutionCode, Institution]
    known: Mapping[str, InstitutionCode]
    """Folded spelling to partner."""
    external: Mapping[str, str] = field(default_factory=dict)
    """Folded spelling to the name of an organisation, or to INDEPENDENT: decided by officers."""

    _owners: dict[str, frozenset[InstitutionCode]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def owners_of(self, domain: str) -> frozenset[InstitutionCode]:
        """The partners to whom a domain of mail, in small letters, belongs."""
        owners = self._owners.get(domain)
        if owners is None:
            owners = self._owners[domain] = frozenset(
                code
                for code, institution in self.partners.items()
                if any(
                    domain == own or domain.endswith("." + own) for own in institution.mail_domains
                )
            )
        return owners

    def version(self) -> str:
        """Changes whenever somebody decides on a spelling."""
        return content_hash([dict(self.known), dict(self.external)])


def external(name: str) -> Affiliation:
    """Somebody from an organisation outside the alliance."""
    shown = " ".join(name.split())
    return Affiliation(Kind.EXTERNAL, EXTERNAL_PREFIX + folded(name), shown)


def independent() -> Affiliation:
    """Somebody without an institution."""
    return Affiliation(Kind.INDEPENDENT, INDEPENDENT, "")


def partner(code: InstitutionCode) -> Affiliation:
    """Somebody from a partner."""
    return Affiliation(Kind.PARTNER, code, code)


def under_rule(affiliation: Affiliation, rule: NoInstitutionRule) -> Affiliation | None:
    """How it counts in an edition with that rule; None when it is not admitted."""
    if affiliation.kind is Kind.PARTNER or rule is NoInstitutionRule.OWN_BUCKET:
        return affiliation
    if rule is NoInstitutionRule.NOT_ADMITTED:
        return None
    return Affiliation(affiliation.kind, ALL_EXTERNALS, affiliation.name)


class Matcher:
    """Reads what people write. Made once for many texts; remembers what it has read."""

    def __init__(self, spellings: Spellings, likeness: Likeness) -> None:
        self._spellings = spellings
        self._likeness = likeness
        self._names = list(spellings.known)
        self._telling = _telling_words(spellings)
        self._own_words = [word for word in self._telling if word not in _OF_EVERYBODY]
        self._organisations = {folded(name): name for name in spellings.external.values()}
        self._read: dict[str, Affiliation | Unclear] = {}

    def read(self, stated: str) -> Affiliation | Unclear:
        """The affiliation that a text means, or why nobody can say."""
        key = folded(stated)
        if key not in self._read:
            self._read[key] = self._look_up(key, stated)
        return self._read[key]

    def _look_up(self, key: str, stated: str) -> Affiliation | Unclear:
        if key in self._spellings.known:
            return partner(self._spellings.known[key])
        decided = self._spellings.external.get(key)
        if decided is not None:
            return self._organisation(decided)
        if key in self._organisations:
            return self._organisation(self._organisations[key])
        if key in _SAYS_NOTHING or not any(letter.isalpha() for letter in key):
            return Unclear(Reason.INSTITUTION_MISSING)
        if key in _ON_THEIR_OWN:
            return independent()
        alike = self._alike(key)
        # "Uni Oviedo" is like no spelling, but nobody should get a bucket of their own by it, and
        # the officer should not have to look up whose word that is.
        told = {code for word in key.split() for code in self._told_by(word)}
        if told or (alike and alike[0].likeness >= TOO_LIKE_TO_IGNORE):
            worth_it = [s for s in alike if s.likeness >= LIKE_ENOUGH or s.institution in told]
            found = {suggestion.institution for suggestion in worth_it}
            worth_it += [Suggestion(code, 0.0) for code in sorted(told - found)]
            return Unclear(Reason.INSTITUTION_UNCLEAR, tuple(worth_it))
        return external(stated)

    def is_new(self, affiliation: Affiliation) -> bool:
        """Whether it is an organisation from outside on which no officer has decided."""
        is_external = affiliation.kind is Kind.EXTERNAL
        return is_external and folded(affiliation.name) not in self._organisations

    def _organisation(self, decided: str) -> Affiliation:
        return independent() if decided == INDEPENDENT else external(decided)

    def _told_by(self, word: str) -> Iterable[InstitutionCode]:
        """The partner that a word tells of, though it may be a slip or in another language."""
        if word in self._telling:
            return [self._telling[word]]
        if len(word) < _TELLING_LENGTH or word in _OF_EVERYBODY:
            return []
        return [
            self._telling[self._own_words[index]]
            for index, likeness in self._likeness.best(word, self._own_words, 1)
            if likeness >= _SLIP
        ]

    def _alike(self, key: str) -> list[Suggestion]:
        best: dict[InstitutionCode, float] = {}
        for index, likeness in self._likeness.best(key, self._names, 8):
            code = self._spellings.known[self._names[index]]
            best[code] = max(likeness, best.get(code, 0.0))
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        # The same words in another order are not the same text: an officer decides.
        return [
            Suggestion(code, min(round(likeness, 3), _EQUAL_ONLY)) for code, likeness in ranked[:3]
        ]


def _telling_words(spellings: Spellings) -> Mapping[str, InstitutionCode]:
    """Words that appear in the names of one partner only, and its town, with the partner."""
    owners: dict[str, set[InstitutionCode]] = {}
    for spelling, code in spellings.known.items():
        _note(owners, spelling.split(), code)
    for code, institution in spellings.partners.items():
        town = folded(institution.city).split()
        _note(owners, town, code)
        if town and len(town[0]) == _LEAST_OF_A_TOWN:
            owners.setdefault(town[0], set()).add(code)
    return {word: next(iter(codes)) for word, codes in owners.items() if len(codes) == 1}


def _note(
    owners: dict[str, set[InstitutionCode]], words: Iterable[str], code: InstitutionCode
) -> None:
    for word in words:
        if len(word) >= _TELLING_LENGTH:
            owners.setdefault(word, set()).add(code)


def domain_differs(email: str, affiliation: Affiliation | None, spellings: Spellings) -> bool:
    """Whether the address belongs to another partner than the one stated. Worth a warning only."""
    domain = email.rpartition("@")[2].casefold()
    owners = spellings.owners_of(domain)
    return bool(owners) and affiliation is not None and affiliation.bucket not in owners
