"""What another version of ESCO would change about links, on every store."""

from dataclasses import replace

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.memory.esco_versions import StoredConcept, StoredVersion
from app.adapters.memory.unit_of_work import MemoryWork
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.esco import (
    EscoConceptRow,
    EscoLabelRow,
    EscoRelationRow,
    EscoVersionRow,
)
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.permissions import NotAllowed
from app.domain.access.roles import Role
from app.domain.skills.changes import ConceptState, VersionChange
from app.domain.skills.ports import EscoVersionNotFound
from app.domain.skills.use_cases import concept_changes, list_esco_versions, list_link_changes
from app.domain.vocabulary.specification import OutcomeSkill, SkillDecision, SkillLink
from tests.builders_proposals import (
    AUD,
    BEN,
    ESCO,
    NOW,
    a_draft,
    academic_data,
    an_outcome,
    complete_content,
    person,
)
from tests.contracts.conftest import OpenWork
from tests.contracts.proposal_store import kept

OFFICE = person("olga", (Role.ALLIANCE_OFFICE, None))
TEAMS, QUALITY, LEADING, GROUP = (f"{ESCO}{n}" for n in ("teams", "quality", "leading", "group"))
BETTER_QUALITY, WORKING = f"{ESCO}better-quality", f"{ESCO}working"


def concept(
    uri: str, label: str, kind: str = "skill", *, code: str | None = None,
    de: str | None = None, others: tuple[str, ...] = (), above: tuple[str, ...] = (),
) -> StoredConcept:  # fmt: skip
    preferred = {"en": label} | ({"de": de} if de else {})
    return StoredConcept(ConceptState(uri, label, kind, code), preferred, others, above)


def version(name: str, *concepts: StoredConcept, active: bool = False) -> StoredVersion:
    return StoredVersion(name, active, NOW, {one.state.uri: one for one in concepts})


OLD = version(
    "1.1.0",
    concept(TEAMS, "work in teams", de="im Team arbeiten"),
    concept(QUALITY, "manage quality", others=("apply quality standards",), above=(WORKING,)),
    concept(WORKING, "work well"),
    concept(LEADING, "lead others"),
    concept(GROUP, "working with others", "group", code="S1"),
    active=True,
)
NEW = version(
    "1.2.0",
    concept(TEAMS, "collaborate in teams", de="im Team arbeiten"),
    concept(BETTER_QUALITY, "Apply quality standards", others=("Manage Quality",)),
    concept(WORKING, "work well"),
    concept(LEADING, "lead others", "knowledge"),
    concept(f"{GROUP}2", "Manage quality", "group", code="S1"),
)


async def imported(work: OpenWork, *versions: StoredVersion) -> None:
    async with work() as w:
        for one in versions:
            if isinstance(w, MemoryWork):
                w.staged.setdefault("esco_version", {})[one.version] = one
            else:
                assert isinstance(w, PostgresWork)
                await _insert(w.connection, one)


async def _insert(connection: AsyncConnection, one: StoredVersion) -> None:
    await connection.execute(
        insert(table(EscoVersionRow)).values(
            version=one.version, active=one.active, changed_at=one.changed_at
        )
    )
    for uri, stored in one.concepts.items():
        of = {"version": one.version, "source": "test"}
        await connection.execute(
            insert(table(EscoConceptRow)).values(
                uri=uri, kind=stored.state.kind, code=stored.state.code, status="released", **of
            )
        )
        labels = [
            *((tag, text, "preferred") for tag, text in stored.preferred.items()),
            *(("en", text, "alternative") for text in stored.others),
        ]
        for tag, text, kind in labels:
            await connection.execute(
                insert(table(EscoLabelRow)).values(
                    uri=uri, language=tag, text=text, kind=kind, **of
                )
            )
        for upper in stored.above:
            await connection.execute(
                insert(table(EscoRelationRow)).values(
                    subject=uri, object=upper, kind="broader", **of
                )
            )


async def a_proposal_that_links(work: OpenWork, *links: SkillLink) -> None:
    skills = tuple(OutcomeSkill(link.label, SkillDecision.LINKED, link) for link in links)
    outcomes = (an_outcome("LO1", skills=skills), *academic_data().outcomes[1:])
    others = tuple(replace(outcome, skills=()) for outcome in outcomes[1:])
    academic = academic_data(outcomes=(outcomes[0], *others))
    await kept(work, a_draft(complete_content(academic=academic)))


