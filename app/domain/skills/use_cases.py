"""What a version of ESCO would change about the links that people have made."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from app.domain.access.permissions import Place, require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.skills.changes import (
    ConceptChange,
    ConceptState,
    LinkChange,
    LinkedSkill,
    changes,
    differences,
)
from app.domain.skills.ports import EscoVersion, EscoVersionNotFound, EscoVersions, SkillsWork


async def list_esco_versions(*, work: SkillsWork) -> Sequence[EscoVersion]:
    """Every imported version, by its name."""
    async with work:
        return await work.esco_versions.all()


async def list_link_changes(
    version: str, *, work: SkillsWork, caller: Caller
) -> Sequence[LinkChange]:
    """The links of all proposals that stand differently in that version.

    Changes nothing. Raises NotAllowed, EscoVersionNotFound.
    """
    require(PERMISSIONS, caller, "list_link_changes", Place())
    return await link_changes(version, work=work)


async def link_changes(version: str, *, work: SkillsWork) -> Sequence[LinkChange]:
    """As `list_link_changes`, for whoever runs this service. Raises EscoVersionNotFound."""
    async with work:
        versions = work.esco_versions
        known = {one.version for one in await versions.all()}
        if version not in known:
            raise EscoVersionNotFound(version)
        links = await work.linked_skills.in_proposals()
        now = await versions.states(version, {link.uri for link in links})
        labels = await versions.labels(version, {(link.uri, link.language) for link in links})
        before = await _before(links, known, versions)
        found = []
        for link in links:
            was, is_now = before.get((link.version, link.uri)), now.get(link.uri)
            candidates = () if is_now else await versions.successors(version, link, was)
            label = labels.get((link.uri, link.language))
            change = changes(link, was, is_now, label, candidates)
            if change is not None:
                found.append(change)
        return found


async def concept_changes(since: str, version: str, *, work: SkillsWork) -> Sequence[ConceptChange]:
    """Every concept of one version that stands differently in another, occupations left out.

    Raises EscoVersionNotFound.
    """
    async with work:
        before = await work.esco_versions.states(since, None)
        now = await work.esco_versions.states(version, None)
        found = []
        for uri, was in sorted(before.items()):
            differs = differences(was, now.get(uri))
            if was.kind == "occupation" or not differs:
                continue
            successors: Sequence[ConceptState] = ()
            if uri not in now:
                gone = LinkedSkill("", "", uri, was.label, "en", since)
                successors = await work.esco_versions.successors(version, gone, was)
            found.append(ConceptChange(was, now.get(uri), differs, tuple(successors)))
        return found


async def _before(
    links: Sequence[LinkedSkill], known: set[str], versions: EscoVersions
) -> Mapping[tuple[str, str], ConceptState]:
    """Each linked concept in the link's own version, where that is imported."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if link.version in known:
            wanted[link.version].add(link.uri)
    found = {}
    for version, uris in wanted.items():
        for uri, state in (await versions.states(version, uris)).items():
            found[version, uri] = state
    return found
