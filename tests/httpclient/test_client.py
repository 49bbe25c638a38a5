"""The client against real servers: bounds, redirects, credentials, and the words of its faults."""

from __future__ import annotations

import asyncio
import base64
import gzip
from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest

from narthex.httpclient.client import HttpClient, Response
from narthex.httpclient.errors import (
    BadEncoding,
    BadRedirect,
    BadStatus,
    BodyTooLarge,
    ConnectFailed,
    CredentialsUnreadable,
    DeadlineExceeded,
    HttpError,
    Interrupted,
)
from narthex.httpclient.options import (
    Authorization,
    BasicAuth,
    HeaderValues,
    HttpOptions,
    OAuth2,
    ProxyOptions,
)
from narthex.model.settings import Secret
from narthex.runtime.clock import ManualClock
from tests.httpclient.servers import Answer, Handler, Request, serve

pytestmark = pytest.mark.asyncio


async def get(
    url: str,
    options: HttpOptions | None = None,
    *,
    bytes_max: int = 1 << 20,
    timeout_s: float = 10.0,
    headers: Mapping[str, str] | None = None,
) -> Response:
    async with HttpClient(options) as client:
        return await client.fetch(
            "GET", url, headers=headers, timeout_s=timeout_s, body_bytes_max=bytes_max
        )


async def test_an_answer_whole() -> None:
    answer = Answer(headers={"Content-Type": "text/plain", "X-A": "b"}, body=b"up 1\n")
    async with serve(lambda _: answer) as server:
        response = await get(f"{server.url}/metrics?a=%20b", headers={"Accept": "text/plain"})
    assert (response.status, response.body, response.content_type) == (200, b"up 1\n", "text/plain")
    assert response.headers["x-a"] == "b"
    (request,) = server.requests
    assert request.path == "/metrics?a=%20b"
    assert request.headers["accept"] == "text/plain"
    assert request.headers["user-agent"] == "narthex"
    assert "accept-encoding" not in request.headers


async def test_connections_are_kept() -> None:
    ports = set()

    def handler(request: Request) -> Answer:
        ports.add(request.headers["host"])
        return Answer(body=b"x")

    async with serve(handler) as server, HttpClient() as client:
        for _ in range(3):
            await client.fetch("GET", server.url, timeout_s=5, body_bytes_max=10)
        (session,) = client._sessions.values()
        assert session.connector is not None
        assert len(session.connector._conns) == 1


@pytest.mark.parametrize("members", [1, 3])
async def test_gzip(members: int) -> None:
    body = gzip.compress(b"up 1\n") * members
    async with serve(lambda _: Answer(headers={"Content-Encoding": "gzip"}, body=body)) as server:
        assert (await get(server.url)).body == b"up 1\n" * members


async def test_a_bomb_stops_at_the_bound() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))
    assert len(bomb) < 1 << 20
    async with serve(lambda _: Answer(headers={"Content-Encoding": "gzip"}, body=bomb)) as server:
        with pytest.raises(BodyTooLarge, match="body size limit exceeded: over 1048576 bytes"):
            await get(server.url)


async def test_exactly_at_the_bound() -> None:
    body = gzip.compress(b"x" * 1000)
    async with serve(lambda _: Answer(headers={"Content-Encoding": "gzip"}, body=body)) as server:
        assert len((await get(server.url, bytes_max=1000)).body) == 1000
        with pytest.raises(BodyTooLarge):
            await get(server.url, bytes_max=999)


async def test_a_body_without_length_stops_at_the_bound() -> None:
    raw = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (4 << 20)
    async with serve(lambda _: Answer(raw=raw)) as server:
        with pytest.raises(BodyTooLarge):
            await get(server.url)


async def test_a_length_over_the_bound_is_not_even_read() -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n"
    async with serve(lambda _: Answer(raw=raw)) as server:
        with pytest.raises(BodyTooLarge):
            await get(server.url)


@pytest.mark.parametrize(
    "body", [b"nope", gzip.compress(b"up 1\n")[:-3], gzip.compress(b"up 1\n") + b"rest"]
)
async def test_a_broken_gzip(body: bytes) -> None:
    async with serve(lambda _: Answer(headers={"Content-Encoding": "gzip"}, body=body)) as server:
        with pytest.raises(BadEncoding):
            await get(server.url)


async def test_an_unknown_encoding() -> None:
    answer = Answer(headers={"Content-Encoding": "rot13"}, body=b"x")
    async with serve(lambda _: answer) as server:
        with pytest.raises(BadEncoding, match="rot13"):
            await get(server.url)


