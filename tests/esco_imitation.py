"""A server on loopback that answers as the ESCO API does, with its traps.

It serves a few concepts in their published shapes: `offset` counts pages; without
`selectedVersion` an old version answers, and no answer says which; more than 50 URIs get an empty
reply; single links are no list; absent relations are absent; some records key English `en-us`.
"""

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.adapters.esco.concepts import EscoConcept, EscoOccupation
from app.domain.vocabulary.skill_wordings import label_key
from app.domain.vocabulary.skills import SkillType

BASE = "http://data.europa.eu/esco/"
SCHEMES = {
    "digital": "6c930acd-c104-4ece-acf7-f44fd7333036",
    "transversal": "skill-transversal-groups",
    "language": "skill-language-groups",
}
OLD = "1.0.9"


class Imitation:
    """The concepts of one version, and what is to go wrong."""

    def __init__(
        self,
        concepts: Iterable[EscoConcept],
        occupations: Iterable[EscoOccupation] = (),
        *,
        version: str = "1.1.1",
    ) -> None:
        self.version = version
        self.concepts = {one.uri: one for one in concepts}
        self.occupations = {one.uri: one for one in occupations}
        self.trouble: list[Response] = []
        """Answers to give instead, one for each of the next questions."""
        self.fail_after: int | None = None
        """How many questions are answered before everything is 503."""
        self.ceiling: int | None = None
        """How many results a search gives at most, whatever it says there are."""
        self.asked: list[str] = []
        self.url = ""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/esco/api/search", self._answering(self._search)),
                Route("/esco/api/resource/skill", self._answering(self._skill)),
                Route("/esco/api/resource/concept", self._answering(self._concept)),
                Route("/esco/api/resource/occupation", self._answering(self._occupation)),
                Route("/esco/api/resource/taxonomy", self._answering(self._taxonomy)),
            ]
        )

    def _answering(self, answer: Any) -> Any:
        async def answered(request: Request) -> Response:
            self.asked.append(str(request.url).split("/api", 1)[1])
            if self.fail_after is not None and len(self.asked) > self.fail_after:
                return Response("<html>down</html>", status_code=503, media_type="text/html")
            if self.trouble:
                return self.trouble.pop(0)
            chosen = request.query_params.get("selectedVersion", f"v{OLD}")
            known = self.concepts if chosen == f"v{self.version}" else {}
            return answer(request, known)

        return answered

    def _search(self, request: Request, known: Mapping[str, EscoConcept]) -> Response:
        query = request.query_params
        types = query.getlist("type")
        for one in types:
            if one not in ("skill", "occupation", "concept"):
                return refused(400, f"Illegal/Unknown type parameter values: ('{one}')")
        language = query.get("language", "en")
        text = query.get("text", "*")
        hits = []
        for found in self._listed(known, types):
            hit = _hit(found, text, language)
            if hit is not None:
                hits.append((hit[0], _result(found, hit[1], language)))
        hits.sort(key=lambda hit: (-hit[0], hit[1]["uri"]))
        limit, page = int(query.get("limit", "20")), int(query.get("offset", "0"))
        here = hits[: self.ceiling][page * limit : (page + 1) * limit]
        links: dict[str, Any] = {"self": {"href": str(request.url)}}
        if (page + 1) * limit < len(hits):
            links["next"] = {"href": str(request.url.include_query_params(offset=page + 1))}
        return JSONResponse(
            {
                "total": len(hits),
                "text": text,
                "language": language,
                "offset": page,
                "limit": limit,
                "_links": links,
                "_embedded": {"results": [result for _, result in here]},
            }
        )

    def _listed(
        self, known: Mapping[str, EscoConcept], types: list[str]
    ) -> Iterator[EscoConcept | EscoOccupation]:
        for one in known.values():
            kind = "concept" if one.type is SkillType.GROUP else "skill"
            if not types or kind in types:
                yield one
        if known and "occupation" in types:
            yield from self.occupations.values()

    def _skill(self, request: Request, known: Mapping[str, EscoConcept]) -> Response:
        many = request.query_params.getlist("uris")
        if len(many) > 50:
            return Response(b"", media_type="application/json")
        if many:
            found = {
                uri: _resource(known[uri], known)
                for uri in many
                if uri in known and known[uri].type is not SkillType.GROUP
            }
            return JSONResponse({"count": len(found), "_embedded": found})
        return self._one(request, known, groups=False)

    def _concept(self, request: Request, known: Mapping[str, EscoConcept]) -> Response:
        return self._one(request, known, groups=True)

    def _one(self, request: Request, known: Mapping[str, EscoConcept], *, groups: bool) -> Response:
        uri = request.query_params.get("uri", "")
        if uri not in known or (known[uri].type is SkillType.GROUP) is not groups:
            return refused(404, f"no resource {uri}")
        return JSONResponse(_resource(known[uri], known))

    def _occupation(self, request: Request, known: Mapping[str, EscoConcept]) -> Response:
        found = self.occupations.get(request.query_params.get("uri", ""))
        if found is None or not known:
            return refused(404, "no such occupation")
        return JSONResponse(
            {
                "className": "Occupation",
                "uri": found.uri,
                "title": found.label["en"],
                "code": found.code,
                "preferredLabel": dict(found.label),
                "_links": {
                    "hasEssentialSkill": _links(found.essential),
                    "hasOptionalSkill": _links(found.optional),
                },
            }
        )

    def _taxonomy(self, request: Request, known: Mapping[str, EscoConcept]) -> Response:
        top = [one.uri for one in known.values() if one.type is SkillType.GROUP and not one.broader]
        return JSONResponse(
            {"uri": request.query_params["uri"], "_links": {"hasTopConcept": _links(top)}}
        )


