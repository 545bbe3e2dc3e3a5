"""Clients that others' generators make of the contract do step three of the journey."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.demo import play_proposals, workbook
from app.demo.stage import Narrator, stage

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "openapi" / "openapi.json"
PEOPLE = ("ana-oviedo", "elena-oviedo", "learner-1", "learner-2")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Served:
    """A running API with a published micro-credential, and an export to import."""

    address: str
    tokens: dict[str, str]
    proposal: str
    workbook: Path


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("clients")
    async with stage(folder, folder / "postgres", Narrator(), {}) as on:
        published, _ = await play_proposals.play(on)
        people = {name: await on.person(name) for name in PEOPLE}
        now = datetime.now(UTC)
        rows = workbook.responses(now - timedelta(days=9), now - timedelta(hours=1))[1:20]
        export = folder / "registrations.xlsx"
        await asyncio.to_thread(workbook.write, export, rows)
        yield Served(
            str(on.http.base_url).rstrip("/"),
            {name: person.token or "" for name, person in people.items()},
            published.rpartition("/")[2],
            export,
        )


def run(command: list[Any], environment: dict[str, str], folder: Path = ROOT) -> str:
    """What a program prints; its messages become the test's when it fails."""
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expected(left: dict[str, Any]) -> None:
    assert left["states"] == [["waiting", "provisional"]] * 2
    assert left["verdicts"]["create"] >= 15
    assert left["commit"] == "succeeded"
    assert left["placed"] >= 15


async def test_a_generated_python_client_plans_an_edition_registers_and_imports(
    served: Served, tmp_path: Path
) -> None:
    tools = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    await asyncio.to_thread(
        run,
        ["openapi-python-client", "generate", "--path", CONTRACT, "--output-path", tmp_path / "c"],
        tools,
    )
    told = await asyncio.to_thread(
        run,
        [
            sys.executable,
            "-W",
            "ignore",
            Path(__file__).with_name("step_three.py"),
            served.address,
            json.dumps(served.tokens),
            served.proposal,
            served.workbook,
            json.dumps(workbook.QUESTIONS),
        ],
        {**tools, "PYTHONPATH": str(tmp_path / "c")},
    )
    expected(json.loads(told))


async def test_a_generated_typescript_client_compiles_and_does_the_same(
    served: Served, tmp_path: Path
) -> None:
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    package = tmp_path / "typescript"
    await asyncio.to_thread(shutil.copytree, Path(__file__).with_name("typescript"), package)
    environment = dict(os.environ)
    installed = await asyncio.to_thread(
        subprocess.run,
        ["npm", "ci", "--no-audit", "--no-fund"],
        cwd=package, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install the generator here: {installed.stderr[-300:]}")
    for command in (
        ["npx", "openapi-typescript", str(CONTRACT), "-o", "contract.d.ts"],
        ["npx", "tsc", "--project", "."],
    ):
        await asyncio.to_thread(run, command, environment, package)
    told = await asyncio.to_thread(
        run,
        [
            "node",
            "built/step_three.js",
            served.address,
            json.dumps(served.tokens),
            served.proposal,
            str(served.workbook),
            json.dumps(workbook.QUESTIONS),
        ],
        environment,
        package,
    )
    expected(json.loads(told))
