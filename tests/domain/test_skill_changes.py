"""What becomes of links when ESCO moves on, and the skills of a whole proposal."""

from app.domain.skills.changes import ConceptState, LinkedSkill, VersionChange, changes
from app.domain.skills.together import together
from app.domain.vocabulary.skills import Skill, Suggestion

LINK = LinkedSkill("IMC-1", "LO1", "u:1", "work in teams", "en", "1.1.0")
BEFORE = ConceptState("u:1", "work in teams", "group", "S1")


def test_a_link_that_stands_as_it_was_is_not_reported():
    assert changes(LINK, BEFORE, BEFORE, "work in teams") is None


def test_a_concept_with_another_name_and_type_is_reported_with_both():
    now = ConceptState("u:1", "work in a team", "untyped")
    found = changes(LINK, BEFORE, now, "work in a team")
    assert found is not None
    assert (found.changes, found.label, found.kind_before, found.kind_now) == (
        (VersionChange.RELABELLED, VersionChange.TYPE_CHANGED),
        "work in a team",
        "group",
        "untyped",
    )


def test_a_label_that_is_only_missing_in_the_links_language_is_no_change():
    assert changes(LINK, BEFORE, BEFORE, None) is None


def test_a_concept_that_is_gone_comes_with_concepts_to_look_at():
    other = ConceptState("u:2", "cooperate", "skill")
    found = changes(LINK, BEFORE, None, None, [BEFORE, other])
    assert found is not None
    assert (found.changes, found.successors) == ((VersionChange.REMOVED,), (other,))


def test_scores_of_different_sentences_count_by_their_share_of_the_best():
    def one(uri: str, score: float) -> Suggestion:
        return Suggestion(Skill(uri, uri, "en", "1.1.1"), score, uri, (uri,))

    found = together([[one("a", 10.0), one("b", 5.0)], [one("b", 1.0)], []])
    assert [(spoken.skill.uri, spoken.weight, spoken.sentences) for spoken in found] == [
        ("b", 1.5, (0, 1)),
        ("a", 1.0, (0,)),
    ]
