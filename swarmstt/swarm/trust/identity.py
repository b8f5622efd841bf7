"""Who a node is: a key of its own and a certificate that it signed itself. Both are made at its first start."""

from __future__ import annotations

import datetime
import hashlib
import secrets
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from swarmstt.errors import StorageError
from swarmstt.files import make_private, write_whole
from swarmstt.ids import NodeId

_FILE_NAME = "identity.pem"
_ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
"""As an AlgorithmIdentifier in DER (RFC 5758)."""
_VERSION_3 = bytes.fromhex("a003020102")
_MOST_SERIAL_BYTES = 20
"""As in RFC 5280."""
_FIRST_DAY = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
_LAST_DAY = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.timezone.utc)
"""A certificate is known by its hash and never looked up by its dates: a PC's clock may be wrong. RFC 5280 gives the
last moment to certificates that do not end."""


class DamagedIdentityError(StorageError):
    """The file does not hold a key and its certificate."""


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
        """Returns an ECDSA signature with SHA-256, in DER."""
        return self.private_key.sign(message, ec.ECDSA(hashes.SHA256()))

    def server_context(self) -> ssl.SSLContext:
        """Returns TLS 1.3 for nodes that dial this one."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.file)
        return context


def node_id_of(certificate: bytes) -> NodeId:
    """Returns the id of the node that has this certificate (DER): its SHA-256 in hex."""
    return NodeId(hashlib.sha256(certificate).hexdigest())


def is_signed_by(certificate: bytes, signature: bytes, message: bytes) -> bool:
    """Returns True if the key of this certificate (DER, from a stranger) made the signature."""
    if not _has_positive_serial(certificate):
        return False
    try:
        public_key = x509.load_der_x509_certificate(certificate).public_key()
        if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(public_key.curve, ec.SECP256R1):
            return False
        public_key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion):
        return False
    return True


def is_self_signed(certificate: bytes) -> bool:
    """Returns True if a certificate (DER, from a stranger) is signed by its own key. So nobody can alter one byte of it
    and have another node's id without that key."""
    if not _has_positive_serial(certificate):
        return False
    try:
        read = x509.load_der_x509_certificate(certificate)
        signed, signature = read.tbs_certificate_bytes, read.signature
        bit_string = b"\x03" + bytes([len(signature) + 1, 0]) + signature
        # What stands around the signed part is not signed. The names within are not read: a stranger's may be anything.
        is_plain = certificate.endswith(signed + _ECDSA_WITH_SHA256 + bit_string)
        return is_plain and is_signed_by(certificate, signature, signed)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        return False


def _has_positive_serial(certificate: bytes) -> bool:
    """Returns True for a certificate of version 3 whose serial number is above 0. cryptography reads others with a
    warning, and is going to refuse them: what such a one has signed would then make a stored roster unusable."""
    signed = _within(_within(certificate))
    tag, length, serial = signed[5:6], signed[6:7], signed[7:]
    is_short = len(length) == 1 and 0 < length[0] <= _MOST_SERIAL_BYTES
    if not (signed.startswith(_VERSION_3) and tag == b"\x02" and is_short):
        return False
    return int.from_bytes(serial[: length[0]], "big", signed=True) > 0


def _within(der: bytes) -> bytes:
    """Returns what follows the tag and the length of the first value in DER."""
    return der[2:] if len(der) < 2 or der[1] < 0x80 else der[2 + (der[1] & 0x7F) :]


def is_identity_there(data_dir: Path) -> bool:
    """Returns True after the first start."""
    return (data_dir / _FILE_NAME).exists()


def load_identity(data_dir: Path) -> Identity:
    """Loads this node's identity, which is made if there is none. StorageError if the file cannot be used."""
    file = data_dir / _FILE_NAME
    try:
        if not file.exists():
            write_whole(file, _new_identity(), private=True)
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


def renew_identity(data_dir: Path) -> Identity:
    """Gives this node a new identity; the old one is kept under another name. StorageError if that fails."""
    file = data_dir / _FILE_NAME
    try:
        if file.exists():
            file.replace(file.with_name(f"identity.{secrets.token_hex(4)}.old.pem"))
    except OSError as error:
        raise StorageError(f"This node's identity {file} cannot be moved away: {error.strerror}.") from error
    return load_identity(data_dir)


def _damaged(file: Path) -> DamagedIdentityError:
    return DamagedIdentityError(f"This node's identity {file} is damaged; move it away to begin with a new one.")


def _new_identity() -> bytes:
    """Makes a new P-256 key and its certificate, in PEM."""
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