async def test_a_server_that_never_answers() -> None:
    async with serve(lambda _: Answer(hang=True)) as server:
        with pytest.raises(DeadlineExceeded) as caught:
            await get(server.url, timeout_s=0.05)
    assert str(caught.value) == f'Get "{server.url}": context deadline exceeded'


async def test_nobody_listens() -> None:
    with pytest.raises(ConnectFailed) as caught:
        await get("http://u:secret@127.0.0.1:1/metrics")
    assert str(caught.value) == (
        'Get "http://u:xxxxx@127.0.0.1:1/metrics": '
        "dial tcp 127.0.0.1:1: connect: connection refused"
    )


async def test_no_such_host() -> None:
    with pytest.raises(ConnectFailed, match=r"lookup no\.such\.host\.invalid: no such host"):
        await get("http://no.such.host.invalid/")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_a_peer_that_breaks_off(raw: bytes) -> None:
    async with serve(lambda _: Answer(raw=raw)) as server:
        with pytest.raises(Interrupted):
            await get(server.url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "nope", "ftp://127.0.0.1/"])
async def test_urls_that_lead_nowhere(url: str) -> None:
    with pytest.raises(HttpError):
        await get(url)


async def test_any_status_is_an_answer_until_it_must_be_200() -> None:
    async with serve(lambda _: Answer(status=404)) as server:
        response = await get(server.url)
    assert response.status == 404
    with pytest.raises(BadStatus, match="server returned HTTP status 404 Not Found"):
        response.expect_ok()


def always(answer: Answer) -> Handler:
    return lambda _: answer


def redirecting(request: Request) -> Answer:
    if request.path == "/end":
        return Answer(body=request.method.encode() + request.body)
    status, _, target = request.path.strip("/").partition("/")
    return Answer(status=int(status), headers={"Location": f"/{target}"})


@pytest.mark.parametrize(
    ("path", "got"),
    [
        ("/302/end", b"GET"),
        ("/301/303/end", b"GET"),
        ("/307/end", b"POSTbody"),
        ("/308/307/end", b"POSTbody"),
        ("/307/302/end", b"GET"),
    ],
)
async def test_redirects(path: str, got: bytes) -> None:
    async with serve(redirecting) as server, HttpClient() as client:
        response = await client.fetch(
            "POST", server.url + path, body=b"body", timeout_s=5, body_bytes_max=100
        )
    assert (response.body, response.final_url) == (got, f"{server.url}/end")


async def test_redirects_not_followed_when_told_so() -> None:
    async with serve(redirecting) as server:
        response = await get(f"{server.url}/302/end", HttpOptions(follow_redirects=False))
    assert response.status == 302


async def test_a_redirect_loop_ends() -> None:
    async with serve(lambda _: Answer(status=302, headers={"Location": "/"})) as server:
        with pytest.raises(BadRedirect, match="stopped after 10 redirects"):
            await get(server.url)
    assert len(server.requests) == 11


async def test_a_redirect_to_something_else() -> None:
    async with serve(lambda _: Answer(status=302, headers={"Location": "file:///a"})) as server:
        with pytest.raises(BadRedirect, match="unsupported protocol"):
            await get(server.url)


async def test_credentials_do_not_follow_to_another_host() -> None:
    options = HttpOptions(
        basic_auth=BasicAuth(username="u", password=Secret("p")),
        http_headers={"X-Token": HeaderValues(secrets=(Secret("s"),))},
    )
    async with serve(lambda _: Answer()) as other:
        target = other.url.replace("127.0.0.1", "localhost")
        same = f"{other.url}/same"
        for location, trusted in ((target, False), (same, True)):
            answer = Answer(status=302, headers={"Location": location})
            async with serve(always(answer)) as server:
                await get(server.url, options)
            assert "authorization" in server.requests[0].headers
            assert ("authorization" in other.requests[-1].headers) == trusted
            assert ("x-token" in other.requests[-1].headers) == trusted


