"""What the database server does at best: PostgreSQL's own pgbench, on a database of its own."""

import re
from dataclasses import dataclass

from app.adapters.embedded import EmbeddedPostgres
from app.bench.processes import BenchFailed, output_of

DATABASE = "pgbench"
SCALE = 2
"""200,000 accounts: enough rows that fifty clients hardly ever want the same one."""

_TPS = re.compile(r"^tps = ([0-9.]+) \(without", re.MULTILINE)


@dataclass(frozen=True)
class PgBench:
    """pgbench against a running server."""

    server: EmbeddedPostgres

    async def prepare(self, scale: int = SCALE) -> None:
        """Make its database and tables."""
        self.server.create_database(DATABASE)
        await output_of(self._command("-i", "-s", str(scale), "--quiet"))

    async def transactions_per_second(self, seconds: int) -> float:
        """`-N -M prepared -c 50 -j 2`: an update, a select and an insert in each transaction."""
        printed = await output_of(
            self._command(
                *("-N", "-M", "prepared", "-c", "50", "-j", "2", "-n", "-T", str(seconds))
            ),
            patience=seconds + 60,
        )
        found = _TPS.search(printed)
        if found is None:
            raise BenchFailed(f"pgbench says no rate:\n{printed}")
        return float(found[1])

    def _command(self, *arguments: str) -> list[str]:
        to = self.server.connect_arguments(DATABASE)
        address = ["-h", str(to["host"]), "-p", str(to["port"]), "-U", str(to["user"]), DATABASE]
        return [str(self.server.program("pgbench")), *arguments, *address]
