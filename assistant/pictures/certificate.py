"""The certificate that this machine's pictures are signed with: made on first use, known to nobody else.

It certifies itself. So it shows that a picture is unchanged since it was drawn, and which pictures come from the same
machine; it says nothing about who the user is. Deleting the file makes a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import SigningFailed
from assistant.pictures.whole_file import write_whole

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_FILE = "certificate.pem"
_NAME = "multimodal-voice-assistant"
# There is no authority that would time-stamp the signatures, so they hold no longer than the certificate does.
_VALID = timedelta(days=30 * 365)
# A clock that runs behind must not find it made in the future.
_BACKDATED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its key, both PEM; ECDSA with P-256 and SHA-256 (ES256)."""

    certificate: bytes
    key: bytes


def identity(folder: Path) -> Identity:
    """The one in the folder; a new one where there is none, or its time is over.

    Two processes that both find none make one each, and go on with the one that was written last.

    Raises:
        SigningFailed: it cannot be read or written, or is damaged.
    """
    path = folder / _FILE
    try:
        if not path.exists() or _load(path)[1].not_valid_after_utc <= datetime.now(UTC):
            made = _new()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, made.certificate + made.key, mode=0o600)
        path.chmod(0o600)  # whatever a copy or a backup has made of it
        return _load(path)[0]
    except OSError as error:
        raise SigningFailed(f"the certificate {path} cannot be used: {error.strerror}") from error


def _load(path: Path) -> tuple[Identity, Certificate]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = path.read_bytes()
    try:
        certificate = x509.load_pem_x509_certificate(content)
        if load_pem_private_key(content, None).public_key() != certificate.public_key():
            raise ValueError("the key is of another certificate")
    except (ValueError, TypeError) as error:
        raise SigningFailed(f"the certificate {path} is damaged ({error}); delete it, and a new one is made") from error
    return Identity(_part(content, b"CERTIFICATE"), _part(content, b"PRIVATE KEY")), certificate


def _part(content: bytes, name: bytes) -> bytes:
    start, end = (b"-----%s %s-----\n" % (word, name) for word in (b"BEGIN", b"END"))
    return start + content.partition(start)[2].partition(end)[0] + end


def _new() -> Identity:
    """As the C2PA specification 2.2, section 14.5.1, wants the certificate of a signer."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, _NAME), x509.NameAttribute(NameOID.COMMON_NAME, "This machine")]
    )
    uses = dict.fromkeys(
        "content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign encipher_only "
        "decipher_only".split(),
        False,
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, public, x509.random_serial_number(), now - _BACKDATED, now + _VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **uses), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return Identity(certificate.public_bytes(pem), key.private_bytes(pem, form, plain))
