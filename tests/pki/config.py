"""What the test PKI consists of, in the form that certomancer takes.

One root with an issuing authority for seals below it, and a root that nobody trusts. Every seal
that is wrong in one way has a label that says in which. Times are fixed, so that tests can ask
for any moment; what is said about them as constants is part of the contract with the tests.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from asn1crypto import core

REVOKED_SINCE = "2026-06-01T00:00:00+00:00"
"""When the seals and the authority of timestamps that are revoked were revoked."""
EXPIRED_SINCE = "2026-03-01T00:00:00+00:00"
"""When the seal that has expired did."""
SHORT_UNTIL = "2027-01-01T00:00:00+00:00"
"""When the certificate of `tsa-short` ends: timestamps that need renewal."""

ARCH = "pki"
KEYS: Mapping[str, str] = {
    "root": "rsa", "issuing": "rsa", "seal-rsa": "rsa", "tsa": "rsa",
    "seal-ec": "ec", "stranger": "ec", "other": "ec", "tsa-ec": "ec", "responder": "ec",
    "list-operator": "ec",
}  # fmt: skip
"""Keys by label: RSA of 3072 bits or P-256. Twins of a seal share its key."""

_COMPLIANCE, _SSCD, _TYPE, _PDS = (f"0.4.0.1862.1.{n}" for n in (1, 4, 6, 5))
ESIGN, ESEAL, WEB = (f"0.4.0.1862.1.6.{n}" for n in (1, 2, 3))
_QCP_L_QSCD = "0.4.0.194112.1.3"


def _sequence(*items: core.Asn1Value) -> core.Sequence:
    made = core.Sequence()
    made.contents = b"".join(item.dump() for item in items)
    return made


def qc_statements(kind: str = ESEAL, *, compliant: bool = True, device: bool = True) -> str:
    """qcStatements (ETSI EN 319 412-5) as hexadecimal DER."""
    said = [_sequence(core.ObjectIdentifier(_TYPE), _sequence(core.ObjectIdentifier(kind)))]
    if compliant:
        said.append(_sequence(core.ObjectIdentifier(_COMPLIANCE)))
    if device:
        said.append(_sequence(core.ObjectIdentifier(_SSCD)))
    place = _sequence(core.IA5String("https://tsp.example/pds_en.pdf"), core.PrintableString("en"))
    said.append(_sequence(core.ObjectIdentifier(_PDS), _sequence(place)))
    return _sequence(*said).dump().hex()


def _critical(name: str, value: object) -> dict[str, Any]:
    return {"id": name, "critical": True, "value": value}


def _smart(name: str, schema: str, params: object, *, critical: bool = False) -> dict[str, Any]:
    return {
        "id": name,
        "critical": critical,
        "smart-value": {"schema": schema, "params": params},
    }


def _usage(*names: str) -> dict[str, Any]:
    return _smart("key_usage", "key-usage", list(names), critical=True)


def _said(statements: str) -> dict[str, Any]:
    return _smart("1.3.6.1.5.5.7.1.3", "der-bytes", statements)


def _revocation(authority: str) -> list[dict[str, Any]]:
    return [
        _smart("crl_distribution_points", "crl-dist-url", {"crl-repo-names": [authority]}),
        _smart(
            "authority_information_access",
            "aia-urls",
            {"ocsp-responder-names": [authority], "ca-issuer-links": [{"repo": authority}]},
        ),
    ]


def _during(
    start: str = "2025-01-01T00:00:00+00:00", end: str = "2036-01-01T00:00:00+00:00"
) -> Any:
    return {"valid-from": start, "valid-to": end}


def _authority(issuer: str, length: int | None) -> dict[str, Any]:
    constraints = {"ca": True} | ({} if length is None else {"path_len_constraint": length})
    return {
        "issuer": issuer,
        "validity": _during("2024-01-01T00:00:00+00:00", "2044-01-01T00:00:00+00:00"),
        "extensions": [
            _critical("basic_constraints", constraints),
            _usage("key_cert_sign", "crl_sign"),
            *([] if issuer in ("root", "stranger") and length is None else _revocation(issuer)),
        ],
    }


def _seal(
    key: str = "seal-rsa",
    *,
    subject: str = "oviedo",
    issuer: str = "issuing",
    statements: str | None = "",
    usage: Sequence[str] = ("digital_signature", "non_repudiation"),
    validity: Mapping[str, str] | None = None,
    revoked: bool = False,
) -> dict[str, Any]:
    said = qc_statements() if statements == "" else statements
    policy = [{"policy_identifier": _QCP_L_QSCD}]
    return {
        "subject": subject,
        "subject-key": key,
        "issuer": issuer,
        "validity": validity or _during(),
        "extensions": [
            _usage(*usage),
            *_revocation(issuer),
            *([{"id": "certificate_policies", "value": policy}, _said(said)] if said else []),
        ],
        **(
            {"revocation": {"revoked-since": REVOKED_SINCE, "reason": "key_compromise"}}
            if revoked
            else {}
        ),
    }


def _timestamping(
    key: str = "tsa",
    *,
    issuer: str = "root",
    usage: str | None = "time_stamping",
    validity: Mapping[str, str] | None = None,
    revoked: bool = False,
) -> dict[str, Any]:
    return {
        "subject": "tsa",
        "subject-key": key,
        "issuer": issuer,
        "validity": validity or _during(),
        "extensions": [
            _usage("digital_signature"),
            *([_critical("extended_key_usage", [usage])] if usage else []),
            *_revocation(issuer),
        ],
        **(
            {"revocation": {"revoked-since": REVOKED_SINCE, "reason": "superseded"}}
            if revoked
            else {}
        ),
    }


def _responder(issuer: str) -> dict[str, Any]:
    return {
        "subject": "responder",
        "subject-key": "responder",
        "issuer": issuer,
        "validity": _during(),
        "extensions": [
            _usage("digital_signature"),
            {"id": "extended_key_usage", "value": ["ocsp_signing"]},
            {"id": "ocsp_no_check", "value": None},
        ],
    }


def _operator() -> dict[str, Any]:
    return {
        "subject": "list-operator",
        "subject-key": "list-operator",
        "issuer": "list-operator",
        "validity": _during(),
        "extensions": [
            _usage("digital_signature"),
            {"id": "extended_key_usage", "value": ["0.4.0.2231.3.0"]},
        ],
    }


_CERTIFICATES: Mapping[str, Mapping[str, Any]] = {
    "root": _authority("root", None),
    "issuing": _authority("root", 0),
    "stranger": _authority("stranger", None),
    "other": _authority("stranger", 0),
    # Seals
    "seal-rsa": _seal(),
    "seal-ec": _seal("seal-ec"),
    "seal-karlsruhe": _seal(subject="karlsruhe"),
    "seal-without-device": _seal(statements=qc_statements(device=False)),
    # … and what is wrong with each
    "seal-revoked": _seal(revoked=True),
    "seal-expired": _seal(validity=_during(end=EXPIRED_SINCE)),
    "seal-unqualified": _seal(statements=None),
    "seal-not-compliant": _seal(statements=qc_statements(compliant=False)),
    "seal-esign": _seal(statements=qc_statements(ESIGN)),
    "seal-web": _seal(statements=qc_statements(WEB)),
    "seal-encipherment": _seal(usage=("key_encipherment",)),
    "seal-without-identifier": _seal(subject="oviedo-without-identifier"),
    "seal-other": _seal(issuer="other"),
    # Timestamps
    "tsa": _timestamping(),
    "tsa-ec": _timestamping("tsa-ec"),
    "tsa-short": _timestamping("tsa-ec", validity=_during(end=SHORT_UNTIL)),
    "tsa-without-usage": _timestamping("tsa-ec", usage=None),
    "tsa-other-usage": _timestamping("tsa-ec", usage="code_signing"),
    "tsa-revoked": _timestamping("tsa-ec", revoked=True),
    "tsa-other": _timestamping("tsa-ec", issuer="other"),
    # Responders
    "responder-root": _responder("root"),
    "responder-issuing": _responder("issuing"),
    "responder-stranger": _responder("stranger"),
    "responder-other": _responder("other"),
    # Whoever signs the list of trusted services
    "list-operator": _operator(),
}

SEALS = tuple(label for label in _CERTIFICATES if label.startswith("seal-"))
TSAS = tuple(label for label in _CERTIFICATES if label.startswith("tsa"))
_AUTHORITIES = ("root", "issuing", "stranger", "other")


def configuration() -> dict[str, Any]:
    """The whole PKI."""
    oviedo = {
        "country-name": "ES",
        "organization-name": "Universidad de Oviedo",
        "organization-identifier": "VATES-Q0000000X",
        "common-name": "Sello de prueba",
    }
    return {
        "keysets": {
            ARCH: {"keys": {label: {"path": f"{label}.pem"} for label in KEYS}},
        },
        "pki-architectures": {
            ARCH: {
                "keyset": ARCH,
                "entities": {
                    "root": {"common-name": "Test root", "country-name": "ES"},
                    "issuing": {
                        "common-name": "Test authority of seals",
                        "organization-name": "Test Trust Services",
                        "organization-identifier": "VATES-A0000000T",
                        "country-name": "ES",
                    },
                    "stranger": {"common-name": "Foreign root", "country-name": "FR"},
                    "other": {"common-name": "Foreign authority", "country-name": "FR"},
                    "oviedo": oviedo,
                    "oviedo-without-identifier": {
                        name: value
                        for name, value in oviedo.items()
                        if name != "organization-identifier"
                    },
                    "karlsruhe": {
                        "country-name": "DE",
                        "organization-name": "Hochschule Karlsruhe",
                        "organization-identifier": "VATDE-000000000",
                        "common-name": "Testsiegel",
                    },
                    "tsa": {"common-name": "Test timestamps", "country-name": "ES"},
                    "responder": {"common-name": "Test status", "country-name": "ES"},
                    "list-operator": {
                        "country-name": "ES",
                        "organization-name": "Test Scheme Operator",
                        "common-name": "Test list",
                    },
                },
                "certs": {label: dict(spec) for label, spec in _CERTIFICATES.items()},
                "services": {
                    "ocsp": {
                        label: {
                            "for-issuer": label,
                            "responder-cert": f"responder-{label}",
                            "signing-key": "responder",
                            "validity-period": {"days": 7},
                        }
                        for label in _AUTHORITIES
                    },
                    "crl-repo": {
                        label: {
                            "for-issuer": label,
                            "signing-key": label,
                            "simulated-update-schedule": "P30D",
                        }
                        for label in _AUTHORITIES
                    },
                    "cert-repo": {
                        label: {"for-issuer": label, "publish-issued-certs": True}
                        for label in _AUTHORITIES
                    },
                    "time-stamping": {
                        label: {
                            "signing-cert": label,
                            "signing-key": _CERTIFICATES[label]["subject-key"],
                        }
                        for label in TSAS
                    },
                },
            }
        },
    }
