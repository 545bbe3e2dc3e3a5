"""An authority of timestamps that is openssl behind a web server of a few lines."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.pki.authority import TestPki

POLICY = "1.3.6.1.4.1.61.1"
_CONFIGURATION = """
[tsa]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/chain.pem
signer_digest = sha256
default_policy = {policy}
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""


@contextmanager
def openssl_tsa(pki: TestPki, folder: Path, label: str = "tsa") -> Iterator[str]:
    """Its address, for as long as the block lasts."""
    (folder / "serial").write_text("01\n")
    (folder / "tsa.pem").write_bytes(pki.certificate_pem(label))
    (folder / "tsa.key").write_bytes(pki.key_pem(label))
    (folder / "chain.pem").write_bytes(pki.chain_pem(label))
    configuration = folder / "tsa.cnf"
    configuration.write_text(_CONFIGURATION.format(folder=folder, policy=POLICY))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = folder / "query.tsq"
            query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            done = subprocess.run(
                ["openssl", "ts", "-reply", "-config", configuration, "-section", "tsa",
                 "-queryfile", query],
                check=True,
                capture_output=True,
            )  # fmt: skip
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(done.stdout)))
            self.end_headers()
            self.wfile.write(done.stdout)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
