"""Making certificate authorities and seals of our own, for development and for tests.

The certificates have the profile of real seals (ETSI EN 319 412-3): a subject with O, CN, C and
organizationIdentifier, key usage digitalSignature and nonRepudiation. They claim no qualification.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

RSA_BITS = 3072
"""128 bits of security (NIST SP 800-57), what qualified seals use today."""

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class SealSubject:
    """The legal person that a seal certificate names."""

    organisation: str
    common_name: str
    country: str
    """ISO 3166-1 alpha-2."""
    organisation_identifier: str


@dataclass(frozen=True)
class Authority:
    """A certificate authority with its key."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)

    def issue(
        self,
        subject: SealSubject,
        key: PrivateKey,
        *,
        valid_from: datetime,
        valid_until: datetime,
        for_sealing: bool = True,
    ) -> x509.Certificate:
        """A seal certificate; with `for_sealing=False` one whose key usage forbids it."""
        return (
            _builder(_seal_name(subject), self.certificate.subject, key, valid_from, valid_until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(seals=for_sealing), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )

    def subordinate(self, name: str, *, valid_from: datetime, valid_until: datetime) -> "Authority":
        """An authority below this one, that may issue seals but no further authorities."""
        key = new_rsa_key()
        certificate = (
            _builder(_ca_name(name), self.certificate.subject, key, valid_from, valid_until)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        return Authority(certificate, key)


def new_authority(name: str, *, valid_from: datetime, valid_until: datetime) -> Authority:
    """A root authority with a fresh key."""
    key = new_rsa_key()
    certificate = (
        _builder(_ca_name(name), _ca_name(name), key, valid_from, valid_until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def new_rsa_key(bits: int = RSA_BITS) -> rsa.RSAPrivateKey:
    """A fresh RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def new_ec_key() -> ec.EllipticCurvePrivateKey:
    """A fresh key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def private_pem(key: PrivateKey) -> bytes:
    """A key as unencrypted PKCS #8 PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def as_pkcs12(
    key: PrivateKey, certificate: x509.Certificate, others: list[x509.Certificate], password: str
) -> bytes:
    """A seal as an encrypted PKCS #12 file."""
    return pkcs12.serialize_key_and_certificates(
        b"seal", key, certificate, others, BestAvailableEncryption(password.encode())
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: PrivateKey,
    valid_from: datetime,
    valid_until: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from.replace(microsecond=0))
        .not_valid_after(valid_until.replace(microsecond=0))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _seal_name(subject: SealSubject) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, subject.country),
            # X.520 bounds both names to 64 characters, which is shorter than many a university.
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organisation, _validate=False),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, subject.organisation_identifier),
            x509.NameAttribute(NameOID.COMMON_NAME, subject.common_name, _validate=False),
        ]
    )


def _ca_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, authority: bool = False, seals: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=seals,
        content_commitment=seals,
        key_encipherment=not authority and not seals,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def one_day_before(moment: datetime) -> datetime:
    """A start of validity that clocks which are a little slow still accept."""
    return moment - timedelta(days=1)
