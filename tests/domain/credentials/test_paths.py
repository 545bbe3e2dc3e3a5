"""Every certified field stands at its declared place, and nothing else is said."""

import base64
import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from app.adapters.edc.elm.document import build_credential
from app.adapters.edc.elm.words import word
from app.domain.credentials.paths import (
    CERTIFIED_PATHS,
    DERIVED,
    FROM_THE_AWARD,
    NOT_IN_CREDENTIAL,
)
from app.domain.credentials.profile.validation import validate
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.lists import AUTHORITY
from app.domain.vocabulary.specification import (
    OutcomeSkill,
    SkillDecision,
    Specification,
)
from tests.adapters.edc.material import (
    ALLIANCE,
    CREDENTIAL,
    ISSUED,
    ISSUER,
    PARTNERS,
    PICTURE,
    PICTURES,
    SUPERVISED_WITH_ID,
    UNSUPERVISED_WITH_ID,
    a_full_course,
    an_award,
)
from tests.reference_data import reference_file

COURSE = a_full_course()
DOCUMENT = build_credential(
    credential_id=CREDENTIAL,
    award=an_award(),
    specification=COURSE,
    issuer=ISSUER,
    organisations=PARTNERS,
    alliance_name=ALLIANCE,
    issued=ISSUED,
    images=PICTURES,
)


def at(value: Any, path: str) -> list[Any]:
    """Everything at a path, through lists; `key[x]` keeps notes about x, or identifiers of x."""
    found = [value]
    for step in path.split("."):
        key, _, only = step.rstrip("]").partition("[")
        found = [item for node in found if isinstance(node, dict) for item in _items(node, key)]
        if only:
            found = [node for node in found if only in (_topic(node), node.get("schemeName"))]
    return found


def _items(node: Mapping[str, Any], key: str) -> list[Any]:
    value = node.get(key)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _topic(node: Mapping[str, Any]) -> str | None:
    subject = node.get("subject", {}).get("id", "")
    return subject.removeprefix("urn:epass:concept:") or None


def given(value: Any, path: str) -> list[Any]:
    """Everything at a path of the specification, through lists."""
    found = [value]
    for step in path.split("."):
        name = step.removesuffix("[]")
        found = [getattr(item, name) for item in found if item is not None]
        found = [
            item for value in found for item in (value if isinstance(value, tuple) else [value])
        ]
    return [item for item in found if item is not None]


def plain(value: Any) -> Any:
    match value:
        case Concept():
            return value.uri
        case bool():
            return value
        case int():
            return f"PT{value}H"
        case Decimal():
            return "1"
        case date():
            return f"{value.isoformat()}T00:00:00Z"
        case Mapping():
            return dict(value)
    return value


LANGUAGES = ("en", "es")
PICTURE_TEXTS = at(DOCUMENT, "displayParameter.individualDisplay.displayDetail.image.content")
SPECIAL: dict[str, list[Any]] = {
    "academic.awarding_bodies": [
        dict(PARTNERS[code].legal_name) for code in ("UNIOVI", "HKA", "UDA")
    ],
    "academic.awarding_country": [PARTNERS[code].country.uri for code in ("UNIOVI", "HKA", "UDA")],
    "academic.issuer": [dict(ISSUER.legal_name)],
    "academic.workload_parts[].contact": ["14"],
    "academic.outcomes[].skills[].wording": [
        {"en": "linking learning outcomes of qualifications with ESCO skills"}
    ],
    "academic.outcomes[].skills[].link.label": [
        {"en": skill.link.label}
        for outcome in COURSE.academic.outcomes
        for skill in outcome.skills
        if skill.link
    ],
    "academic.assessments[].weight": [dict.fromkeys(LANGUAGES, f"{n} %") for n in (40, 60)],
    # As the evidence of each result says, not as it was planned; of the whole, what both share.
    "academic.assessments[].id_verification": [UNSUPERVISED_WITH_ID.uri, SUPERVISED_WITH_ID.uri],
    "academic.id_verification": [UNSUPERVISED_WITH_ID.uri],
    "academic.grading_scheme.passing": [dict.fromkeys(LANGUAGES, "5.0")],
    # Once for the whole, once for each of the two assessments: the declared path is the first.
    "academic.grading_scheme.scale": ["0-10"],
    "academic.qa_types": [COURSE.academic.qa_types[0].uri],
    "academic.qa_records[].decision": [{"en": "passed"}],
    "academic.stackability": [{tag: word("stackable", tag) for tag in LANGUAGES}],
    "academic.validity_period": ["2031-11-24T10:30:15Z"],
    "academic.visual.logo": PICTURE_TEXTS,
    "academic.visual.background": PICTURE_TEXTS,
    "rights[].limit_organisations": [dict(PARTNERS[code].legal_name) for code in ("UNIOVI", "UOC")],
    "rights[].limit_jurisdiction": [f"{AUTHORITY}atu/ESP"],
}
TARGETS = {
    "academic.stacks_into[].programme": ("Master in Joint Degrees", "Máster en Títulos Conjuntos"),
    "academic.stacks_into[].institution": ("University of Crete", "University of Crete"),
    "academic.stacks_into[].ects": ("1.5 ECTS", "1.5 ECTS"),
}


