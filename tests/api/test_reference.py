"""Controlled lists and skills, seen from outside."""

import pytest

from app.domain.vocabulary.skills import ATTRIBUTION
from tests.api.conftest import Api

WORK_IN_TEAMS = "http://data.europa.eu/esco/skill/60c78287-22eb-4103-9c8c-28deaa460da0"


async def test_everybody_can_read_the_controlled_lists(api: Api) -> None:
    listed = await api(None, "GET", "/v1/vocabularies")
    sizes = {item["name"]: item["size"] for item in listed.json()["items"]}
    assert (sizes["eqf"], sizes["isced-f"], sizes["target-group"]) == (8, 220, 20)
    assert listed.headers["cache-control"] == "public, max-age=3600"
    eqf = (await api(None, "GET", "/v1/vocabularies/eqf")).json()
    assert (eqf["enforced"], eqf["scheme"]) == (True, "http://data.europa.eu/snb/eqf/25831c2")
    assert eqf["concepts"][5] == {
        "uri": "http://data.europa.eu/snb/eqf/6",
        "label": {"en": "Level 6"},
        "notation": "6",
        "code": None,
    }


async def test_a_list_that_does_not_exist_is_a_problem(api: Api) -> None:
    for name in ("nonsense", "..%2Fesco%2Fbuiltin"):
        missing = await api(None, "GET", f"/v1/vocabularies/{name}")
        assert missing.status_code == 404
    assert (await api(None, "GET", "/v1/vocabularies/nonsense")).json()["code"] == (
        "vocabulary_not_found"
    )


async def test_wordings_are_resolved_and_nothing_is_linked(api: Api) -> None:
    body = {"labels": ["work in teams", "apply quality standards", "evaluate data"]}
    answer = (await api(None, "POST", "/v1/skills/resolve", json=body)).json()
    assert answer["attribution"] == ATTRIBUTION
    assert [(item["wording"], item["status"]) for item in answer["items"]] == [
        ("work in teams", "exact"),
        ("apply quality standards", "alt_label"),
        ("evaluate data", "not_found"),
    ]
    assert answer["items"][0]["candidates"][0] == {
        "uri": WORK_IN_TEAMS,
        "label": "work in teams",
        "language": "en",
        "version": "1.1.1",
        "type": "skill",
        "reuse_level": "transversal",
        "code": "T4.3",
        "group_path": [
            "transversal skills and competences",
            "social and communication skills and competences",
            "collaborating in teams and networks",
        ],
        "alt_labels": answer["items"][0]["candidates"][0]["alt_labels"],
        "collections": ["research", "transversal"],
        "description": None,
        "description_language": None,
    }


async def test_a_note_on_the_meaning_comes_in_the_language_asked_for(api: Api) -> None:
    body = {"labels": ["ensure ongoing compliance with regulations"], "language": "es-ES"}
    [item] = (await api(None, "POST", "/v1/skills/resolve", json=body)).json()["items"]
    assert [warning["code"] for warning in item["warnings"]] == ["sense_differs", "other_language"]
    assert "aviación" in item["warnings"][0]["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"labels": []},
        {"labels": [""]},
        {"labels": ["x" * 301]},
        {"labels": ["x"] * 201},
        {"labels": ["a\u0000b"]},
        {"labels": ["x"], "language": "Español"},
        {"labels": ["x"], "more": 1},
    ],
)
async def test_what_cannot_be_resolved_is_pointed_at(api: Api, body: dict[str, object]) -> None:
    refused = await api(None, "POST", "/v1/skills/resolve", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


async def test_skills_are_found_by_words_and_by_uri(api: Api) -> None:
    found = (await api(None, "GET", "/v1/skills?text=work%20in%20te&limit=1")).json()
    assert [item["uri"] for item in found["items"]] == [WORK_IN_TEAMS]
    assert found["attribution"] == ATTRIBUTION
    skill = await api(None, "GET", f"/v1/skills/by-uri?uri={WORK_IN_TEAMS}&language=es")
    assert (skill.json()["label"], skill.json()["attribution"]) == (
        "trabajar en equipo",
        ATTRIBUTION,
    )
    unknown = await api(None, "GET", "/v1/skills/by-uri?uri=http://data.europa.eu/esco/skill/0")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "skill_not_found")


async def test_groups_are_found_only_when_asked_for(api: Api) -> None:
    path = "/v1/skills?text=documenting%20and%20recording"
    assert (await api(None, "GET", path)).json()["items"] == []
    groups = (await api(None, "GET", f"{path}&include_groups=true")).json()["items"]
    assert [(group["type"], group["code"]) for group in groups] == [
        ("group", "S2.2"),
        ("group", "S2.2.0"),
    ]