def refused(status: int, message: str, **headers: str) -> Response:
    return JSONResponse(
        {"logref": "BadInputException", "status": status, "message": message, "_links": None},
        status_code=status,
        headers=headers,
    )


def _hit(found: EscoConcept | EscoOccupation, text: str, language: str) -> tuple[float, str] | None:
    if text in ("", "*"):
        return 0.0, found.label["en"]
    words = label_key(text).split()
    best: tuple[float, str] | None = None
    for label in [*filter(None, [found.label.get(language)]), *found.alt.get(language, ())]:
        have = label_key(label).split()
        share = sum(any(part.startswith(word) for part in have) for word in words)
        if share and (best is None or share - len(have) / 100 > best[0]):
            best = (share - len(have) / 100, label)
    return best


def _result(found: EscoConcept | EscoOccupation, hit: str, language: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "className": "Occupation",
        "uri": found.uri,
        "searchHit": hit,
        "title": found.label.get(language, found.label["en"]),
        "preferredLabel": dict(found.label),
    }
    if isinstance(found, EscoConcept):
        result["className"] = "Concept" if found.type is SkillType.GROUP else "Skill"
        if found.type in (SkillType.SKILL, SkillType.KNOWLEDGE):
            result["hasSkillType"] = [f"{BASE}skill-type/{found.type}"]
        if found.reuse:
            result["hasReuseLevel"] = [f"{BASE}skill-reuse-level/{found.reuse}"]
        if found.broader:
            result["broaderHierarchyConcept"] = list(found.broader)
    return result


def _links(uris: Iterable[str]) -> Any:
    made = [{"href": f"…?uri={quote(uri)}", "uri": uri, "title": "…"} for uri in uris]
    return made[0] if len(made) == 1 else made


def _resource(found: EscoConcept, known: Mapping[str, EscoConcept]) -> dict[str, Any]:
    group = found.type is SkillType.GROUP
    links: dict[str, Any] = {"self": {"href": "…", "uri": found.uri}}
    groups = [uri for uri in found.broader if uri in known and known[uri].type is SkillType.GROUP]
    skills = [uri for uri in found.broader if uri not in groups]
    if groups:
        links["broaderConcept" if group else "broaderHierarchyConcept"] = _links(groups)
    if skills:
        links["broaderSkill"] = _links(skills)
    if found.type in (SkillType.SKILL, SkillType.KNOWLEDGE):
        links["hasSkillType"] = _links([f"{BASE}skill-type/{found.type}"])
    if found.reuse:
        links["hasReuseLevel"] = _links([f"{BASE}skill-reuse-level/{found.reuse}"])
    schemes = [SCHEMES.get(name, name) for name in found.collections]
    links["isInScheme"] = _links(f"{BASE}concept-scheme/{name}" for name in ["skills", *schemes])
    under = [one.uri for one in known.values() if found.uri in one.broader]
    below = {
        "narrowerConcept": [uri for uri in under if known[uri].type is SkillType.GROUP],
        "narrowerSkill": [uri for uri in under if known[uri].type is not SkillType.GROUP],
    }
    links |= {name: _links(uris) for name, uris in below.items() if uris}
    english = "en-us" if len(found.label) == 1 else "en"
    body: dict[str, Any] = {
        "className": "Concept" if group else "Skill",
        "uri": found.uri,
        "title": found.label["en"],
        "preferredLabel": {english if t == "en" else t: text for t, text in found.label.items()},
        "_links": links,
    }
    if found.alt:
        body["alternativeLabel"] = {tag: list(texts) for tag, texts in found.alt.items()}
    if found.description:
        body["description"] = {
            tag: {"literal": text, "mimetype": "plain/text"}
            for tag, text in found.description.items()
        }
    if found.code:
        body["code"] = found.code
    return body


@contextmanager
def served(imitation: Imitation) -> Iterator[Imitation]:
    """Serve it on a free port of loopback for as long as the block lasts."""
    config = uvicorn.Config(imitation.app(), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    imitation.url = f"http://127.0.0.1:{port}/esco/api"
    try:
        yield imitation
    finally:
        server.should_exit = True
        thread.join(10)


def odd_json(text: str) -> Response:
    return Response(json.dumps(text), media_type="application/json")
