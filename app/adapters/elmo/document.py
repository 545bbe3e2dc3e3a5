"""An award as ELMO 1.7: the elements in the order that its schema fixes.

Plain text only, and nothing that is not known: what is missing is left out (EMREX's rules beside
the schema). Attended hours, for one, are not on record anywhere, so that they are not stated.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lxml import etree

from app.domain.credentials.credential_id import credential_urn
from app.domain.errors import InternalInconsistency
from app.domain.vocabulary.award import Award
from app.domain.vocabulary.institutions import Institution
from app.domain.vocabulary.specification import AcademicData, Specification
from app.domain.vocabulary.text import LanguageMap, in_language, language_tag

NAMESPACE = "https://github.com/emrex-eu/elmo-schemas/tree/v1"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SCHEMES = ("schac", "erasmus", "pic")
"""Identifiers of institutions that ELMO's annotations name."""
_ATTACHMENT = "credential"
_SCALE = "result"
_NOT_XML = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Characters that XML 1.0 has no way to write."""


@dataclass(frozen=True)
class Transcript:
    """What goes into one transcript. Personal data."""

    credential: UUID
    award: Award = field(repr=False)
    specification: Specification = field(repr=False)
    issuer: Institution
    bodies: tuple[Institution, ...]
    """The awarding bodies; ELMO knows no joint award, so that they are named in words."""
    issued_at: datetime
    """When the credential was sealed."""
    generated_at: datetime
    pdf: bytes = field(repr=False)
    """The credential as a document, with the sealed file inside."""
    language: str
    """BCP 47 tag of the PDF."""

    @property
    def academic(self) -> AcademicData:
        """The certified content."""
        return self.specification.academic


def elmo(transcript: Transcript) -> "etree._Element":
    """The unsigned document; its signature goes last into it."""
    names: dict[str | None, str] = {None: NAMESPACE}
    root = etree.Element(_tag("elmo"), nsmap=names)  # type: ignore[arg-type]  # None is allowed
    _text(root, "generatedDate", _instant(transcript.generated_at))
    _learner(root, transcript)
    report = etree.SubElement(root, _tag("report"))
    _issuer(report, transcript.issuer)
    _opportunity(report, transcript)
    _text(report, "issueDate", _instant(transcript.issued_at))
    scheme = transcript.academic.grading_scheme
    if scheme is not None:
        described = etree.SubElement(report, _tag("gradingScheme"), localId=_SCALE)
        _texts(described, "description", scheme.title)
    attached = etree.SubElement(root, _tag("attachment"))
    _text(attached, "identifier", _ATTACHMENT, type="local")
    _texts(attached, "title", transcript.academic.title)
    _text(attached, "type", "Micro Credential")
    content = base64.b64encode(transcript.pdf).decode("ascii")
    pdf = _text(attached, "content", f"data:application/pdf;base64,{content}")
    pdf.set(_LANG, transcript.language)
    return root


def _learner(root: "etree._Element", transcript: Transcript) -> None:
    holder = transcript.award.holder
    learner = etree.SubElement(root, _tag("learner"))
    if holder.student_identifier:
        esi = holder.student_identifier.startswith("urn:schac:personalUniqueCode:int:esi:")
        kind = "esi" if esi else "local"
        _text(learner, "identifier", holder.student_identifier, type=kind)
    if not holder.given_name or not holder.family_name:
        raise InternalInconsistency("a transcript was ordered of a name that is not in two parts")
    _text(learner, "givenNames", holder.given_name)
    _text(learner, "familyName", holder.family_name)
    if holder.birth_date:
        _text(learner, "bday", holder.birth_date.isoformat())


def _issuer(report: "etree._Element", institution: Institution) -> None:
    issuer = etree.SubElement(report, _tag("issuer"))
    _text(issuer, "country", institution.country)
    known = [(kind, institution.identifiers.get(kind)) for kind in _SCHEMES]
    named = [(kind, value) for kind, value in known if value]
    for kind, value in named or [("local", institution.code)]:
        _text(issuer, "identifier", value, type=kind)
    names = {"en": institution.name_en, institution.name_local_language: institution.name_local}
    _texts(issuer, "title", names)
    _text(issuer, "url", institution.homepage)


def _opportunity(report: "etree._Element", transcript: Transcript) -> None:
    academic, award = transcript.academic, transcript.award
    course = etree.SubElement(report, _tag("learningOpportunitySpecification"))
    _text(course, "identifier", f"urn:uuid:{award.proposal}", type="local")
    _texts(course, "title", academic.title)
    _text(course, "type", "Course")
    if academic.isced_f:
        _text(course, "iscedCode", _code(academic.isced_f[0].uri))
    if academic.homepage:
        _text(course, "url", academic.homepage)
    for language in academic.description:
        # One text per language: ELMO has no place for outcomes.
        _lines(course, "description", _described(transcript, language), language)
    instance = etree.SubElement(
        etree.SubElement(course, _tag("specifies")), _tag("learningOpportunityInstance")
    )
    _text(instance, "identifier", award.edition_code, type="local")
    _text(instance, "identifier", credential_urn(transcript.credential), type="elm")
    _text(instance, "start", award.edition_start.isoformat())
    _text(instance, "date", award.edition_end.isoformat())
    _text(instance, "status", "passed")
    if academic.grading_scheme is not None:
        _text(instance, "gradingSchemeLocalId", _SCALE)
    _text(instance, "resultLabel", award.grade)
    if academic.ects is not None:
        credit = etree.SubElement(instance, _tag("credit"))
        _text(credit, "scheme", "ects")
        _text(credit, "value", f"{academic.ects:f}")
    if academic.eqf_level is not None:
        level = etree.SubElement(instance, _tag("level"))
        _text(level, "type", "EQF")
        _text(level, "value", _code(academic.eqf_level.uri))
    if len(academic.languages_teaching) == 1:
        taught_in = language_tag(academic.languages_teaching[0].uri)
        if taught_in:
            _text(instance, "languageOfInstruction", taught_in)
    _text(etree.SubElement(instance, _tag("attachments")), "ref", _ATTACHMENT)


def _described(transcript: Transcript, language: str) -> list[str]:
    academic = transcript.academic
    outcomes = [in_language(outcome.title, language, "en") for outcome in academic.outcomes]
    lines = [academic.description[language], *(f"– {outcome}" for outcome in outcomes)]
    if len(transcript.bodies) > 1:
        names = ", ".join(body.name_local or body.name_en for body in transcript.bodies)
        lines.append(f"{_AWARDED_BY.get(language, _AWARDED_BY['en'])}: {names}")
    return lines


_AWARDED_BY: Mapping[str, str] = {
    "en": "Awarded jointly by",
    "es": "Otorgado conjuntamente por",
    "it": "Rilasciato congiuntamente da",
    "de": "Gemeinsam verliehen von",
    "fr": "Délivré conjointement par",
}


def _texts(parent: "etree._Element", name: str, texts: LanguageMap) -> None:
    for language, text in texts.items():
        _text(parent, name, text).set(_LANG, language)


def _lines(parent: "etree._Element", name: str, lines: list[str], language: str) -> None:
    element = etree.SubElement(parent, _tag(name))
    element.text = "\n".join(_NOT_XML.sub("", line).strip() for line in lines)
    element.set(_LANG, language)


def _text(parent: "etree._Element", name: str, text: str, **attributes: str) -> "etree._Element":
    """A value without line breaks and runs of blanks, as `xs:token` wants it."""
    element = etree.SubElement(parent, _tag(name), attrib=attributes)
    element.text = " ".join(_NOT_XML.sub("", text).split())
    return element


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _instant(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat()


def _code(uri: str) -> str:
    """The last part of a concept's IRI, which is its code in these lists."""
    return uri.rsplit("/", 1)[-1]
