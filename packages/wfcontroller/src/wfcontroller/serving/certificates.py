"""Certificates of a TLS port: from files that somebody renews, or made at the start for lack of any."""

from __future__ import annotations

import ipaddress
import os
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_log = structlog.get_logger("wfcontroller")
LIFE = timedelta(days=90)
_SKEW = timedelta(minutes=5)


class Certificates(Protocol):
    """Where the certificate of a handshake comes from."""

    def current(self) -> ssl.SSLContext:
        """The context to shake hands with now; the same one until the certificate changes."""
        ...


def listening(certificates: Certificates) -> ssl.SSLContext:
    """The context of a port whose handshakes each take the certificate of the moment; open connections keep theirs."""
    def renew(connection: ssl.SSLObject | ssl.SSLSocket, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = certificates.current()

    context = certificates.current()
    # Called for every ClientHello, also for one that names no server.
    context.sni_callback = renew
    return context


def server_context(certificate: str, key: str | None = None) -> ssl.SSLContext:
    """A context for TLS 1.2 and later from PEM files.  Raises OSError or ssl.SSLError for what is no matching pair."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context


class FromFiles:
    """A certificate and its key in PEM files, read again when either changes; what cannot be read changes nothing.

    Making it raises OSError or ssl.SSLError when there is no usable pair at first.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate, self._key = certificate, key
        self._seen = self._signature()
        self._context = server_context(str(certificate), str(key))

    def current(self) -> ssl.SSLContext:
        """The context of the files as they are, or as they were when they last made a pair.  Two `stat`s."""
        found = self._signature()
        if found != self._seen:
            # Remembered first, so that what is broken is read once, not at every handshake.
            self._seen = found
            self._renew()
        return self._context

    def _renew(self) -> None:
        try:
            self._context = server_context(str(self._certificate), str(self._key))
        except OSError as error:  # ssl.SSLError is one
            _log.error("certificate_unusable", path=str(self._certificate), error=type(error).__name__)
        else:
            _log.info("certificate_renewed", path=str(self._certificate))

    def _signature(self) -> tuple[tuple[int, int, int], ...]:
        """What tells one state of the files from another; empty while one of them is not there."""
        try:
            found = [path.stat() for path in (self._certificate, self._key)]
        except OSError:
            return ()
        return tuple((each.st_mtime_ns, each.st_ino, each.st_size) for each in found)


class SelfSigned:
    """A certificate that vouches for itself, for these host names and addresses; made anew before it expires.

    It hides what is said from listeners, and proves nothing about who says it.
    The key stays in this process's memory where the system can hold it there.
    """

    def __init__(self, names: tuple[str, ...], now: Callable[[], datetime]) -> None:
        self._names, self._now = names, now
        self._made, self._context = now(), self._make(now())

    def current(self) -> ssl.SSLContext:
        """The context, with a new certificate once two thirds of the old one's life are over."""
        now = self._now()
        if now - self._made >= LIFE * 2 / 3:
            self._made, self._context = now, self._make(now)
        return self._context

    def _make(self, now: datetime) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = (_certificate(self._names, key, now).public_bytes(serialization.Encoding.PEM)
               + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                   serialization.NoEncryption()))
        with _as_file(pem) as path:
            return server_context(path)


def _certificate(names: tuple[str, ...], key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wf-controller")])
    builder = x509.CertificateBuilder(
        issuer_name=subject, subject_name=subject, public_key=key.public_key(),
        serial_number=x509.random_serial_number(), not_valid_before=now - _SKEW, not_valid_after=now + LIFE)
    return (builder
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(key, hashes.SHA256()))


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@contextmanager
def _as_file(data: bytes) -> Iterator[str]:
    """A path that OpenSSL can read the data from.  Where there is such a thing, of a file that is on no disk."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, data)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            yield file.name
