"""What the demonstration's authors decide on each skill name, and why.

The course page names eleven skills. Seven are ESCO's preferred labels in version 1.1.1, yet one of
those has a meaning of another field and one is too broad to add anything; one is another name of a
skill; one is a group; two do not exist. So each is looked at, and nothing is linked by its words
alone.
"""

from collections.abc import Mapping, Sequence

_SKILL = "http://data.europa.eu/esco/skill/"

SYSTEM_POLICIES = _SKILL + "07e47d58-dd0e-4302-9e68-70a188e89065"
COMPLY_WITH_REGULATIONS = _SKILL + "b618584f-6bdf-4d8f-89a7-f28c2c95afc2"
PROJECT_RESOURCES = _SKILL + "b2235ce8-d0f0-4954-9b60-e2c1aeeadab5"
MANAGE_QUALITY = _SKILL + "35ebe444-9ece-4fbc-a55d-e99ea37267ae"
ONLINE_TOOLS = _SKILL + "580660a6-5d3a-421d-a54f-d85b706c2b2f"
ICT_RESOURCES = _SKILL + "5c845ff8-b3f7-42b1-a846-a4238a8b404e"
EVALUATE_DATA = _SKILL + "1d6c7de4-350e-4868-a47b-333b4b0d9650"
WORK_IN_TEAMS = _SKILL + "60c78287-22eb-4103-9c8c-28deaa460da0"
PROMOTE_SUSTAINABILITY = _SKILL + "469e19ed-a0bd-445a-ae2d-4ba9430e296b"
ENVIRONMENTAL_IMPACT = _SKILL + "d3a8ef9c-8572-438c-91dc-010537070be3"


def _link(outcome: str, wording: str, uri: str, reason: str | None = None) -> dict[str, str]:
    body = {"outcome": outcome, "wording": wording, "decision": "linked", "uri": uri}
    return {**body, "reason": reason} if reason else body


def _keep(outcome: str, wording: str, reason: str) -> dict[str, str]:
    return {"outcome": outcome, "wording": wording, "decision": "own_wording", "reason": reason}


def _drop(outcome: str, wording: str, reason: str) -> dict[str, str]:
    return {"outcome": outcome, "wording": wording, "decision": "dropped", "reason": reason}


FRAMEWORK: Sequence[Mapping[str, str]] = (
    _link("LO1", "apply system organisational policies", SYSTEM_POLICIES),
    _link(
        "LO1",
        "ensure ongoing compliance with regulations",
        COMPLY_WITH_REGULATIONS,
        "The concept of exactly this name is about aviation certificates; this one means rules "
        "in general.",
    ),
    _keep(
        "LO2",
        "documenting and recording information",
        "In ESCO this names a group of skills, and none of the skills in it means documenting a "
        "study offer.",
    ),
    _link("LO2", "assess project resource needs", PROJECT_RESOURCES),
    _link(
        "LO2",
        "apply quality standards",
        MANAGE_QUALITY,
        "ESCO knows these words as another name of this skill, and it is what we mean.",
    ),
    _link(
        "LO3",
        "use online tools to collaborate",
        ONLINE_TOOLS,
        "The words also stand for a broader skill; the one of this very name is meant.",
    ),
    _link("LO3", "use ICT resources to solve work related tasks", ICT_RESOURCES),
    _drop(
        "LO3",
        "digital communication and collaboration",
        "So broad that it adds nothing to the two narrower skills of this outcome; it was a group "
        "before ESCO 1.1.1.",
    ),
    _keep(
        "LO4",
        "linking learning outcomes of qualifications with ESCO skills",
        "This is an activity of ESCO itself; the classification has no skill for it.",
    ),
    _link(
        "LO4",
        "evaluate data",
        EVALUATE_DATA,
        "ESCO has no skill of this short name; this one covers what learners do here.",
    ),
    _link("LO5", "work in teams", WORK_IN_TEAMS),
    _link("LO5", "use online tools to collaborate", ONLINE_TOOLS),
    _link("LO5", "apply system organisational policies", SYSTEM_POLICIES),
)

FICTITIOUS: Sequence[Mapping[str, str]] = (
    _link("LO1", "promote sustainability", PROMOTE_SUSTAINABILITY),
    _link("LO2", "manage environmental impact", ENVIRONMENTAL_IMPACT),
    _keep(
        "LO3",
        "keep the green laboratory log",
        "The log is made up for this demonstration, so no classification can know it.",
    ),
)
