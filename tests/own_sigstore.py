"""A Sigstore of our own: an authority, a certificate log and a transparency log, all in memory.

With it small files can be signed as release managers sign theirs; nobody has the keys of the real one.
"""

import base64
import hashlib
import json
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
OIDC_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
ORIGIN = "log.test"
SIGNED_AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
BEGINNING = "2020-01-01T00:00:00Z"
SHA256 = ec.ECDSA(hashes.SHA256())


class OwnSigstore:
    """Gives out certificates and bundles; `trusted_root` is what a verifier has to know of it."""

    def __init__(self) -> None:
        self._authority, self._certificate_log, self._log = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        self._root = self._root_certificate()

    @property
    def trusted_root(self) -> bytes:
        values = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_log_of(self._log)],
            "ctlogs": [_log_of(self._certificate_log)],
            "certificateAuthorities": [
                {
                    "subject": {"organization": "test", "commonName": "test"},
                    "uri": "https://authority.test",
                    "certChain": {"certificates": [{"rawBytes": _text(_der(self._root))}]},
                    "validFor": {"start": BEGINNING},
                }
            ],
            "timestampAuthorities": [],
        }
        return json.dumps(values).encode()

    def sign(self, content: bytes, *, identity: str, issuer: str) -> bytes:
        """Return the bundle that proves that `identity`, for whom `issuer` vouches, signed the content."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(key, identity, issuer)
        digest, signature = hashlib.sha256(content), key.sign(content, SHA256)
        values = {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": _text(_der(certificate))},
                "tlogEntries": [self._entry(digest.hexdigest(), signature, certificate)],
            },
            "messageSignature": {
                "messageDigest": {"algorithm": "SHA2_256", "digest": _text(digest.digest())},
                "signature": _text(signature),
            },
        }
        return json.dumps(values).encode()

    def _root_certificate(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        usage = _usage(digital_signature=False, key_cert_sign=True)
        return (
            _valid(x509.CertificateBuilder(), days=3650)
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._authority.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._authority.public_key()), critical=False)
            .sign(self._authority, hashes.SHA256())
        )

    def _certificate(self, key: ec.EllipticCurvePrivateKey, identity: str, issuer: str) -> x509.Certificate:
        """Return a certificate that says it is in the certificate log."""
        builder = (
            _valid(x509.CertificateBuilder(), days=1)
            .subject_name(x509.Name([]))
            .issuer_name(self._root.subject)
            .public_key(key.public_key())
            .add_extension(_usage(digital_signature=True, key_cert_sign=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(identity)]), critical=True)
            .add_extension(x509.UnrecognizedExtension(OIDC_ISSUER, issuer.encode()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._authority.public_key()), critical=False
            )
        )
        unlogged = builder.sign(self._authority, hashes.SHA256())
        logged = x509.UnrecognizedExtension(SCT_LIST, self._proof_of_logging(unlogged.tbs_certificate_bytes))
        return builder.add_extension(logged, critical=False).sign(self._authority, hashes.SHA256())

    def _proof_of_logging(self, certificate: bytes) -> bytes:
        stamp = struct.pack(">Q", int(SIGNED_AT.timestamp()) * 1000)
        authority = hashlib.sha256(_spki(self._authority)).digest()
        entry = stamp + b"\0\1" + authority + struct.pack(">I", len(certificate))[1:] + certificate + b"\0\0"
        signature = self._certificate_log.sign(b"\0\0" + entry, SHA256)
        proof = b"\0" + _key_id(self._certificate_log) + stamp + b"\0\0" + b"\4\3" + _counted(signature)
        proofs = _counted(_counted(proof))
        return bytes([4, len(proofs)]) + proofs

    def _entry(self, digest: str, signature: bytes, certificate: x509.Certificate) -> dict[str, Any]:
        """Return the entry of the transparency log, which has no other."""
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        spec = {
            "data": {"hash": {"algorithm": "sha256", "value": digest}},
            "signature": {"content": _text(signature), "publicKey": {"content": _text(pem)}},
        }
        body = _canonical({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec})
        root, moment = hashlib.sha256(b"\0" + body).digest(), int(SIGNED_AT.timestamp())
        key_id = _key_id(self._log)
        promised = {"body": _text(body), "integratedTime": moment, "logID": key_id.hex(), "logIndex": 0}
        note = f"{ORIGIN}\n1\n{_text(root)}\n"
        signed_note = f"{note}\n— {ORIGIN} {_text(key_id[:4] + self._log.sign(note.encode(), SHA256))}\n"
        return {
            "logIndex": "0",
            "logId": {"keyId": _text(key_id)},
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.1"},
            "integratedTime": str(moment),
            "inclusionPromise": {"signedEntryTimestamp": _text(self._log.sign(_canonical(promised), SHA256))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": _text(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": signed_note},
            },
            "canonicalizedBody": _text(body),
        }


def _log_of(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    public = {
        "rawBytes": _text(_spki(key)),
        "keyDetails": "PKIX_ECDSA_P256_SHA_256",
        "validFor": {"start": BEGINNING},
    }
    return {
        "baseUrl": f"https://{ORIGIN}",
        "hashAlgorithm": "SHA2_256",
        "publicKey": public,
        "logId": {"keyId": _text(_key_id(key))},
    }


def _valid(builder: x509.CertificateBuilder, *, days: int) -> x509.CertificateBuilder:
    before = SIGNED_AT - timedelta(days=days)
    number = x509.random_serial_number()
    return builder.not_valid_before(before).not_valid_after(SIGNED_AT + timedelta(days=days)).serial_number(number)


def _usage(*, digital_signature: bool, key_cert_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(_spki(key)).digest()


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _canonical(values: dict[str, Any]) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def _counted(content: bytes) -> bytes:
    return struct.pack(">H", len(content)) + content


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