async def test_a_new_version_tells_what_is_gone_called_otherwise_or_of_another_type(
    work: OpenWork,
) -> None:
    await imported(work, OLD, NEW)
    await a_proposal_that_links(
        work,
        SkillLink(TEAMS, "work in teams", "en", "1.1.0"),
        SkillLink(TEAMS, "im Team arbeiten", "de", "1.1.0"),
        SkillLink(QUALITY, "manage quality", "en", "1.1.0"),
        SkillLink(LEADING, "lead others", "en", "1.1.0"),
        SkillLink(WORKING, "work well", "en", "1.1.0"),
    )
    found = await list_link_changes("1.2.0", work=work(OFFICE), caller=OFFICE)
    assert [(one.link.uri, one.link.language, one.changes, one.label) for one in found] == [
        (TEAMS, "en", (VersionChange.RELABELLED,), "collaborate in teams"),
        (QUALITY, "en", (VersionChange.REMOVED,), None),
        (LEADING, "en", (VersionChange.TYPE_CHANGED,), "lead others"),
    ]
    gone = found[1]
    assert (gone.kind_before, gone.kind_now) == ("skill", None)
    assert [state.uri for state in gone.successors] == [BETTER_QUALITY, WORKING]
    assert {(one.link.proposal, one.link.outcome) for one in found} == {("IMC-2027-001", "LO1")}


async def test_a_group_that_is_gone_is_followed_by_the_group_with_its_code(
    work: OpenWork,
) -> None:
    await imported(work, OLD, NEW)
    await a_proposal_that_links(work, SkillLink(GROUP, "working with others", "en", "1.1.0"))
    [change] = await list_link_changes("1.2.0", work=work(AUD), caller=AUD)
    assert [state.uri for state in change.successors] == [f"{GROUP}2"]


async def test_a_link_to_a_version_that_is_not_here_is_judged_by_its_label(
    work: OpenWork,
) -> None:
    await imported(work, NEW)
    await a_proposal_that_links(
        work,
        SkillLink(TEAMS, "work in teams", "en", "1.0.9"),
        SkillLink(QUALITY, "manage quality", "en", "1.0.9"),
    )
    found = await list_link_changes("1.2.0", work=work(OFFICE), caller=OFFICE)
    assert [(one.changes, one.kind_before) for one in found] == [
        ((VersionChange.RELABELLED,), None),
        ((VersionChange.REMOVED,), None),
    ]
    assert [state.uri for state in found[1].successors] == [BETTER_QUALITY]


async def test_versions_stand_side_by_side_with_their_languages(work: OpenWork) -> None:
    assert await list_esco_versions(work=work()) == []
    await imported(work, OLD, NEW)
    found = await list_esco_versions(work=work())
    assert [(one.version, one.active, dict(one.labels)) for one in found] == [
        ("1.1.0", True, {"de": 1, "en": 5}),
        ("1.2.0", False, {"de": 1, "en": 5}),
    ]


async def test_only_who_sees_all_proposals_asks_and_of_an_imported_version(
    work: OpenWork,
) -> None:
    with pytest.raises(NotAllowed):
        await list_link_changes("1.2.0", work=work(BEN), caller=BEN)
    with pytest.raises(EscoVersionNotFound):
        await list_link_changes("1.2.0", work=work(OFFICE), caller=OFFICE)


async def test_two_versions_are_compared_concept_by_concept(work: OpenWork) -> None:
    await imported(work, OLD, NEW)
    found = await concept_changes("1.1.0", "1.2.0", work=work())
    assert [(one.before.uri, one.changes, [s.uri for s in one.successors]) for one in found] == [
        (GROUP, (VersionChange.REMOVED,), [f"{GROUP}2"]),
        (LEADING, (VersionChange.TYPE_CHANGED,), []),
        (QUALITY, (VersionChange.REMOVED,), [BETTER_QUALITY, WORKING]),
        (TEAMS, (VersionChange.RELABELLED,), []),
    ]
    with pytest.raises(EscoVersionNotFound):
        await concept_changes("1.1.0", "9.9.9", work=work())
