"""Who a node is: a key of its own and a certificate that it signed itself. Both are made at its first start."""

from __future__ import annotations

import datetime
import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from swarmstt.errors import StorageError
from swarmstt.ids import NodeId
from swarmstt.swarm.private_files import make_private, write_private

MOST_CERTIFICATE_BYTES = 2048
"""Ours have some 350 bytes."""

_FIRST_DAY = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
_LAST_DAY = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.timezone.utc)
"""A certificate is known by its hash and never looked up by its dates: a PC's clock may be wrong. RFC 5280 gives the
last moment to certificates that do not end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A node's certificate in DER, its private key, and the file that holds both."""

    certificate: bytes
    private_key: ec.EllipticCurvePrivateKey
    file: Path

    @property
    def node_id(self) -> NodeId:
        return node_id_of(self.certificate)

    def sign(self, message: bytes) -> bytes:
        """An ECDSA signature with SHA-256, in DER."""
        return self.private_key.sign(message, ec.ECDSA(hashes.SHA256()))

    def server_context(self) -> ssl.SSLContext:
        """TLS 1.3 for those who dial this node."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.file)
        return context


def node_id_of(certificate: bytes) -> NodeId:
    """The id of the node that has this certificate (DER): its SHA-256 in hex."""
    return NodeId(hashlib.sha256(certificate).hexdigest())


def is_signed_by(certificate: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the key of this certificate (DER, from a stranger) made the signature."""
    try:
        public_key = x509.load_der_x509_certificate(certificate).public_key()
        if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(public_key.curve, ec.SECP256R1):
            return False
        public_key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion):
        return False
    return True


def load_identity(data_dir: Path) -> Identity:
    """This node's identity, which is made if there is none. StorageError where the file cannot be used."""
    file = data_dir / "identity.pem"
    try:
        if not file.exists():
            write_private(file, _new_identity())
        make_private(file)
        content = file.read_bytes()
    except OSError as error:
        raise StorageError(f"This node's identity {file} cannot be used: {error.strerror}.") from error
    try:
        private_key = serialization.load_pem_private_key(content, password=None)
        certificate = x509.load_pem_x509_certificate(content).public_bytes(serialization.Encoding.DER)
    except ValueError as error:
        raise _damaged(file) from error
    if not isinstance(private_key, ec.EllipticCurvePrivateKey):
        raise _damaged(file)
    return Identity(certificate=certificate, private_key=private_key, file=file)


def _damaged(file: Path) -> StorageError:
    return StorageError(f"This node's identity {file} is damaged; move it away to begin with a new one.")


def _new_identity() -> bytes:
    """A new P-256 key and its certificate, in PEM."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "swarmstt")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FIRST_DAY)
        .not_valid_after(_LAST_DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private_key, hashes.SHA256())
    )
    key_pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key_pem + certificate.public_bytes(serialization.Encoding.PEM)
