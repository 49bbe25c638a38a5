"""TLS contexts from options, made anew when a certificate file changes."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

from narthex.httpclient.options import TlsOptions
from narthex.httpclient.secret_file import Stamp, stamp_of

VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}


class ClientTls:
    """The context for connections of one client; certificates rotate without a reload."""

    def __init__(self, options: TlsOptions) -> None:
        self._options = options
        files = (options.ca_file, options.cert_file, options.key_file)
        self._files = [path for path in files if path]
        self._stamps: list[Stamp] | None = None
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """The context as the files are now. Raises OSError or ssl.SSLError for a bad file."""
        stamps = [stamp_of(path) for path in self._files]
        if self._context is None or stamps != self._stamps:
            self._context = make_context(self._options)
            self._stamps = stamps
        return self._context


def make_context(options: TlsOptions) -> ssl.SSLContext:
    """A client's context. Raises OSError or ssl.SSLError, the file's name in the text."""
    context = ssl.create_default_context()
    context.minimum_version = VERSIONS[options.min_version or "TLS12"]
    if options.max_version:
        context.maximum_version = VERSIONS[options.max_version]
    if options.ca or options.ca_file:
        # Only this authority counts, not those of the machine.
        context = _trusting_none(context)
        _load_authority(context, options)
    if options.insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if options.cert or options.cert_file:
        _load_certificate(context, options)
    return context


def _trusting_none(like: ssl.SSLContext) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = like.minimum_version
    context.maximum_version = like.maximum_version
    return context


def _load_authority(context: ssl.SSLContext, options: TlsOptions) -> None:
    text = options.ca or Path(options.ca_file).read_text(encoding="ascii", errors="replace")
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        place = options.ca_file or "ca"
        raise ssl.SSLError(f"unable to use specified CA cert {place}: {error}") from error


def _load_certificate(context: ssl.SSLContext, options: TlsOptions) -> None:
    """Load certificate and key; those given inline pass a private folder, as `ssl` needs files."""
    with tempfile.TemporaryDirectory(prefix="narthex-tls-") as folder:
        cert = options.cert_file or _write_private(folder, "cert", options.cert)
        key = options.key_file or _write_private(folder, "key", options.key.reveal())
        try:
            context.load_cert_chain(cert, key)
        except ssl.SSLError as error:
            names = f"{options.cert_file or 'cert'} & {options.key_file or 'key'}"
            raise ssl.SSLError(f"unable to use specified client cert ({names}): {error}") from error


def _write_private(folder: str, name: str, text: str) -> str:
    path = Path(folder) / name
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(text)
    return str(path)
