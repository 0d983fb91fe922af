"""TLS: certificates from files are read again when they change; one that vouches for itself is made anew in time."""

import asyncio
import os
import ssl
from datetime import timedelta

import pytest
from cryptography import x509

from wfcontroller.serving.certificates import LIFE, FromFiles, SelfSigned, listening
from wfcontroller.serving.connections import answer
from wfcontroller.serving.listener import Listener

from .certifying import Authority, now
from .clients import HOST, unverified


@pytest.fixture
def files(tmp_path):
    return tmp_path / "tls.crt", tmp_path / "tls.key"


async def shaken(port, context, server_hostname="localhost"):
    """Common name, names and version of one handshake."""
    _, writer = await asyncio.open_connection(HOST, port, ssl=context, server_hostname=server_hostname)
    handle = writer.get_extra_info("ssl_object")
    certificate = x509.load_der_x509_certificate(handle.getpeercert(binary_form=True))
    writer.close()
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return certificate.subject.rfc4514_string(), names, handle.version(), certificate.serial_number


def serve(certificates, scenario):
    async def handle(request):
        return answer(200, "ok")

    async def main():
        async with Listener("test", handle, HOST, 0, tls=listening(certificates)) as server:
            return await scenario(server.port)

    return asyncio.run(main())


@pytest.mark.parametrize("server_hostname", ["localhost", ""])
def test_a_certificate_that_is_renewed_in_its_files_is_the_one_of_the_next_handshake(files, server_hostname):
    """Whether or not the client says whom it looks for."""
    authority = Authority()
    authority.write(*files, "first")

    async def scenario(port):
        context = authority.trusting()
        context.check_hostname = bool(server_hostname)
        before = await shaken(port, context, server_hostname)
        authority.write(*files, "second")
        return before[0], (await shaken(port, context, server_hostname))[0]

    assert ("CN=first", "CN=second") == serve(FromFiles(*files), scenario)


@pytest.mark.parametrize("damage", [
    lambda certificate, key: key.write_text("no key"), lambda certificate, key: certificate.write_bytes(b""),
    lambda certificate, key: key.unlink(),
    lambda certificate, key: Authority().write(certificate.with_suffix(".other"), key, "another"),
], ids=["key", "certificate", "gone", "no pair"])
def test_files_that_are_no_pair_change_nothing_until_they_are_one_again(files, damage, capsys):
    """And are said once, however many handshakes there are."""
    authority = Authority()
    authority.write(*files, "first")

    async def scenario(port):
        damage(*files)
        during = [(await shaken(port, authority.trusting()))[0] for _ in range(2)]
        authority.write(*files, "second")
        return during, (await shaken(port, authority.trusting()))[0]

    assert (["CN=first"] * 2, "CN=second") == serve(FromFiles(*files), scenario)
    said = "".join(capsys.readouterr())
    assert (1, 1) == (said.count("certificate_unusable"), said.count("certificate_renewed"))


def test_without_a_usable_pair_at_the_start_there_is_no_port(files):
    with pytest.raises(OSError, match="No such file"):
        FromFiles(*files)
    files[0].write_text("x")
    files[1].write_text("y")
    with pytest.raises(ssl.SSLError):
        FromFiles(*files)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_later_is_spoken(files, version):
    authority = Authority()
    authority.write(*files, "first")
    found = serve(FromFiles(*files), lambda port: shaken(port, authority.trusting(version)))

    assert version.name == found[2].replace(".", "_")


def test_nothing_older_than_tls_1_2_is_allowed(files):
    Authority().write(*files, "first")

    assert ssl.TLSVersion.TLSv1_2 is FromFiles(*files).current().minimum_version


def test_a_certificate_that_vouches_for_itself_names_the_host_and_is_no_other_in_another_process():
    async def scenario(port):
        return await shaken(port, unverified())

    first, second = (serve(SelfSigned(("wf-controller.kubernaut-system.svc", HOST), now), scenario) for _ in range(2))

    assert "CN=wf-controller" == first[0]
    assert ["wf-controller.kubernaut-system.svc"] == first[1].get_values_for_type(x509.DNSName)
    assert [HOST] == [str(found) for found in first[1].get_values_for_type(x509.IPAddress)]
    assert first[3] != second[3]


def test_it_is_made_anew_long_before_it_expires():
    later = timedelta(0)

    def clock():
        return now() + later

    certificates = SelfSigned((HOST,), clock)
    first = certificates.current()
    later = LIFE / 2
    assert first is certificates.current()
    later = LIFE * 2 / 3
    renewed = certificates.current()

    assert first is not renewed
    assert renewed is certificates.current()


def test_where_no_file_can_be_in_memory_one_on_disk_is_used_and_removed(monkeypatch, tmp_path):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert SelfSigned((HOST,), now).current().cert_store_stats() is not None
    assert [] == list(tmp_path.iterdir())
