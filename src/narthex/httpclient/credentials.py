"""The headers that say who we are: basic authentication, tokens, and headers of the operator's.

All of them are left off once a redirect has led to another host.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from narthex.httpclient.options import Authorization, BasicAuth, HttpOptions
from narthex.httpclient.secret_file import SecretFile
from narthex.model.settings import Secret

Reader = Callable[[], str]


def reader_of(text: str | Secret, path: str) -> Reader:
    """A function that gives the text, or what is in the file now."""
    if path:
        return SecretFile(path).read
    given = text.reveal() if isinstance(text, Secret) else text
    return lambda: given


class CredentialHeaders:
    """The headers of one client; OAuth2 tokens are added by the client, since they take waiting."""

    def __init__(self, options: HttpOptions) -> None:
        self._authorization: Reader | None = None
        if options.basic_auth:
            self._authorization = basic_reader(options.basic_auth)
        elif options.authorization:
            self._authorization = authorization_reader(options.authorization)
        self._headers: list[tuple[str, Reader]] = [
            (name, reader)
            for name, header in options.http_headers.items()
            for reader in (
                *(reader_of(value, "") for value in header.values),
                *(reader_of(secret, "") for secret in header.secrets),
                *(reader_of("", path) for path in header.files),
            )
        ]

    def current(self) -> list[tuple[str, str]]:
        """Names and values as they are now. Raises OSError or ValueError for a file."""
        headers = [(name, reader()) for name, reader in self._headers]
        if self._authorization is not None:
            headers.append(("Authorization", self._authorization()))
        return headers


def basic_reader(options: BasicAuth) -> Reader:
    """The value of `Authorization: Basic`."""
    username = reader_of(options.username, options.username_file)
    password = reader_of(options.password, options.password_file)

    def read() -> str:
        pair = f"{username()}:{password()}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    return read


def authorization_reader(options: Authorization) -> Reader:
    """The value of `Authorization` with a type of its own, `Bearer` unless given."""
    credentials = reader_of(options.credentials, options.credentials_file)
    kind = options.type.strip() or "Bearer"
    return lambda: f"{kind} {credentials()}"
