"""OAuth2 with a signed assertion in place of a shared secret."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs

import orjson
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from narthex.httpclient.client import HttpClient
from narthex.httpclient.errors import CredentialsUnreadable
from narthex.httpclient.options import JWT_BEARER, HttpOptions, OAuth2
from narthex.model.settings import Secret
from narthex.runtime.clock import ManualClock
from tests.httpclient.servers import Answer, serve

pytestmark = pytest.mark.asyncio

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Secret:
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Secret(text.decode())


def options(url: str, key: Secret) -> HttpOptions:
    return HttpOptions(
        oauth2=OAuth2(
            client_id="me",
            client_certificate_key=key,
            client_certificate_key_id="k1",
            grant_type=JWT_BEARER,
            signature_algorithm="RS512",
            audience="them",
            claims={"team": "storage"},
            scopes=("a", "b"),
            token_url=url,
        )
    )


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


async def test_an_assertion_that_the_issuer_can_check() -> None:
    issued = Answer(body=b'{"access_token": "t"}')
    clock = ManualClock(now_ms=1_000_000)
    async with (
        serve(lambda _: issued) as issuer,
        serve(lambda _: Answer()) as server,
        HttpClient(options(issuer.url, pem(KEY)), clock=clock) as client,
    ):
        await client.fetch("GET", server.url, timeout_s=5, body_bytes_max=10)
    assert server.requests[0].headers["authorization"] == "Bearer t"
    form = parse_qs(issuer.requests[0].body.decode())
    assert form["grant_type"] == [JWT_BEARER]
    head, claims, signature = form["assertion"][0].split(".")
    KEY.public_key().verify(
        decode(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA512()
    )
    assert orjson.loads(decode(head)) == {"alg": "RS512", "typ": "JWT", "kid": "k1"}
    assert orjson.loads(decode(claims)) == {
        "iss": "me",
        "sub": "me",
        "aud": "them",
        "iat": 1000,
        "exp": 4600,
        "scope": "a b",
        "team": "storage",
    }


@pytest.mark.parametrize(
    "key", [Secret("nonsense"), pem(ec.generate_private_key(ec.SECP256R1()))], ids=["text", "ec"]
)
async def test_a_key_that_is_none(key: Secret) -> None:
    async with HttpClient(options("http://127.0.0.1:1/", key)) as client:
        with pytest.raises(CredentialsUnreadable):
            await client.fetch("GET", "http://127.0.0.1:1/", timeout_s=5, body_bytes_max=10)
