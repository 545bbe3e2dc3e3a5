"""Versions of ESCO side by side, and the links that proposals have to them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from sqlalchemy import and_, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.esco import (
    EscoConceptRow,
    EscoLabelRow,
    EscoRelationRow,
    EscoVersionRow,
)
from app.adapters.postgres.tables.proposals import ProposalRow
from app.domain.skills.changes import MOST_SUCCESSORS, ConceptState, LinkedSkill, comes_near
from app.domain.skills.ports import EscoVersion, EscoVersionNotFound

_proposal = table(ProposalRow)
_concept = table(EscoConceptRow)
_label = table(EscoLabelRow)
_relation = table(EscoRelationRow)
_version = table(EscoVersionRow)


class Connected(Protocol):
    """Whatever holds a connection, such as a unit of work."""

    @property
    def connection(self) -> AsyncConnection:
        """The open one."""
        ...


class PostgresEscoVersions:
    """See `app.domain.skills.ports.EscoVersions`."""

    def __init__(self, work: Connected) -> None:
        self._work = work

    async def all(self) -> Sequence[EscoVersion]:
        """Every imported version, by its name."""
        counted = await self._work.connection.execute(
            select(_label.c.version, _label.c.language, func.count())
            .where(_label.c.kind == "preferred")
            .group_by(_label.c.version, _label.c.language)
            .order_by(_label.c.version, _label.c.language)
        )
        labels: dict[str, dict[str, int]] = defaultdict(dict)
        for version, language, count in counted:
            labels[version][language] = count
        rows = await self._work.connection.execute(
            select(_version.c.version, _version.c.active, _version.c.changed_at).order_by(
                _version.c.version
            )
        )
        return [
            EscoVersion(row.version, row.active, row.changed_at, labels[row.version])
            for row in rows
        ]

    async def states(
        self, version: str, uris: Collection[str] | None
    ) -> Mapping[str, ConceptState]:
        """See `EscoVersions.states`. Raises EscoVersionNotFound."""
        if not await self._work.connection.scalar(
            select(func.count()).select_from(_version).where(_version.c.version == version)
        ):
            raise EscoVersionNotFound(version)
        rows = await self._work.connection.execute(
            select(_concept.c.uri, _label.c.text, _concept.c.kind, _concept.c.code)
            .outerjoin(
                _label,
                and_(
                    _label.c.version == _concept.c.version,
                    _label.c.uri == _concept.c.uri,
                    _label.c.language == "en",
                    _label.c.kind == "preferred",
                ),
            )
            .where(_concept.c.version == version)
            .where(true() if uris is None else _concept.c.uri.in_(list(uris)))
            .order_by(_concept.c.uri)
        )
        return {row.uri: ConceptState(row.uri, row.text or "", row.kind, row.code) for row in rows}

    async def labels(
        self, version: str, asked: Collection[tuple[str, str]]
    ) -> Mapping[tuple[str, str], str]:
        """Preferred labels by URI and language, of those that there are."""
        rows = await self._work.connection.execute(
            select(_label.c.uri, _label.c.language, _label.c.text).where(
                _label.c.version == version,
                _label.c.kind == "preferred",
                tuple_(_label.c.uri, _label.c.language).in_(list(asked)),
            )
        )
        return {(row.uri, row.language): row.text for row in rows}

    async def successors(
        self, version: str, link: LinkedSkill, before: ConceptState | None
    ) -> Sequence[ConceptState]:
        """See `EscoVersions.successors`."""
        uris: dict[str, None] = {}
        known = {link.label.casefold(), *([before.label.casefold()] if before else [])}
        same_label = (
            select(_label.c.uri)
            .where(_label.c.version == version, func.lower(_label.c.text).in_(sorted(known)))
            .order_by(_label.c.kind.desc(), _label.c.uri)
        )
        old_labels = select(_label.c.text).where(
            _label.c.version == link.version, _label.c.uri == link.uri, _label.c.language == "en"
        )
        any_label = (
            select(_label.c.uri)
            .where(
                _label.c.version == version,
                _label.c.language == "en",
                _label.c.text.in_(old_labels),
            )
            .order_by(_label.c.kind.desc(), _label.c.uri)
        )
        above = select(_relation.c.object).where(
            _relation.c.version == link.version,
            _relation.c.subject == link.uri,
            _relation.c.kind == "broader",
        )
        broader = select(_concept.c.uri).where(
            _concept.c.version == version, _concept.c.uri.in_(above)
        )
        questions = [same_label, any_label, broader]
        # A skill's code is that of its group, which a hundred others have as well.
        if before is not None and before.code and before.kind == "group":
            same_code = select(_concept.c.uri).where(
                _concept.c.version == version,
                _concept.c.code == before.code,
                _concept.c.kind == "group",
            )
            questions.insert(1, same_code)
        for question in questions:
            uris |= dict.fromkeys(await self._work.connection.scalars(question))
        known_there = await self.states(version, uris)
        states = (known_there[uri] for uri in uris if uri in known_there and uri != link.uri)
        return [state for state in states if comes_near(state, before)][:MOST_SUCCESSORS]


class PostgresLinkedSkills:
    """See `app.domain.skills.ports.LinkedSkills`."""

    def __init__(self, work: Connected) -> None:
        self._work = work

    async def in_proposals(self) -> Sequence[LinkedSkill]:
        """Every link of every proposal, whatever its state, by the proposal's code."""
        rows = await self._work.connection.execute(
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
