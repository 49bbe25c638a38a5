"""TLS against real servers with certificates made on the spot."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from narthex.httpclient.client import HttpClient, Response
from narthex.httpclient.errors import (
    ConnectFailed,
    CredentialsUnreadable,
    HttpError,
    TlsFailed,
)
from narthex.httpclient.options import HttpOptions, TlsOptions
from narthex.model.settings import Secret
from tests.httpclient.servers import Answer, serve

pytestmark = pytest.mark.asyncio

AUTHORITY = trustme.CA()
OTHER_AUTHORITY = trustme.CA()


def server_context(name: str = "127.0.0.1", *, asks_client: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(name).configure_cert(context)
    if asks_client:
        context.verify_mode = ssl.CERT_REQUIRED
        AUTHORITY.configure_trust(context)
    return context


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


async def get(url: str, tls: TlsOptions) -> Response:
    async with HttpClient(HttpOptions(tls_config=tls)) as client:
        return await client.fetch("GET", url, timeout_s=10, body_bytes_max=100)


async def test_a_trusted_authority_inline_and_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(pem(AUTHORITY))
    async with serve(lambda _: Answer(body=b"x"), server_context()) as server:
        assert (await get(server.url, TlsOptions(ca=pem(AUTHORITY)))).body == b"x"
        assert (await get(server.url, TlsOptions(ca_file=str(file)))).body == b"x"


@pytest.mark.parametrize("tls", [TlsOptions(), TlsOptions(ca=pem(OTHER_AUTHORITY))])
async def test_an_unknown_authority(tls: TlsOptions) -> None:
    async with serve(lambda _: Answer(), server_context()) as server:
        with pytest.raises(TlsFailed, match="tls: failed to verify certificate"):
            await get(server.url, tls)


async def test_a_wrong_name_and_the_name_to_expect() -> None:
    async with serve(lambda _: Answer(), server_context("db.example.org")) as server:
        with pytest.raises(TlsFailed, match="failed to verify certificate"):
            await get(server.url, TlsOptions(ca=pem(AUTHORITY)))
        named = TlsOptions(ca=pem(AUTHORITY), server_name="db.example.org")
        assert (await get(server.url, named)).status == 200


async def test_no_verification() -> None:
    async with serve(lambda _: Answer(), server_context("other.example.org")) as server:
        assert (await get(server.url, TlsOptions(insecure_skip_verify=True))).status == 200


async def test_a_client_certificate(tmp_path: Path) -> None:
    issued = AUTHORITY.issue_cert("client@example.org")
    cert = b"".join(blob.bytes() for blob in issued.cert_chain_pems).decode()
    key = issued.private_key_pem.bytes().decode()
    (tmp_path / "cert").write_text(cert)
    (tmp_path / "key").write_text(key)
    both = server_context(asks_client=True)
    async with serve(lambda _: Answer(), both) as server:
        with pytest.raises(HttpError):
            await get(server.url, TlsOptions(ca=pem(AUTHORITY)))
        inline = TlsOptions(ca=pem(AUTHORITY), cert=cert, key=Secret(key))
        assert (await get(server.url, inline)).status == 200
        files = TlsOptions(
            ca=pem(AUTHORITY), cert_file=str(tmp_path / "cert"), key_file=str(tmp_path / "key")
        )
        assert (await get(server.url, files)).status == 200


async def test_an_authority_that_changes_while_running(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(pem(OTHER_AUTHORITY))
    options = HttpOptions(tls_config=TlsOptions(ca_file=str(file)))
    async with serve(lambda _: Answer(), server_context()) as server, HttpClient(options) as client:
        with pytest.raises(TlsFailed):
            await client.fetch("GET", server.url, timeout_s=5, body_bytes_max=10)
        file.write_text(pem(AUTHORITY) + "\n")
        response = await client.fetch("GET", server.url, timeout_s=5, body_bytes_max=10)
    assert response.status == 200


async def test_versions_that_do_not_meet() -> None:
    context = server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with serve(lambda _: Answer(), context) as server:
        with pytest.raises(ConnectFailed, match=r"tls: |connection reset by peer"):
            await get(server.url, TlsOptions(ca=pem(AUTHORITY), min_version="TLS13"))
        old = TlsOptions(ca=pem(AUTHORITY), max_version="TLS12")
        assert (await get(server.url, old)).status == 200


@pytest.mark.parametrize("text", [None, "no certificate"])
async def test_an_authority_that_cannot_be_read(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(CredentialsUnreadable, match=r"ca\.pem"):
        await get("https://127.0.0.1:1/", TlsOptions(ca_file=str(file)))


async def test_plain_http_where_tls_is_expected() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TlsFailed, match="tls: "):
            await get(f"https://127.0.0.1:{port}/", TlsOptions())
