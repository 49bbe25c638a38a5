"""OAuth2 access tokens: fetched with client credentials or a signed assertion, kept until they end.

A token is asked for once however many requests wait for it, and again shortly before it expires.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import quote_plus, urlencode

import orjson

from narthex.httpclient.credentials import reader_of
from narthex.httpclient.errors import BadStatus, HttpError
from narthex.httpclient.options import JWT_BEARER, OAuth2
from narthex.runtime.clock import Clock

EXPIRY_MARGIN_S: Final = 10.0
"""A token is renewed this long before its end, so that none expires on its way."""

ASSERTION_LIFE_S: Final = 3600
TOKEN_TIMEOUT_S: Final = 30.0
TOKEN_BYTES_MAX: Final = 1024 * 1024


class Answer(Protocol):
    """What the token endpoint answered."""

    @property
    def status(self) -> int: ...

    @property
    def body(self) -> bytes: ...


class Fetch(Protocol):
    """The one way to ask; `client.HttpClient.fetch`."""

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout_s: float,
        body_bytes_max: int,
    ) -> Awaitable[Answer]: ...


@dataclass(frozen=True, slots=True)
class Token:
    """What to send, and until when (monotonic seconds; None: as long as it works)."""

    header: str
    ends_s: float | None


class TokenSource:
    """The current token of one set of options."""

    def __init__(self, options: OAuth2, fetch: Fetch, clock: Clock) -> None:
        self._options = options
        self._fetch = fetch
        self._clock = clock
        self._secret = reader_of(options.client_secret, options.client_secret_file)
        self._key = reader_of(options.client_certificate_key, options.client_certificate_key_file)
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._secret_in_form = False

    async def header(self) -> str:
        """The value of `Authorization`. Raises HttpError, OSError or ValueError."""
        async with self._lock:
            token = self._token
            if token is None or (
                token.ends_s is not None
                and self._clock.monotonic_s() >= token.ends_s - EXPIRY_MARGIN_S
            ):
                token = self._token = await self._new_token()
            return token.header

    async def _new_token(self) -> Token:
        if self._options.grant_type == JWT_BEARER:
            return await self._ask({"grant_type": JWT_BEARER, "assertion": self._assertion()})
        form = {"grant_type": "client_credentials"}
        if self._options.scopes:
            form["scope"] = " ".join(self._options.scopes)
        if self._secret_in_form:
            return await self._ask(form | self._client_form())
        try:
            return await self._ask(form, self._client_header())
        except BadStatus:
            # Some servers know the client only from the form; which kind this is shows by trying.
            token = await self._ask(form | self._client_form())
            self._secret_in_form = True
            return token

    def _client_form(self) -> dict[str, str]:
        return {"client_id": self._options.client_id, "client_secret": self._secret()}

    def _client_header(self) -> dict[str, str]:
        pair = f"{quote_plus(self._options.client_id)}:{quote_plus(self._secret())}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    async def _ask(self, form: dict[str, str], headers: Mapping[str, str] | None = None) -> Token:
        url = self._options.token_url
        answer = await self._fetch(
            "POST",
            url,
            headers={"Content-Type": "application/x-www-form-urlencoded", **(headers or {})},
            body=urlencode(form | dict(self._options.endpoint_params)).encode(),
            timeout_s=TOKEN_TIMEOUT_S,
            body_bytes_max=TOKEN_BYTES_MAX,
        )
        if not 200 <= answer.status < 300:
            raise BadStatus("POST", url, answer.status)
        return self._parse(answer.body)

    def _parse(self, body: bytes) -> Token:
        url = self._options.token_url
        try:
            answer = orjson.loads(body)
            access_token = str(answer["access_token"])
            life_s = float(answer.get("expires_in") or 0)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"oauth2: cannot read the token endpoint's answer: {error!r}"
            raise HttpError("POST", url, reason) from error
        kind = str(answer.get("token_type") or "Bearer")
        ends_s = self._clock.monotonic_s() + life_s if life_s else None
        return Token(f"{'Bearer' if kind.lower() == 'bearer' else kind} {access_token}", ends_s)

    def _assertion(self) -> str:
        """A JSON Web Token of RFC 7523, signed with the client's key. Raises ValueError."""
        options = self._options
        head = {"alg": options.signature_algorithm or "RS256", "typ": "JWT"}
        if options.client_certificate_key_id:
            head["kid"] = options.client_certificate_key_id
        now_s = self._clock.now_ms() // 1000
        claims: dict[str, object] = {
            "iss": options.iss or options.client_id,
            "sub": options.client_id,
            "aud": options.audience or options.token_url,
            "iat": now_s,
            "exp": now_s + ASSERTION_LIFE_S,
        }
        if options.scopes:
            claims["scope"] = " ".join(options.scopes)
        claims |= options.claims
        signed = f"{_base64url(orjson.dumps(head))}.{_base64url(orjson.dumps(claims))}"
        return f"{signed}.{_base64url(_sign(signed.encode(), self._key(), head['alg']))}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _sign(data: bytes, key_pem: str, algorithm: str) -> bytes:
    """An RSA signature (RFC 7518, 3.3). Raises ValueError for a key that is none."""
    # The library costs 30 ms and few configurations sign, so it is imported when one does.
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415

    key = serialization.load_pem_private_key(key_pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("oauth2: client_certificate_key is no RSA key")  # noqa: TRY004
    digests = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
    return key.sign(data, padding.PKCS1v15(), digests[algorithm])
