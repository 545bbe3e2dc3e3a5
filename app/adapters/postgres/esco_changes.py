"""What a version of ESCO would change about the links in proposals."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.adapters.postgres.esco_import import EscoVersionNotFound
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.esco import (
    EscoConceptRow,
    EscoLabelRow,
    EscoRelationRow,
    EscoVersionRow,
)
from app.adapters.postgres.tables.proposals import ProposalRow
from app.domain.skills.changes import ConceptState, LinkChange, LinkedSkill, changes

_proposal = table(ProposalRow)
_concept = table(EscoConceptRow)
_label = table(EscoLabelRow)
_relation = table(EscoRelationRow)
_version = table(EscoVersionRow)


async def links_in_proposals(connection: AsyncConnection) -> list[LinkedSkill]:
    """Every link of every proposal, whatever its state."""
    rows = await connection.execute(
        select(_proposal.c.code, _proposal.c.content["academic"]["outcomes"])
        .where(func.jsonb_typeof(_proposal.c.content["academic"]["outcomes"]) == "array")
        .order_by(_proposal.c.code)
    )
    return [
        LinkedSkill(
            proposal=code,
            outcome=outcome["code"],
            uri=skill["link"]["uri"],
            label=skill["link"]["label"],
            language=skill["link"]["language"],
            version=skill["link"]["version"],
        )
        for code, outcomes in rows
        for outcome in outcomes
        for skill in outcome.get("skills") or ()
        if skill.get("link")
    ]


async def link_changes(engine: AsyncEngine, version: str) -> list[LinkChange]:
    """The links that stand differently in that version. Raises EscoVersionNotFound."""
    async with engine.connect() as connection:
        if not await connection.scalar(
            select(func.count()).select_from(_version).where(_version.c.version == version)
        ):
            raise EscoVersionNotFound(version)
        links = await links_in_proposals(connection)
        found: list[LinkChange] = []
        for link in links:
            before = await _state(connection, link.version, link.uri)
            now = await _state(connection, version, link.uri)
            spoken = await _label_in(connection, version, link.uri, link.language)
            candidates = await _candidates(connection, version, link, before) if now is None else []
            change = changes(link, before, now, spoken, candidates)
            if change is not None:
                found.append(change)
        return found


async def _state(connection: AsyncConnection, version: str, uri: str) -> ConceptState | None:
    row = (
        await connection.execute(
            select(_concept).where(_concept.c.version == version, _concept.c.uri == uri)
        )
    ).one_or_none()
    if row is None:
        return None
    label = await _label_in(connection, version, uri, "en")
    return ConceptState(uri, label or "", row.kind, row.code)


async def _label_in(
    connection: AsyncConnection, version: str, uri: str, language: str
) -> str | None:
    found: str | None = await connection.scalar(
        select(_label.c.text).where(
            _label.c.version == version,
            _label.c.uri == uri,
            _label.c.language == language,
            _label.c.kind == "preferred",
        )
    )
    return found


async def _candidates(
    connection: AsyncConnection, version: str, link: LinkedSkill, before: ConceptState | None
) -> Sequence[ConceptState]:
    """Concepts that bear the same label, the same code, or stood beside it in the old version."""
    uris: dict[str, None] = {}
    known = {link.label.casefold(), *([before.label.casefold()] if before else [])}
    rows = await connection.scalars(
        select(_label.c.uri)
        .where(_label.c.version == version, func.lower(_label.c.text).in_(sorted(known)))
        .order_by(_label.c.kind.desc(), _label.c.uri)
    )
    uris |= dict.fromkeys(rows)
    if before is not None and before.code:
        rows = await connection.scalars(
            select(_concept.c.uri).where(
                _concept.c.version == version, _concept.c.code == before.code
            )
        )
        uris |= dict.fromkeys(rows)
    old = select(_label.c.text).where(
        _label.c.version == link.version, _label.c.uri == link.uri, _label.c.language == "en"
    )
    rows = await connection.scalars(
        select(_label.c.uri)
        .where(_label.c.version == version, _label.c.language == "en", _label.c.text.in_(old))
        .order_by(_label.c.uri)
    )
    uris |= dict.fromkeys(rows)
    above = select(_relation.c.object).where(
        _relation.c.version == link.version,
        _relation.c.subject == link.uri,
        _relation.c.kind == "broader",
    )
    rows = await connection.scalars(
        select(_concept.c.uri).where(
            _concept.c.version == version, _concept.c.uri.in_(above), _concept.c.kind != "group"
        )
    )
    uris |= dict.fromkeys(rows)
    states = [await _state(connection, version, uri) for uri in list(uris)[:5]]
    return [state for state in states if state is not None]
