"""Certificates of a small authority, as a cluster hands them out in files."""

import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def now():
    return datetime.now(UTC)


def name_of(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Signs certificates for `localhost`, and whoever trusts it trusts them."""

    def __init__(self):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._signed("authority", self._key.public_key(), ca=True)

    def _signed(self, common_name, key, *, ca=False):
        builder = x509.CertificateBuilder(
            issuer_name=name_of("authority"), subject_name=name_of(common_name), public_key=key,
            serial_number=x509.random_serial_number(), not_valid_before=now() - timedelta(minutes=1),
            not_valid_after=now() + timedelta(days=1))
        usage = x509.KeyUsage(digital_signature=True, content_commitment=False, key_encipherment=False,
                              data_encipherment=False, key_agreement=False, key_cert_sign=ca, crl_sign=ca,
                              encipher_only=False, decipher_only=False)
        return (builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
                .add_extension(usage, critical=True)
                .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
                .sign(self._key, hashes.SHA256()))

    def write(self, certificate, key, common_name):
        """Put a new pair into two files."""
        made = ec.generate_private_key(ec.SECP256R1())
        certificate.write_bytes(self._signed(common_name, made.public_key()).public_bytes(serialization.Encoding.PEM))
        key.write_bytes(made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))

    def trusting(self, version=None):
        """The context of a client that trusts nobody else, of one version of TLS if told."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.certificate.public_bytes(serialization.Encoding.PEM).decode())
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context
