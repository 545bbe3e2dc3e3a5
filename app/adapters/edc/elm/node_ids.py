"""Ids for the objects of a credential, as the Commission's own issuer makes them.

JSON-LD merges objects with one id, so an id may be used twice only for the same content. Here that
holds by construction: an object's id is looked up by its content. `urn:epass:note:3` is the third
different note of the credential.
"""

from collections import Counter
from typing import Any

PREFIXES = {
    "Accreditation": "accreditation",
    "Address": "address",
    "AwardingProcess": "awardingProcess",
    "ContactPoint": "contactPoint",
    "CreditPoint": "creditPoint",
    "DisplayDetail": "displayDetail",
    "DisplayParameter": "displayParameter",
    "Evidence": "evidence",
    "GradingScheme": "gradingScheme",
    "Group": "group",
    "Identifier": "identifier",
    "IndividualDisplay": "individualDisplay",
    "LearningAchievement": "learningAchievement",
    "LearningActivity": "activity",
    "LearningActivitySpecification": "learningActivitySpec",
    "LearningAssessment": "learningAssessment",
    "LearningAssessmentSpecification": "learningAssessmentSpec",
    "LearningEntitlement": "entitlement",
    "LearningEntitlementSpecification": "learningEntitlementSpec",
    "LearningOpportunity": "learningOpportunity",
    "LearningOutcome": "learningOutcome",
    "LegalIdentifier": "legalIdentifier",
    "Location": "location",
    "MediaObject": "mediaObject",
    "Note": "note",
    "Organisation": "org",
    "PeriodOfTime": "period",
    "Person": "person",
    "Qualification": "qualification",
    "WebResource": "webResource",
}
"""The word after `urn:epass:` by class."""


def identified(tree: dict[str, Any]) -> dict[str, Any]:
    """A copy of a tree of objects in which each has its id, directly after which comes its type.

    Objects that have an id already (the credential, concepts and their schemes) keep it; concepts
    with one IRI get the same labels everywhere, the first text per language winning.
    """
    labels: dict[str, dict[str, str]] = {}
    _collect_labels(tree, labels)
    return _Numbering(labels).visit(tree)[0]  # type: ignore[no-any-return]


def _collect_labels(value: Any, labels: dict[str, dict[str, str]]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect_labels(item, labels)
    elif isinstance(value, dict):
        if value.get("type") == "Concept":
            merged = labels.setdefault(value["id"], {})
            for tag, text in value.get("prefLabel", {}).items():
                merged.setdefault(tag, text)
        for item in value.values():
            _collect_labels(item, labels)


class _Numbering:
    def __init__(self, labels: dict[str, dict[str, str]]) -> None:
        self._labels = labels
        self._counts: Counter[str] = Counter()
        self._known: dict[object, str] = {}

    def visit(self, value: Any) -> tuple[Any, object]:
        """The value with ids in it, and a key that is equal for equal content."""
        if isinstance(value, list):
            pairs = [self.visit(item) for item in value]
            return [item for item, _ in pairs], ("list", tuple(key for _, key in pairs))
        if not isinstance(value, dict):
            return value, (type(value).__name__, value)
        if value.get("type") == "Concept":
            return self._concept(value), ("node", value["id"])
        made: dict[str, Any] = {}
        content: list[object] = []
        for name, item in value.items():
            made[name], key = self.visit(item)
            content.append((name, key))
        if "type" not in value or "id" in value:
            return made, ("map", tuple(content))
        name = self._name(value["type"], tuple(content))
        return {"id": name, **made}, ("node", name)

    def _concept(self, value: dict[str, Any]) -> dict[str, Any]:
        labels = self._labels[value["id"]]
        return {**value, "prefLabel": dict(labels)} if labels else dict(value)

    def _name(self, class_name: str, content: object) -> str:
        name = self._known.get(content)
        if name is None:
            self._counts[class_name] += 1
            name = f"urn:epass:{PREFIXES[class_name]}:{self._counts[class_name]}"
            self._known[content] = name
        return name