async def test_sentences_lead_to_skills_and_all_of_them_together_to_each_once(api: Api) -> None:
    body = {
        "sentences": ["Learners work in a team.", "Learners work in teams and manage quality."],
        "limit": 3,
    }
    answer = (await api(None, "POST", "/v1/skills/suggest", json=body)).json()
    assert [item["sentence"] for item in answer["items"]] == body["sentences"]
    assert answer["items"][0]["suggestions"][0]["skill"]["uri"] == WORK_IN_TEAMS
    assert answer["items"][0]["suggestions"][0]["fell_back"] is False
    [both] = [one for one in answer["together"] if one["skill"]["uri"] == WORK_IN_TEAMS]
    assert both["sentences"] == [0, 1]
    uris = [one["skill"]["uri"] for one in answer["together"]]
    assert len(uris) == len(set(uris))
    assert answer["attribution"] == ATTRIBUTION


async def test_a_label_that_is_missing_in_a_language_says_that_it_fell_back(api: Api) -> None:
    body = {"sentences": ["work in teams"], "language": "mt", "limit": 1}
    answer = (await api(None, "POST", "/v1/skills/suggest", json=body)).json()
    [suggestion] = answer["items"][0]["suggestions"]
    assert (suggestion["fell_back"], suggestion["skill"]["language"]) == (True, "en")


async def test_filters_narrow_a_search(api: Api) -> None:
    path = "/v1/skills?text=work%20in%20teams&limit=5"
    every = (await api(None, "GET", path)).json()["items"]
    digital = (await api(None, "GET", f"{path}&collection=digital")).json()["items"]
    assert every[0]["uri"] == WORK_IN_TEAMS
    assert all("digital" in skill["collections"] for skill in digital)
    assert WORK_IN_TEAMS not in {skill["uri"] for skill in digital}


async def test_the_tree_starts_at_the_widest_groups_and_says_which_data_answer(api: Api) -> None:
    top = (await api(None, "GET", "/v1/skills/tree")).json()["items"]
    assert {skill["type"] for skill in top} == {"group"}
    under = await api(None, "GET", "/v1/skills/tree", params={"uri": top[0]["uri"]})
    assert under.json()["items"]
    in_use = (await api(None, "GET", "/v1/skills/in-use")).json()
    assert (in_use["version"], in_use["source"]) == ("1.1.1", "built_in")


async def test_the_built_in_set_has_no_occupations(api: Api) -> None:
    assert (await api(None, "GET", "/v1/occupations?text=developer")).json()["items"] == []
    unknown = await api(
        None, "GET", "/v1/occupations/skills?uri=http://data.europa.eu/esco/occupation/none"
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "skill_not_found")


async def test_words_of_a_language_without_labels_are_no_empty_answer(api: Api) -> None:
    for path in ("/v1/skills?text=lankidetza", "/v1/occupations?text=lankidetza"):
        refused = await api(None, "GET", f"{path}&language=eu")
        assert (refused.status_code, refused.json()["code"]) == (422, "language_without_labels")
        (finding,) = refused.json()["errors"]
        assert finding["pointer"] == "#/query/language"
        assert "en, es" in finding["detail"]
    # English words are found all the same, and say that they are English.
    english = await api(None, "GET", "/v1/skills?text=work+in+teams&language=eu&limit=1")
    assert [one["language"] for one in english.json()["items"]] == ["en"]
    known = await api(None, "GET", "/v1/skills?text=zzzzqqqq&language=es-ES")
    assert (known.status_code, known.json()["items"]) == (200, [])


async def test_a_level_that_there_is_not_is_refused_with_those_that_there_are(api: Api) -> None:
    refused = await api(None, "GET", "/v1/skills?text=work&reuse_level=global")
    (finding,) = refused.json()["errors"]
    assert (refused.status_code, finding["pointer"]) == (422, "#/query/reuse_level/0")
    assert "'transversal'" in finding["detail"]
    body = {"sentences": ["work in teams"], "reuse_levels": ["global"]}
    suggested = await api(None, "POST", "/v1/skills/suggest", json=body)
    assert [e["pointer"] for e in suggested.json()["errors"]] == ["/reuse_levels/0"]


async def test_the_set_that_answers_stands_among_the_versions_although_nobody_imported_it(
    api: Api,
) -> None:
    (version,) = (await api(None, "GET", "/v1/skills/versions")).json()["items"]
    in_use = (await api(None, "GET", "/v1/skills/in-use")).json()
    assert (version["version"], version["source"], version["active"], version["changed_at"]) == (
        in_use["version"], "built_in", True, None,
    )  # fmt: skip
    assert sorted(version["labels"]) == sorted(in_use["languages"])