def test_the_credential_that_is_walked_may_be_sealed() -> None:
    assert validate(DOCUMENT) == []


@pytest.mark.parametrize("field", sorted(CERTIFIED_PATHS.keys() - TARGETS.keys()))
def test_a_certified_field_stands_at_its_declared_place(field: str) -> None:
    wanted = SPECIAL.get(field) or [plain(value) for value in given(COURSE, field)]
    found = at(DOCUMENT, CERTIFIED_PATHS[field])
    assert wanted
    assert found == wanted


@pytest.mark.parametrize("field", sorted(TARGETS))
def test_a_target_of_stacking_is_told_in_one_note_in_each_language(field: str) -> None:
    [note] = at(DOCUMENT, CERTIFIED_PATHS[field])
    english, spanish = TARGETS[field]
    assert english in note["en"]
    assert spanish in note["es"]


def test_a_kind_of_quality_assurance_without_a_decision_stands_in_a_note() -> None:
    notes = at(
        DOCUMENT,
        "credentialSubject.hasClaim.specifiedBy.additionalNote[quality-assurance].noteLiteral",
    )
    assert notes == [{"en": "Program Quality Assurance"}]


def test_the_pictures_are_carried_as_they_were_given() -> None:
    assert base64.b64decode(PICTURE_TEXTS[0]) == PICTURE
    assert len(PICTURE_TEXTS) == 2


FRAME = {"@context", "id", "type"}


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """Paths of everything that a credential says; of a concept, its IRI."""
    if isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    elif isinstance(value, dict) and value.get("type") == "Concept":
        yield f"{path}.id"
    elif isinstance(value, dict) and "type" in value:
        for key, item in value.items():
            if key in FRAME or (key == "subject" and value["type"] == "Note"):
                continue
            topic = _note_topic(item)
            yield from leaves(item, f"{path}.{key}{topic}".lstrip("."))
    else:
        yield path


def _note_topic(item: Any) -> str:
    topics = {_topic(node) for node in _items({"x": item}, "x") if isinstance(node, dict)}
    topics.discard(None)
    return f"[{topics.pop()}]" if len(topics) == 1 else ""


def bare(path: str) -> str:
    return re.sub(r"\[[^]]*\]", "", path)


CERTIFIED = {bare(path) for path in CERTIFIED_PATHS.values()}
PLACES = {bare(path) for path in (*DERIVED, *FROM_THE_AWARD)}
ORGANISATIONS = {path.removesuffix("legalName") for path in CERTIFIED if "legalName" in path}


def explained(leaf: str) -> bool:
    path = bare(leaf)
    above, _, key = path.rpartition(".")
    return (
        path in CERTIFIED | EXPLAINED_BY_NATURE
        or any(path == place or path.startswith(f"{place}.") for place in PLACES)
        # A concept is named by its IRI, whether its label or its notation is what is certified.
        or (key == "id" and bool({f"{above}.prefLabel", f"{above}.notation"} & CERTIFIED))
        # An identifier says in which scheme it is one.
        or (key == "schemeName" and f"{above}.notation" in CERTIFIED)
        # An institution is certified by its name; what else is known of it comes along.
        or any(path.startswith(organisation) for organisation in ORGANISATIONS)
    )


EXPLAINED_BY_NATURE = {
    # A file says how it is encoded.
    "displayParameter.individualDisplay.displayDetail.image.contentEncoding.id",
    "displayParameter.individualDisplay.displayDetail.image.contentType.id",
    "displayParameter.individualDisplay.displayDetail.page",
}


def test_everything_that_a_credential_says_is_explained() -> None:
    said = set(leaves(DOCUMENT))
    assert {leaf for leaf in said if not explained(leaf)} == set()
    assert len(said) > 80


def test_no_place_is_declared_that_a_full_credential_does_not_have() -> None:
    empty = {place for place in (*DERIVED, *FROM_THE_AWARD) if not at(DOCUMENT, place)}
    # It is there only when the issuer is none of the awarding bodies.
    assert empty == {"evidence"}


