"""Who a node is, and the key of its swarm: made once, kept for its owner only."""

from __future__ import annotations

import base64
import datetime
import hashlib
import stat
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from swarmstt.errors import StorageError, UsageError
from swarmstt.files import make_private
from swarmstt.swarm.trust.identity import Identity, is_self_signed, is_signed_by, load_identity, node_id_of
from swarmstt.swarm.trust.swarm_key import load_swarm_key

KEY = bytes(range(200, 232))

posix_rights = pytest.mark.skipif(sys.platform == "win32", reason="Windows has access lists instead")


def test_an_identity_is_made_once_and_stays(tmp_path: Path) -> None:
    first, again = load_identity(tmp_path), load_identity(tmp_path)
    assert first.node_id == again.node_id == hashlib.sha256(first.certificate).hexdigest()
    assert is_signed_by(first.certificate, again.sign(b"words"), b"words")


def test_two_nodes_are_two(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, other = load_identity(tmp_path), load_identity(tmp_path / "other")
    assert one.node_id != other.node_id
    assert not is_signed_by(one.certificate, other.sign(b"words"), b"words")


@pytest.mark.parametrize("certificate", [b"", b"\x30\x03\x02\x01\x01", b"\x00" * 3000])
def test_what_is_no_certificate_signs_nothing(certificate: bytes) -> None:
    assert not is_signed_by(certificate, b"signature", b"words")


def signed_by(subject: Identity, signer: Identity) -> bytes:
    """A certificate of the subject's key that somebody else's key has signed."""
    own = x509.load_der_x509_certificate(subject.certificate)
    made = (
        x509.CertificateBuilder()
        .subject_name(own.subject)
        .issuer_name(own.issuer)
        .public_key(own.public_key())
        .serial_number(own.serial_number)
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc))
        .not_valid_after(datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc))
        .sign(signer.private_key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def test_a_certificate_is_signed_by_its_own_key(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, other = load_identity(tmp_path), load_identity(tmp_path / "other")
    assert is_self_signed(one.certificate)
    assert is_self_signed(signed_by(one, one))
    assert not is_self_signed(signed_by(one, other))
    assert not is_self_signed(b"")
    assert not is_self_signed(b"\x30\x03\x02\x01\x01")


def test_no_byte_of_a_certificate_can_be_altered(tmp_path: Path) -> None:
    """Each alteration would have an id of its own, and words of its own."""
    certificate = load_identity(tmp_path).certificate
    for place in range(len(certificate)):
        altered = bytearray(certificate)
        altered[place] ^= 1
        assert not is_self_signed(bytes(altered)), place
    assert not is_self_signed(certificate + b"\0")


@pytest.mark.attack
@pytest.mark.parametrize("first", [b"\x80", b"\x90"])
def test_a_certificate_that_a_later_version_may_refuse_counts_as_none(tmp_path: Path, first: bytes) -> None:
    """A negative serial number is read with a warning now; the warning alone fails this test."""
    own = load_identity(tmp_path)
    read = x509.load_der_x509_certificate(own.certificate)
    place = own.certificate.index(bytes.fromhex("a003020102")) - own.certificate.index(read.tbs_certificate_bytes) + 7
    signed = read.tbs_certificate_bytes[:place] + first + read.tbs_certificate_bytes[place + 1 :]
    signature = own.sign(signed)
    content = signed + bytes.fromhex("300a06082a8648ce3d040302") + b"\x03" + bytes([len(signature) + 1, 0]) + signature
    certificate = b"\x30\x82" + len(content).to_bytes(2, "big") + content
    assert not is_signed_by(certificate, own.sign(b"message"), b"message")
    assert not is_self_signed(certificate)
    assert is_signed_by(own.certificate, own.sign(b"message"), b"message")


def test_a_name_that_cannot_be_read_is_no_trouble(tmp_path: Path) -> None:
    """A UTF8String that says it is a BIT STRING: to read it raises a TypeError."""
    identity = load_identity(tmp_path)
    signed = x509.load_der_x509_certificate(identity.certificate).tbs_certificate_bytes
    odd = signed.replace(b"\x0c\x08swarmstt", b"\x03\x08swarmstt")
    signature = identity.sign(odd)
    content = odd + bytes.fromhex("300a06082a8648ce3d040302") + bytes([3, len(signature) + 1, 0]) + signature
    assert is_self_signed(b"\x30\x82" + len(content).to_bytes(2, "big") + content)


@posix_rights
def test_only_the_owner_reads_what_is_secret(tmp_path: Path) -> None:
    identity = load_identity(tmp_path)
    load_swarm_key(tmp_path)
    for file in (identity.file, tmp_path / "swarm.key"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.chmod(0o644)
        make_private(file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {each.name for each in tmp_path.iterdir()} == {"identity.pem", "swarm.key"}


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_identity_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "identity.pem").write_bytes(content)
    with pytest.raises(StorageError, match=r"identity\.pem is damaged"):
        load_identity(tmp_path)


def test_a_certificate_serves_tls_1_3_only(tmp_path: Path) -> None:
    context = load_identity(tmp_path).server_context()
    assert context.minimum_version.name == "TLSv1_3"


def test_a_swarm_key_is_random_and_stays(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert load_swarm_key(tmp_path) == load_swarm_key(tmp_path) != load_swarm_key(tmp_path / "other")


@pytest.mark.parametrize(
    "content",
    [
        KEY,
        KEY.hex().encode(),
        KEY.hex().upper().encode() + b"\r\n",
        base64.b64encode(KEY) + b"\n",
        base64.urlsafe_b64encode(KEY).rstrip(b"="),
    ],
)
def test_a_key_file_sets_the_key_for_good(tmp_path: Path, content: bytes) -> None:
    given = tmp_path / "given"
    given.write_bytes(content)
    load_swarm_key(tmp_path)
    assert load_swarm_key(tmp_path, given) == KEY
    assert load_swarm_key(tmp_path) == KEY


@pytest.mark.parametrize("content", [b"", b"a password", KEY + b"\n", KEY.hex().encode()[:-2], b"\xff" * 64])
def test_a_file_without_a_key_is_named(tmp_path: Path, content: bytes) -> None:
    given = tmp_path / "given"
    given.write_bytes(content)
    with pytest.raises(UsageError, match="must hold 256 bits"):
        load_swarm_key(tmp_path, given)
    with pytest.raises(UsageError, match="cannot be read"):
        load_swarm_key(tmp_path, tmp_path / "nowhere")


def test_a_damaged_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "swarm.key").write_text("damaged")
    with pytest.raises(StorageError, match="is damaged"):
        load_swarm_key(tmp_path)


def test_an_id_is_of_the_certificate() -> None:
    assert node_id_of(b"certificate") == hashlib.sha256(b"certificate").hexdigest()
