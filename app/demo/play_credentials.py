"""Acts six and seven: two people issue, learners download, anybody verifies."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.demo.foreign import sealed_by_a_stranger
from app.demo.play_proposals import check
from app.demo.stage import DemoFailed, Stage

VERIFY = "/v1/credentials/verify"
SEALED = {"Content-Type": "application/ld+json"}


async def issue(stage: Stage, edition: str, passed: int) -> int:
    """A batch prepared by one officer and approved by another; how many credentials it made."""
    ines, ivan = await asyncio.gather(stage.person("ines-oviedo"), stage.person("ivan-oviedo"))
    awards = (await ines.get(f"{edition}/awards")).json()
    check("awards that are ready", len(awards["ready"]), passed)
    prepared = await ines.post(f"{edition}/issuing-batches", json={}, expect=201)
    batch = f"/v1/issuing-batches/{prepared.json()['id']}"
    await ines.act(batch, "approve", expect=(403, 409))
    stage.narrator.say("Inés prepares the batch and may not approve it herself; Iván does")
    job = await stage.finish(ivan, await ivan.act(batch, "approve", expect=202), "sealing")
    sealed = sum(1 for item in job["items"] if item["status"] == "done")
    check("credentials sealed", sealed, passed)
    again = await ines.post(f"{edition}/issuing-batches", json={}, expect=(201, 409))
    if again.status_code == 201:
        repeat = f"/v1/issuing-batches/{again.json()['id']}"
        second = await stage.finish(
            ivan, await ivan.act(repeat, "approve", expect=202), "sealing again"
        )
        check("sealed twice", sum(1 for i in second["items"] if i["status"] == "done"), 0)
    stage.narrator.say(f"{sealed} credentials are sealed; running it again seals none")
    return sealed


async def download(stage: Stage, edition: str, folder: Path) -> list[Path]:
    """Every credential as a file, byte for byte, and one display image."""
    ines = await stage.person("ines-oviedo")
    files: list[Path] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"edition": edition.rpartition("/")[2], "limit": "100"}
        page = (
            await ines.get("/v1/credentials", params=query | ({"cursor": cursor} if cursor else {}))
        ).json()
        for item in page["items"]:
            path = folder / f"{item['id']}.jsonld"
            answer = await ines.get(f"/v1/credentials/{item['id']}/document")
            path.write_bytes(answer.content)
            files.append(path)
        cursor = page["next"]
    return files


async def verified(stage: Stage, raw: bytes) -> dict[str, Any]:
    """What verification says, check by check, to somebody without a token."""
    answer = await stage.nobody.post(VERIFY, content=raw, headers=SEALED)
    result: dict[str, Any] = answer.json()
    return result


def verdicts(result: dict[str, Any]) -> dict[str, str]:
    """Status and reason of each check, for a sentence."""
    return {one["name"]: f"{one['status']}:{one['code']}" for one in result["checks"]}


async def verify(stage: Stage, files: list[Path]) -> None:
    """Ours pass, a tampered one fails, one of a foreign authority is a warning."""
    for path in files:
        result = await verified(stage, path.read_bytes())
        failed = [one for one in result["checks"] if one["status"] == "error"]
        if failed:
            raise DemoFailed(f"one of our own credentials does not verify: {failed}")
    stage.narrator.say(f"all {len(files)} verify")
    raw = files[0].read_bytes()
    payload = json.loads(raw)["payload"]
    forged = json.loads(raw) | {"payload": payload.replace("Pass", "Best", 1)}
    tampered = verdicts(await verified(stage, json.dumps(forged).encode()))
    if not tampered["seal"].startswith("error"):
        raise DemoFailed(f"a tampered credential must fail: {tampered}")
    stage.narrator.say("a credential with one word changed: the seal check fails")
    now = datetime.now(UTC) - timedelta(minutes=1)
    foreign = verdicts(await verified(stage, sealed_by_a_stranger(payload.encode(), now)))
    if "unknown_issuer" not in json.dumps(foreign) or "error" in foreign["seal"]:
        raise DemoFailed(f"a foreign authority must be a warning: {foreign}")
    stage.narrator.say("one of a foreign test authority: unknown issuer, a warning")


async def play(stage: Stage, edition: str, passed: int, output: Path) -> list[Path]:
    """Both acts; the files that were downloaded."""
    with stage.narrator.step(6, "One sealed credential for each learner who passed"):
        await issue(stage, edition, passed)
        await asyncio.to_thread((output / "credentials").mkdir, parents=True, exist_ok=True)
        files = await download(stage, edition, output / "credentials")
        check("files", len(files), passed)
        ines = await stage.person("ines-oviedo")
        identifier = files[0].stem
        image = await ines.get(f"/v1/credentials/{identifier}/images/en")
        (output / "credential.png").write_bytes(image.content)
        seals = (await stage.nobody.get("/v1/seals")).json()["items"]
        root = await stage.nobody.get(f"/v1/seals/{seals[0]['institution']}/root.pem")
        (output / "ca.pem").write_bytes(root.content)
    with stage.narrator.step(7, "Anybody verifies"):
        await verify(stage, files)
    return files