def names_of(hint: Any, prefix: str = "") -> Iterator[str]:
    """The fields of a dataclass and of those inside it, as CERTIFIED_PATHS names them."""
    for name, inner in get_type_hints(hint).items():
        if name.startswith("__") or name not in {f.name for f in fields(hint)}:
            continue
        options = get_args(inner) if get_origin(inner) in (Union, UnionType) else (inner,)
        [kind] = [option for option in options if option is not type(None)]
        many = get_origin(kind) is tuple
        kind = get_args(kind)[0] if many else kind
        if is_dataclass(kind) and kind is not Concept:
            yield from names_of(kind, f"{prefix}{name}{'[]' if many else ''}.")
        else:
            yield f"{prefix}{name}"


def test_every_field_of_a_specification_is_certified_or_declared_not_to_be() -> None:
    declared = CERTIFIED_PATHS.keys() | NOT_IN_CREDENTIAL.keys()
    whole_pictures = {"academic.visual.logo", "academic.visual.background"}
    of_the_institutions = {"academic.awarding_country"}
    assert set(names_of(Specification)) == declared - whole_pictures - of_the_institutions
    assert not CERTIFIED_PATHS.keys() & NOT_IN_CREDENTIAL.keys()


def test_a_dropped_skill_leaves_no_trace() -> None:
    first, *others = COURSE.academic.outcomes
    dropped = OutcomeSkill("a wording that was dropped", SkillDecision.DROPPED, reason="Not taught")
    outcomes = (replace(first, skills=(*first.skills, dropped)), *others)
    course = replace(COURSE, academic=replace(COURSE.academic, outcomes=outcomes))
    document = build_credential(
        credential_id=CREDENTIAL,
        award=an_award(),
        specification=course,
        issuer=ISSUER,
        organisations=PARTNERS,
        alliance_name=ALLIANCE,
        issued=ISSUED,
        images=PICTURES,
    )
    assert document == DOCUMENT


CSV_NAMES = {
    "summary_public": ["summary_public"],
    "target_group_codes[]": ["target_groups"],
    "display_languages[] / primary": ["academic.display_languages", "academic.primary_language"],
    "outcomes[] {code, text}": ["academic.outcomes[].code", "academic.outcomes[].title"],
    "outcomes[].esco_skills[]": [
        "academic.outcomes[].skills[].link.uri",
        "academic.outcomes[].skills[].wording",
    ],
    "workload_parts[] {kind, hours, contact}": [
        "academic.workload_parts[].kind",
        "academic.workload_parts[].hours",
        "academic.workload_parts[].contact",
    ],
    "assessments[] {title, type, mode, language, weight}": [
        "academic.assessments[].title",
        "academic.assessments[].type",
        "academic.assessments[].mode",
        "academic.assessments[].languages",
        "academic.assessments[].weight",
    ],
    "grading_scheme {title, scale, pass}": [
        "academic.grading_scheme.title",
        "academic.grading_scheme.scale",
        "academic.grading_scheme.passing",
    ],
    "qa_records[] {agency, decision, valid_until, report_url}": [
        "academic.qa_records[].agency",
        "academic.qa_records[].decision",
        "academic.qa_records[].valid_until",
        "academic.qa_records[].report_url",
    ],
    "stacks_into[] {programme, institution, ects}": [
        "academic.stacks_into[].programme",
        "academic.stacks_into[].institution",
        "academic.stacks_into[].ects",
    ],
    "visual {logo, background}": ["academic.visual.logo", "academic.visual.background"],
}


@pytest.mark.reference
def test_every_field_that_the_procedure_certifies_has_its_place() -> None:
    with reference_file("proposal-fields.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["in_credential"] == "Y"]
    assert len(rows) > 40
    for row in rows:
        block = "academic." if row["section"] == "C" else ""
        simple = block + (row["field"] if "[]." in row["field"] else row["field"].rstrip("[]"))
        names = CSV_NAMES.get(row["field"], [simple.removesuffix("[]")])
        assert names, row["field"]
        assert [name for name in names if name not in CERTIFIED_PATHS] == [], row["field"]


def test_bodies_of_two_countries_have_each_its_own() -> None:
    countries = at(DOCUMENT, CERTIFIED_PATHS["academic.awarding_country"])
    assert len(countries) == len(COURSE.academic.awarding_bodies)
    assert {f"{AUTHORITY}country/ESP", f"{AUTHORITY}country/DEU"} <= set(countries)