async def test_secrets_are_read_again_when_their_files_change(tmp_path: Path) -> None:
    password, token = tmp_path / "password", tmp_path / "token"
    password.write_text("one\n")
    token.write_text("t1")
    options = HttpOptions(
        basic_auth=BasicAuth(username="u", password_file=str(password)),
        http_headers={"X-T": HeaderValues(values=("v",), files=(str(token),))},
    )
    async with serve(lambda _: Answer()) as server, HttpClient(options) as client:
        await client.fetch("GET", server.url, timeout_s=5, body_bytes_max=10)
        password.write_text("another\n")
        await client.fetch("GET", server.url, timeout_s=5, body_bytes_max=10)
        token.unlink()
        with pytest.raises(
            CredentialsUnreadable, match=r"unable to read file \S*token: no such file"
        ):
            await client.fetch("GET", server.url, timeout_s=5, body_bytes_max=10)
    sent = [base64.b64decode(r.headers["authorization"][6:]).decode() for r in server.requests]
    assert sent == ["u:one", "u:another"]
    assert server.requests[0].headers["x-t"] == "t1"  # the last of the two lines sent


async def test_authorization_of_another_type() -> None:
    options = HttpOptions(authorization=Authorization(type="Token", credentials=Secret("x")))
    async with serve(lambda _: Answer()) as server:
        await get(server.url, options)
    assert server.requests[0].headers["authorization"] == "Token x"


async def test_old_bearer_keys_are_an_authorization() -> None:
    options = HttpOptions(bearer_token=Secret("x"))
    assert options.authorization == Authorization(credentials=Secret("x"))
    async with serve(lambda _: Answer()) as server:
        await get(server.url, options)
    assert server.requests[0].headers["authorization"] == "Bearer x"


async def test_oauth2_tokens_are_fetched_once_and_renewed() -> None:
    tokens: list[str] = []

    def issue(request: Request) -> Answer:
        tokens.append(f"t{len(tokens)}")
        answer = {"access_token": tokens[-1], "token_type": "bearer", "expires_in": 60}
        return Answer(headers={"Content-Type": "application/json"}, body=orjson.dumps(answer))

    clock = ManualClock()
    async with serve(issue) as issuer, serve(lambda _: Answer()) as server:
        oauth2 = OAuth2(
            client_id="i d",
            client_secret=Secret("s&"),
            token_url=f"{issuer.url}/token",
            scopes=("a", "b"),
            endpoint_params={"p": "q"},
        )
        async with HttpClient(HttpOptions(oauth2=oauth2), clock=clock) as client:
            for seconds in (0, 40, 20):
                await clock.advance_s(seconds)
                await client.fetch("GET", server.url, timeout_s=5, body_bytes_max=10)
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer t0", "Bearer t0", "Bearer t1"]
    request = issuer.requests[0]
    assert request.body == b"grant_type=client_credentials&scope=a+b&p=q"
    assert base64.b64decode(request.headers["authorization"][6:]) == b"i+d:s%26"


async def test_oauth2_falls_back_to_the_form() -> None:
    def issue(request: Request) -> Answer:
        if b"client_secret=s" not in request.body:
            return Answer(status=401)
        return Answer(body=b'{"access_token": "t"}')

    async with serve(issue) as issuer, serve(lambda _: Answer()) as server:
        oauth2 = OAuth2(client_id="i", client_secret=Secret("s"), token_url=issuer.url)
        await get(server.url, HttpOptions(oauth2=oauth2))
    assert server.requests[0].headers["authorization"] == "Bearer t"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"access_token": "t", "expires_in": "x"}'])
async def test_a_token_endpoint_that_answers_nonsense(body: bytes) -> None:
    async with serve(lambda _: Answer(body=body)) as issuer:
        oauth2 = OAuth2(client_id="i", client_secret=Secret("s"), token_url=issuer.url)
        with pytest.raises(HttpError, match="token endpoint"):
            await get("http://127.0.0.1:1/", HttpOptions(oauth2=oauth2))


async def test_requests_go_through_a_proxy() -> None:
    async with serve(lambda _: Answer(body=b"proxied")) as proxy:
        options = HttpOptions(proxy=ProxyOptions(proxy_url=proxy.url))
        response = await get("http://target.invalid/x", options)
    assert response.body == b"proxied"
    assert proxy.requests[0].path == "http://target.invalid/x"


async def test_a_unix_socket(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na 1\n")
        await writer.drain()
        writer.close()

    path = str(tmp_path / "socket")
    server = await asyncio.start_unix_server(answer, path)
    async with server, HttpClient() as client:
        response = await client.fetch(
            "GET", "http://x/metrics", timeout_s=5, body_bytes_max=10, unix_socket=path
        )
    assert response.body == b"a 1\n"


async def test_a_unix_socket_that_is_not_there(tmp_path: Path) -> None:
    async with HttpClient() as client:
        with pytest.raises(ConnectFailed, match="no such file"):
            await client.fetch(
                "GET", "http://x/", timeout_s=5, body_bytes_max=10, unix_socket=f"{tmp_path}/none"
            )
