"""What goes wrong with a request, in the words that users know from a targets page.

HttpError                   never holds credentials of the URL
├── ConnectFailed           refused, unreachable, no such host
│   └── TlsFailed           the handshake, or a certificate that is not trusted
├── DeadlineExceeded        the whole exchange took longer than allowed
├── Interrupted             the peer closed or broke the exchange
├── BodyTooLarge            more bytes than allowed, before or after decompression
├── BadEncoding             a body that does not decompress
├── BadRedirect             too many, or one that leads nowhere
├── BadStatus               an answer that is no success
└── CredentialsUnreadable   a secret, certificate or token that cannot be had
"""

from __future__ import annotations

from http import HTTPStatus

from narthex.model.settings.kinds import hide_password


class HttpError(Exception):
    """A request that gave no usable answer; `url` hides its password."""

    def __init__(self, method: str, url: str, reason: str) -> None:
        self.url = hide_password(url)
        self.reason = reason
        super().__init__(f'{method.capitalize()} "{self.url}": {reason}')


class ConnectFailed(HttpError, ConnectionError):
    """No connection could be made."""


class TlsFailed(ConnectFailed):
    """No trusted connection could be made."""


class DeadlineExceeded(HttpError, TimeoutError):
    """The exchange was given up after its time."""

    def __init__(self, method: str, url: str) -> None:
        super().__init__(method, url, "context deadline exceeded")


class Interrupted(HttpError, ConnectionError):
    """The peer ended the exchange before its answer was whole, or did not speak HTTP."""


class BodyTooLarge(HttpError):
    """An answer over the limit; reading stopped there."""

    def __init__(self, method: str, url: str, bytes_max: int) -> None:
        super().__init__(method, url, f"body size limit exceeded: over {bytes_max} bytes")
        self.bytes_max = bytes_max


class BadEncoding(HttpError, ValueError):
    """A body that is not what its Content-Encoding says."""


class BadRedirect(HttpError):
    """A chain of redirects without a usable end."""


class BadStatus(HttpError):
    """An answer whose status is not the one that counts."""

    def __init__(self, method: str, url: str, status: int) -> None:
        super().__init__(method, url, f"server returned HTTP status {status_text(status)}")
        self.status = status


class CredentialsUnreadable(HttpError):
    """What the request needs to prove who we are is not there."""


def status_text(status: int) -> str:
    """`404 Not Found`; the bare number for one without a name."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
