"""Answers: Prometheus's JSON envelope, plain text, and streams of chunks, compressed on request."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import cramjam
import orjson

from narthex.api.asgi import Send
from narthex.api.errors import ApiError

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
COMPRESS_BYTES_MIN = 512
"""Below this a header costs more than compression saves."""
GZIP_LEVEL = 1
"""Measured on matrices: level 1 takes a third of level 6's time for a tenth more bytes."""


@dataclass(slots=True)
class Answer:
    """Status, type and body; `stream` gives the chunks after `body`."""

    status: int
    content_type: str
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)
    stream: AsyncIterator[bytes] | None = None


def success(data: bytes, annotations: bytes = b"") -> Answer:
    """`{"status":"success","data":...}`; `annotations` is `,"warnings":...` as encoded."""
    return Answer(200, JSON, b'{"status":"success","data":' + data + annotations + b"}")


def success_object(data: object, warnings: list[str] | None = None) -> Answer:
    """The same from plain Python values."""
    annotations = b',"warnings":' + orjson.dumps(warnings) if warnings else b""
    return success(orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS), annotations)


def bare_object(data: object) -> Answer:
    """JSON without the envelope, for what stands outside the API."""
    return Answer(200, JSON, orjson.dumps(data))


def failure(error: ApiError) -> Answer:
    """`{"status":"error","errorType":...,"error":...}` with the type's status."""
    text = error.message.encode("utf-8", "replace").decode()
    body = {"status": "error", "errorType": error.type.text, "error": text}
    return Answer(error.type.status, JSON, orjson.dumps(body))


def plain(text: str, status: int = 200) -> Answer:
    """A line of text."""
    return Answer(status, TEXT, text.encode())


class Compressor(Protocol):
    """What cramjam's streaming compressors do."""

    def compress(self, data: bytes) -> int: ...
    def flush(self) -> Any: ...
    def finish(self) -> Any: ...


COMPRESSORS: dict[str, Callable[[], Compressor]] = {
    "gzip": lambda: cramjam.gzip.Compressor(GZIP_LEVEL),
    "deflate": lambda: cramjam.zlib.Compressor(GZIP_LEVEL),
}


def chosen_encoding(accept_encoding: str) -> str | None:
    """The first of the client's encodings that we have and that it does not weigh 0."""
    for part in accept_encoding.split(","):
        name, _, weight = part.strip().partition(";")
        if name.lower() in COMPRESSORS and not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight):
            return name.lower()
    return None


async def send_answer(answer: Answer, send: Send, accept_encoding: str) -> int:
    """Send an answer; return the bytes of its body as sent."""
    encoding = chosen_encoding(accept_encoding)
    if answer.stream is None and len(answer.body) < COMPRESS_BYTES_MIN:
        encoding = None
    if answer.stream is not None:
        return await _send_stream(answer, send, encoding)
    body = answer.body
    if encoding:
        compressor = COMPRESSORS[encoding]()
        compressor.compress(body)
        body = bytes(compressor.finish())
    await send(_start(answer, encoding, len(body)))
    await send({"type": "http.response.body", "body": body})
    return len(body)


async def _send_stream(answer: Answer, send: Send, encoding: str | None) -> int:
    await send(_start(answer, encoding, None))
    compressor = COMPRESSORS[encoding]() if encoding else None
    sent = 0

    async def pass_on(data: bytes) -> int:
        if compressor is not None:
            compressor.compress(data)
            data = bytes(compressor.flush())
        await send({"type": "http.response.body", "body": data, "more_body": True})
        return len(data)

    sent += await pass_on(answer.body)
    assert answer.stream is not None
    async for chunk in answer.stream:
        sent += await pass_on(chunk)
    last = bytes(compressor.finish()) if compressor is not None else b""
    await send({"type": "http.response.body", "body": last})
    return sent + len(last)


def _start(answer: Answer, encoding: str | None, length: int | None) -> dict[str, Any]:
    headers = [("content-type", answer.content_type), *answer.headers]
    if encoding:
        headers += [("content-encoding", encoding), ("vary", "Accept-Encoding")]
    if length is not None and answer.status != 204:
        headers.append(("content-length", str(length)))
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {"type": "http.response.start", "status": answer.status, "headers": encoded}
