"""Pages of both text formats, and seeded mutations of them that both programs must judge alike."""

from __future__ import annotations

import random

TEXT = "text/plain; version=0.0.4"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

TEXT_PAGE = b"""\
# HELP http_requests_total The requests, with \\\\ and \\n in the help.
# TYPE http_requests_total counter
http_requests_total{code="200",path="/a\\"b\\\\c\\n"} 1027
http_requests_total{code="400",} 3e0
http_requests_total { code = "500" } 1e-3
# plain comment
temperature{room="attic"} -2.5
temperature{room="cellar"}   +Inf
temperature{room="hall"}\tNaN
{"dotted.name","a.b"="c"} 7
without_labels 12.47
with_empty_braces{} .5
huge 1.7976931348623157e308
# TYPE latency histogram
latency_bucket{le="0.1"} 1
latency_bucket{le="1"} 2
latency_bucket{le="+Inf"} 3
latency_sum 4.5
latency_count 3
"""
OPENMETRICS_PAGE = b"""\
# HELP requests The requests.
# TYPE requests counter
# UNIT taken_seconds seconds
# TYPE taken_seconds gauge
requests_total{code="200"} 5 # {trace="abc"} 0.5 1700000000.5
requests_created{code="200"} 1700000000
taken_seconds 1.5
# TYPE size histogram
size_bucket{le="1.0"} 1
size_bucket{le="+Inf"} 2
size_count 2
size_sum 3.5
# TYPE state stateset
state{state="on"} 1
# TYPE build info
build_info{version="1"} 1
# EOF
"""
SNIPPETS = (
    b"{", b"}", b'"', b"\\", b"\n", b" ", b"\t", b",", b"=", b"#", b"# ", b"\r", b"\x00", b"\xff", b"\xc3\xa9",
    b"1", b"-", b"e", b".", b"NaN", b"Inf", b"# EOF\n", b"# TYPE x counter\n", b"_", b"0x", b"1e999", b" 123",
)  # fmt: skip


def mutated(seed: int) -> tuple[str, bytes]:
    """Content type and body of one page; about one in ten is left as it was."""
    chance = random.Random(seed)
    is_text = chance.random() < 0.6
    body = bytearray(TEXT_PAGE if is_text else OPENMETRICS_PAGE)
    for _ in range(chance.choice((0, 1, 1, 1, 1, 1, 2, 2, 3, 5))):
        at = chance.randrange(len(body) + 1)
        match chance.randrange(6):
            case 0:
                del body[at : at + chance.randrange(1, 4)]
            case 1:
                body[at:at] = chance.choice(SNIPPETS)
            case 2:
                body[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                body[at : at + 1] = chance.choice(SNIPPETS)
            case 4:
                del body[at:]
            case _:
                lines = body.split(b"\n")
                first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
                lines[first], lines[second] = lines[second], lines[first]
                body = bytearray(b"\n".join(lines))
    return TEXT if is_text else OPENMETRICS, bytes(body)
