"""Acts one and two: three universities write a proposal, agree on it, and have it approved."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.demo.content import FICTITIOUS, FRAMEWORK, ProposalContent
from app.demo.stage import DemoFailed, Stage

AWARDING = {
    "UNIOVI": ("sara-oviedo", "quim-oviedo"),
    "HKA": ("stefan-karlsruhe", "quirin-karlsruhe"),
    "UDA": ("silvia-chieti", "quintilia-chieti"),
}
"""Who signs and who validates for each awarding body."""


async def write(stage: Stage, content: ProposalContent, start: date) -> str:
    """The coordinator at Oviedo creates a proposal and fills its sections; its address."""
    ana = await stage.person("ana-oviedo")
    made = await ana.post("/v1/proposals", json=content.create, expect=201)
    path = f"/v1/proposals/{made.json()['id']}"
    for past in content.past_editions:
        await ana.act(path, "past-editions", past, expect=(200, 201))
    for section, body in (
        ("general", content.general(start)),
        ("academic", content.academic(start)),
        ("rights", content.rights),
    ):
        await edit(stage, "ana-oviedo", f"{path}/sections/{section}", body)
    return path


async def edit(stage: Stage, who: str, section: str, body: Any) -> None:
    """Look at a section and change it."""
    person = await stage.person(who)
    seen = await person.get(section)
    await person.ask("PATCH", section, json=body, if_match=seen.headers["etag"])


async def co_edit(stage: Stage, path: str) -> None:
    """Two partners edit at once: the second has seen an older version and is told so."""
    ben, chiara = await asyncio.gather(stage.person("ben-karlsruhe"), stage.person("chiara-chieti"))
    section = f"{path}/sections/academic"
    seen = (await ben.get(section)).headers["etag"]
    french = {"title": {"fr": "Vers un cadre INGENIUM pour les microcertifications"}}
    swedish = {"title": {"sv": "Mot ett INGENIUM-ramverk för mikromeriter"}}
    await ben.ask("PATCH", section, json=french, if_match=seen)
    stale = await chiara.ask("PATCH", section, json=swedish, if_match=seen, expect=412)
    current = stale.headers["etag"]
    await chiara.ask("PATCH", section, json=swedish, if_match=current)
    stage.narrator.say("Karlsruhe and Chieti edit at once: the stale edit is refused with 412")


async def decide_skills(stage: Stage, path: str, content: ProposalContent) -> None:
    """The coordinator decides on every skill that the outcomes name."""
    ana = await stage.person("ana-oviedo")
    labels = sorted({decision["wording"] for decision in content.decisions})
    answer = await ana.post("/v1/skills/resolve", json={"labels": labels, "language": "en"})
    counted: dict[str, int] = {}
    for resolution in answer.json()["items"]:
        counted[resolution["status"]] = counted.get(resolution["status"], 0) + 1
    told = ", ".join(f"{number} {status}" for status, number in sorted(counted.items()))
    stage.narrator.say(f"ESCO resolves {len(labels)} labels: {told}")
    for decision in content.decisions:
        seen = await ana.get(f"{path}/sections/academic")
        await ana.post(f"{path}/skill-decisions", json=decision, if_match=seen.headers["etag"])


async def submit(stage: Stage, path: str, *, refused: bool = False) -> list[dict[str, Any]]:
    """Submit; with `refused`, expect a list of what is missing or wrong, and return it."""
    ana = await stage.person("ana-oviedo")
    answer = await ana.act(path, "submit", expect=409 if refused else 200)
    errors: list[dict[str, Any]] = answer.json().get("errors", []) if refused else []
    return errors


async def consent(stage: Stage, path: str, *institutions: str) -> None:
    """The signatories consent to the certified hash that they see."""
    for institution in institutions:
        signatory = await stage.person(AWARDING[institution][0])
        seen = (await signatory.get(path)).json()
        body = {
            "institution": institution,
            "certified_hash": seen["certified_hash"],
            "decision": "consent",
        }
        await signatory.post(f"{path}/consents", json=body)


async def approve(stage: Stage, path: str, *institutions: str) -> None:
    """Validation by each awarding body, review from outside, conclusion, publication."""
    office = await stage.person("olga-office")
    await office.act(path, "begin-validation")
    seen = (await office.get(path)).json()["certified_hash"]
    for institution in institutions:
        officer = await stage.person(AWARDING[institution][1])
        await officer.act(
            path,
            "validations",
            {"institution": institution, "decision": "positive", "certified_hash": seen},
        )
    for reviewer in ("rea-crete", "radu-iasi", "seppo-xamk"):
        person = await stage.person(reviewer)
        await person.act(
            path,
            "reviews",
            {
                "no_conflict": True,
                "recommendation": "approve",
                "comment": "Outcomes, workload and assessment fit together.",
                "certified_hash": seen,
            },
        )
    chair = await stage.person("petra-chair")
    await chair.act(
        path, "conclude", {"decision": "approve", "reason": "All three reviews recommend it."}
    )
    await office.act(path, "publish")


async def state(stage: Stage, path: str) -> str:
    """The state of a proposal, as its coordinator sees it."""
    ana = await stage.person("ana-oviedo")
    found: str = (await ana.get(path)).json()["state"]
    return found


def check(what: str, found: object, wanted: object) -> None:
    """Stop the demonstration when something is not as it must be."""
    if found != wanted:
        raise DemoFailed(f"{what}: {found!r} instead of {wanted!r}")


async def play(stage: Stage) -> tuple[str, str]:
    """Both acts; the addresses of the two published proposals."""
    narrator = stage.narrator
    start = datetime.now(UTC).date() + timedelta(days=150)
    ana = await stage.person("ana-oviedo")
    with narrator.step(1, "A joint proposal of three awarding partners"):
        partners = (await ana.get("/v1/institutions")).json()["items"]
        narrator.say(f"{len(partners)} partners are known")
        framework = await write(stage, FRAMEWORK, start)
        fictitious = await write(stage, FICTITIOUS, start)
        code = (await ana.get(framework)).json()["code"]
        narrator.say(f"{code} is drafted; its first edition is recorded as history")
        await co_edit(stage, framework)
    with narrator.step(2, "Checked, agreed, reviewed, published"):
        errors = await submit(stage, framework, refused=True)
        undecided = [error for error in errors if error["code"] == "esco_undecided"]
        if not undecided:
            raise DemoFailed(f"undecided ESCO labels must block submission: {errors}")
        narrator.say(
            f"submit is refused: {len(errors)} findings, "
            f"{len(undecided)} of them undecided ESCO labels"
        )
        await decide_skills(stage, framework, FRAMEWORK)
        await decide_skills(stage, fictitious, FICTITIOUS)
        await submit(stage, framework)
        await consent(stage, framework, "UNIOVI", "HKA")
        await edit(stage, "ana-oviedo", f"{framework}/sections/general", {"min_participants": 11})
        check("after an edit", await state(stage, framework), "draft")
        await submit(stage, framework)
        held = (await ana.get(f"{framework}/consents")).json()["items"]
        check("consents that hold", sum(1 for one in held if one["current"]), 2)
        narrator.say("an edit that is not certified leaves both consents standing")
        await edit(
            stage,
            "ana-oviedo",
            f"{framework}/sections/academic",
            {"further_information": {"fi": "Opetus järjestetään allianssin omassa Moodlessa."}},
        )
        await submit(stage, framework)
        held = (await ana.get(f"{framework}/consents")).json()["items"]
        check("consents that hold", sum(1 for one in held if one["current"]), 0)
        narrator.say("an edit of a certified field voids them")
        await consent(stage, framework, "UNIOVI", "HKA", "UDA")
        preview = (await ana.get(f"{framework}/credential-preview")).json()
        check("findings of the preview", preview["findings"], [])
        narrator.say("the preview of the credential is conformant")
        await approve(stage, framework, "UNIOVI", "HKA", "UDA")
        await submit(stage, fictitious)
        await consent(stage, fictitious, "UNIOVI")
        await approve(stage, fictitious, "UNIOVI")
        for path in (framework, fictitious):
            check("the proposal", await state(stage, path), "published")
        narrator.say("both micro-credentials are published")
    return framework, fictitious
