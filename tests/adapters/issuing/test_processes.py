"""Credentials that are made in processes of their own: the same ones, and the same refusals."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from app.adapters.issuing.making import Maker
from app.adapters.issuing.processes import (
    DiedMaking,
    FailedThere,
    MakerProcesses,
    MakersUnavailable,
)
from app.adapters.reference import alliance, partners
from app.domain.clock import SystemClock
from app.domain.credentials.seal import IssuedCredential, IssuingOrder, SealUnavailable
from app.domain.errors import Conflict
from app.domain.ids import new_id
from app.settings import Settings
from app.wiring_seals import issuing_processes, maker_of
from tests.issuing_builders import an_award, the_micro_credential

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.* seals with a development seal:UserWarning"),
]


def orders(number: int, seal: str | None = None) -> list[IssuingOrder]:
    micro_credential = the_micro_credential()
    edition = new_id()
    return [
        IssuingOrder(
            credential=new_id(),
            award=an_award(edition, micro_credential, f"Learner {n}"),
            micro_credential=micro_credential,
            institutions=tuple(partners()),
            alliance=alliance(),
            issued_at=SystemClock().now(),
            seal=seal,
        )
        for n in range(number)
    ]


async def test_what_is_made_there_is_what_was_ordered_and_refusals_come_back_whole(
    data_dir: Path,
) -> None:
    processes = MakerProcesses(partial(maker_of, Settings(data_dir=data_dir)), 1)
    try:
        ordered = orders(3)
        made = await processes.issue_all(ordered)
        assert [
            isinstance(one, IssuedCredential) and order.urn.encode() in one.document
            for order, one in zip(ordered, made, strict=True)
        ] == [True] * 3

        [refused] = await processes.issue_all(orders(1, "no-such-seal"))
        assert isinstance(refused, SealUnavailable)
        assert (refused.code, "no-such-seal" in refused.detail) == ("seal_unavailable", True)
    finally:
        processes.close()


class Stumbling(Maker):
    """Makes nothing of anybody, each in another way."""

    def __init__(self) -> None:
        pass

    def issue_all(self, orders: Sequence[IssuingOrder]) -> list[IssuedCredential | Exception]:
        ordered = list(orders)
        name = ordered[0].award.holder.full_name
        if name == "Learner 1" or len(ordered) > 1:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            raise KeyError(name)
        except KeyError as error:
            return [error]


async def test_a_process_that_dies_takes_nobody_with_it_but_whom_it_died_of() -> None:
    processes = MakerProcesses(Stumbling, 1)
    try:
        first, second, third = await processes.issue_all(orders(3))
    finally:
        processes.close()

    assert isinstance(second, DiedMaking)
    for failed in (first, third):
        assert isinstance(failed, FailedThere)
        assert str(failed).startswith("KeyError at ")
        assert "Learner" not in str(failed)


class Deadly(Maker):
    """Says of each whose it was, in a while, and dies of one of them."""

    def __init__(self, begins_no_more: Path | None = None) -> None:
        if begins_no_more is not None and begins_no_more.exists():
            raise OSError("no room to begin")
        self._begins_no_more = begins_no_more

    def issue_all(self, orders: Sequence[IssuingOrder]) -> list[IssuedCredential | Exception]:
        names = [order.award.holder.full_name for order in orders]
        # Long enough for others to be at work when it dies.
        time.sleep(0.2)
        if "Learner 1" in names:
            if self._begins_no_more is not None and len(names) == 1:
                self._begins_no_more.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return [Conflict(name) for name in names]


def told(made: Sequence[IssuedCredential | Exception]) -> list[str]:
    return [one.detail if isinstance(one, Conflict) else type(one).__name__ for one in made]


async def test_those_whom_others_order_meanwhile_are_not_taken_along() -> None:
    processes = MakerProcesses(Deadly, 2)
    ordered = orders(7)
    try:
        made = await asyncio.gather(
            *(processes.issue_all(ordered[begin:end]) for begin, end in ((0, 3), (3, 5), (5, 7)))
        )
    finally:
        processes.close()

    assert [told(several) for several in made] == [
        ["Learner 0", "DiedMaking", "Learner 2"],
        ["Learner 3", "Learner 4"],
        ["Learner 5", "Learner 6"],
    ]


def cannot_begin() -> Maker:
    raise OSError("no room to begin")


async def test_processes_that_cannot_begin_are_the_fault_of_no_learner() -> None:
    processes = MakerProcesses(cannot_begin, 1)
    try:
        made = await processes.issue_all(orders(2))
    finally:
        processes.close()

    assert [type(one) for one in made] == [MakersUnavailable] * 2


async def test_what_was_made_before_they_could_not_begin_any_more_comes_back(
    tmp_path: Path,
) -> None:
    processes = MakerProcesses(partial(Deadly, tmp_path / "full"), 1)
    try:
        made = await processes.issue_all(orders(3))
    finally:
        processes.close()

    assert told(made) == ["Learner 0", "DiedMaking", "MakersUnavailable"]


PARENT = """
import asyncio, sys
from tests.adapters.issuing.test_processes import Sleeping, orders
from app.adapters.issuing.processes import MakerProcesses

asyncio.run(MakerProcesses(Sleeping, 2).issue_all(orders(1)))
"""


class Sleeping(Maker):
    """Says where it is, and works for ever."""

    def __init__(self) -> None:
        pass

    def issue_all(self, orders: Sequence[IssuingOrder]) -> list[IssuedCredential | Exception]:
        print(os.getpid(), flush=True)
        signal.pause()
        return []


async def test_processes_end_with_their_parent_however_it_ends() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    ) as parent:
        assert parent.stdout is not None
        child = int(await asyncio.to_thread(parent.stdout.readline))
        parent.kill()
        parent.wait()
        async with asyncio.timeout(60):
            while _runs(child):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # Ended, and waiting for somebody to take note of it.
    return " Z " not in Path(f"/proc/{process}/stat").read_text()


async def test_they_end_when_nothing_comes_and_start_again(data_dir: Path) -> None:
    processes = MakerProcesses(partial(maker_of, Settings(data_dir=data_dir)), 1, idle=0)
    try:
        for _ in range(2):
            assert isinstance((await processes.issue_all(orders(1)))[0], IssuedCredential)
            async with asyncio.timeout(60):
                while processes.running:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
    finally:
        processes.close()


def test_a_batch_has_a_process_per_processor_but_none_where_shapes_are_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shapes = {"official_shapes": tmp_path}
    chosen = {"issuing_processes": 3}
    for processors, given, expected in (
        (1, {}, 0),
        (2, {}, 2),
        (64, {}, 8),
        (64, {"issuing_processes": 20}, 20),
        (2, chosen, 3),
        (2, shapes, 0),
        (2, chosen | shapes, 0),
    ):
        monkeypatch.setattr(os, "cpu_count", lambda number=processors: number)
        settings = Settings.model_validate(given)
        assert issuing_processes(settings) == expected, (processors, given)
