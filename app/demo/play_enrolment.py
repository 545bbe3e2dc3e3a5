"""Acts three and four: fifty places, a workbook as people fill it in, and two hundred at once."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.demo import workbook
from app.demo.play_proposals import check
from app.demo.stage import DemoFailed, Person, Stage

PLACES = 50
PER_INSTITUTION = 5
FORM = "ingenium-micro-credentials-2026"
EXTERNALS = ("Cámara de Comercio de Asturias", "Tampere Design Lab", "Iași Civic Hub", "Kreta Coop")
"""Organisations outside the alliance; each counts as an institution of its own."""


@dataclass
class Enrolled:
    """What the acts leave for the next ones, and for the summary."""

    edition: str
    registrations: int
    verdicts: dict[str, int]
    places: list[dict[str, Any]]
    concurrent: dict[str, Any]


def _body(
    proposal: str, mode: str, opens: datetime, closes: datetime, start: datetime
) -> dict[str, Any]:
    return {
        "proposal": proposal.rpartition("/")[2],
        "start": start.date().isoformat(),
        "end": (start + timedelta(days=50)).date().isoformat(),
        "time_zone": "Europe/Madrid",
        "registration_opens": opens.isoformat(),
        "registration_closes": closes.isoformat(),
        "mode": mode,
    }


async def plan(stage: Stage, body: dict[str, Any]) -> str:
    """The coordinator plans an edition and opens it; its address."""
    ana = await stage.person("ana-oviedo")
    made = await ana.post("/v1/editions", json=body, expect=201)
    path = f"/v1/editions/{made.json()['id']}"
    # Its window has begun, so that the timer may open it at the same moment.
    await ana.act(path, "open", {"reason": "Demonstration: open now."}, expect=(200, 409, 412))
    check("the edition", (await ana.get(path)).json()["state"], "open")
    return path


async def register(
    person: Person, edition: str, *, expect: int | tuple[int, ...] = 201, **stated: Any
) -> dict[str, Any]:
    """One person registers over the API."""
    body = {
        "full_name": person.name.replace("-", " ").title(),
        "email": f"{person.name}@example.org",
        "privacy_notice": True,
        **stated,
    }
    answer = await person.post(f"{edition}/registrations", json=body, expect=expect)
    found: dict[str, Any] = answer.json()
    return found


async def a_few(stage: Stage, edition: str) -> None:
    """A few people register over the API; one of them twice."""
    for number, institution in enumerate(("UNIOVI", "HKA", "XAMK", "URN", "MTU"), start=1):
        person = await stage.person(f"learner-{number}")
        made = await register(person, edition, institution=institution)
        again = await register(person, edition, institution=institution, expect=200)
        check("the same registration", again["id"], made["id"])
        check("before publication", (made["state"], made["reason"]), ("waiting", "provisional"))
    stage.narrator.say("five people register over the API; repeating it gives the same answer")


async def import_forms(stage: Stage, edition: str, path: Path) -> dict[str, Any]:
    """Dry run, plan token, and the same file again; the report of the dry run."""
    elena = await stage.person("elena-oviedo")
    await elena.ask(
        "PUT",
        f"{edition}/forms/{FORM}",
        json={"time_zone": str(workbook.ZONE), "questions": workbook.QUESTIONS},
        expect=(200, 201),
    )
    content = await asyncio.to_thread(path.read_bytes)

    async def judge() -> dict[str, Any]:
        started = await elena.post(
            f"{edition}/imports?dry_run=true",
            files={"file": (path.name, content, workbook.MEDIA_TYPE)},
            data={"form": FORM},
            expect=202,
        )
        job = await stage.finish(elena, started, "judging rows")
        found: dict[str, Any] = job["result"]
        return found

    planned = await judge()
    stage.narrator.say(f"dry run: {_told(planned['verdicts'])}")
    committed = await elena.post(
        f"{edition}/imports?plan_token={planned['plan_token']}", expect=202
    )
    await stage.finish(elena, committed, "importing")
    again = await judge()
    check("new rows of the same file", again["verdicts"].get("create", 0), 0)
    repeated = await elena.post(f"{edition}/imports?plan_token={again['plan_token']}", expect=202)
    await stage.finish(elena, repeated, "importing again")
    stage.narrator.say("imported by its plan token; the same file again changes nothing")
    rows = (await elena.get(f"/v1/imports/{planned['import']}/rows?limit=200")).json()
    return {"verdicts": planned["verdicts"], "rows": rows["items"]}


def _told(verdicts: dict[str, int]) -> str:
    return ", ".join(f"{number} {verdict}" for verdict, number in sorted(verdicts.items()))


async def decide_unclear(stage: Stage, edition: str, rows: list[dict[str, Any]]) -> None:
    """The officer decides on the rows that are unclear, with what the report suggests."""
    elena = await stage.person("elena-oviedo")
    suggested = {row["registration"]: row["suggestions"] for row in rows}
    listed = (await elena.get(f"{edition}/registrations?state=needs_decision&limit=200")).json()
    settled: set[str] = set()
    for item in listed["items"]:
        if item["id"] in settled:
            continue
        likely = suggested.get(item["id"]) or []
        if likely:
            body = {"ruling": "admit", "institution": likely[0]["institution"]}
        elif item["stated"]:
            body = {"ruling": "admit", "organisation": item["stated"]}
        else:
            body = {"ruling": "reject", "reason": "No institution was given."}
        decided = await elena.act(f"/v1/registrations/{item['id']}", "decide", body)
        settled.update(decided.json()["also_settled"])
    stage.narrator.say(
        f"{len(listed['items'])} unclear rows are decided by an officer, "
        f"{len(settled)} of them because somebody else wrote the same"
    )


async def publish(stage: Stage, edition: str) -> None:
    """The window closes, the list is tried and published, and replayed."""
    elena = await stage.person("elena-oviedo")
    seen = await elena.get(edition)
    tried = await elena.post(
        f"{edition}/publish-list?dry_run=true", json={}, if_match=seen.headers["etag"]
    )
    done = await elena.post(f"{edition}/publish-list", json={}, if_match=seen.headers["etag"])
    check("placed", done.json()["placed"], tried.json()["placed"])
    replay = (await elena.post(f"{edition}/replay")).json()
    check("replay", replay["agrees"], True)
    stage.narrator.say(
        f"the list is published: {done.json()['placed']} placed, {done.json()['waiting']} wait; "
        "replaying the decisions gives the same"
    )


async def places(stage: Stage, edition: str, output: Path) -> list[dict[str, Any]]:
    """Places per institution, as JSON and as CSV; nobody is above a cap."""
    elena = await stage.person("elena-oviedo")
    table = (await elena.get(f"{edition}/places")).json()
    if table["placed"] > PLACES or any(
        row["placed"] > PER_INSTITUTION for row in table["institutions"]
    ):
        raise DemoFailed("a cap is broken")
    written = await elena.get(f"{edition}/places", headers={"Accept": "text/csv"})
    (output / "quota.csv").write_bytes(written.content)
    rows: list[dict[str, Any]] = table["institutions"]
    return rows


async def withdraw(stage: Stage, edition: str) -> None:
    """Somebody withdraws, and the right person is promoted in the same moment."""
    elena = await stage.person("elena-oviedo")
    everybody: list[dict[str, Any]] = []
    for state in ("placed", "waiting"):
        page = await elena.get(f"{edition}/registrations?state={state}&limit=200")
        everybody.extend(page.json()["items"])
    counted = Counter(one["institution"] for one in everybody if one["state"] == "placed")
    leaves = next(
        one for one in everybody
        if one["state"] == "placed" and counted[one["institution"]] == PER_INSTITUTION
    )  # fmt: skip
    counted[leaves["institution"]] -= 1
    fits = [
        one for one in everybody
        if one["state"] == "waiting" and counted[one["institution"]] < PER_INSTITUTION
    ]  # fmt: skip
    expected = fits[0]  # the list is in order of rank
    await elena.act(f"/v1/registrations/{leaves['id']}", "cancel", {"reason": "withdrew"})
    now = (await elena.get(f"/v1/registrations/{expected['id']}")).json()
    check("the first who fits", now["state"], "placed")
    stage.narrator.say(
        f"somebody of {leaves['institution']} withdraws; the first who fits all caps, of "
        f"{expected['institution']}, is promoted"
    )


async def two_hundred(stage: Stage, proposal: str) -> dict[str, Any]:
    """200 registrations at once on an empty direct edition, of 14 institutions."""
    now = datetime.now(UTC)
    body = _body(
        proposal, "direct", now - timedelta(hours=1), now + timedelta(days=3),
        now + timedelta(days=20),
    )  # fmt: skip
    body |= {"places": PLACES, "quota_per_institution": PER_INSTITUTION}
    edition = await plan(stage, body)
    partners = [one["code"] for one in (await stage.nobody.get("/v1/institutions")).json()["items"]]
    stated = [{"institution": code} for code in partners]
    stated += [{"organisation": name} for name in EXTERNALS]
    # Uneven, as in life: in strict turn fourteen institutions would share fifty places evenly.
    crowd = [*stated, *stated[:4], *stated[:4]]
    people = await asyncio.gather(*(stage.person(f"learner-{n}") for n in range(101, 301)))
    began = asyncio.get_running_loop().time()
    answers = await asyncio.gather(
        *(
            register(person, edition, **crowd[number % len(crowd)])
            for number, person in enumerate(people)
        )
    )
    seconds = asyncio.get_running_loop().time() - began
    placed = Counter(one["institution"] for one in answers if one["state"] == "placed")
    check("placed of 200", placed.total(), PLACES)
    check("most of one institution", max(placed.values()), PER_INSTITUTION)
    check("institutions", len({one["institution"] for one in answers}), len(stated))
    stage.narrator.say(
        f"200 people register at once in {seconds:.1f} s: exactly {placed.total()} placed, "
        f"none above {max(placed.values())} per institution"
    )
    return {"registrations": 200, "placed": placed.total(), "per_institution": dict(placed)}


async def play(stage: Stage, framework: str, fictitious: str, output: Path) -> Enrolled:
    """Both acts."""
    narrator = stage.narrator
    with narrator.step(3, "An edition with fifty places; registrations by API and by Form"):
        now = datetime.now(UTC)
        opens = now.replace(microsecond=0) - timedelta(days=10)
        closes = now.replace(microsecond=0) + timedelta(seconds=15)
        edition = await plan(
            stage, _body(framework, "provisional", opens, closes, now + timedelta(days=12))
        )
        await a_few(stage, edition)
        narrator.say("waiting for the registration window to close …")
        await asyncio.sleep(max(0.0, (closes - datetime.now(UTC)).total_seconds()) + 3)
        rows = workbook.responses(opens, closes)
        await asyncio.to_thread(workbook.write, output / "registrations.xlsx", rows)
        report = await import_forms(stage, edition, output / "registrations.xlsx")
        (output / "import-report.json").write_text(
            json.dumps(report, indent=1, ensure_ascii=False) + "\n"
        )
        await decide_unclear(stage, edition, report["rows"])
    with narrator.step(4, "The list is published; places for every institution"):
        await publish(stage, edition)
        before = await places(stage, edition, output)
        await withdraw(stage, edition)
        after = await places(stage, edition, output)
        check("institutions in the table", len(after), len(before))
        concurrent = await two_hundred(stage, fictitious)
    return Enrolled(edition, len(rows) + 5, report["verdicts"], after, concurrent)
