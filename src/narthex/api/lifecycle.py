"""`/-/*`, `/metrics`, `/version` and the start page: outside `/api/v1`."""

from __future__ import annotations

import html

from prometheus_client import exposition

from narthex.api.context import ApiContext, Phase
from narthex.api.request import Request
from narthex.api.respond import Answer, bare_object, plain

LIFECYCLE_OFF = "Lifecycle API is not enabled."
LINKS = (
    ("/metrics", "metrics of this server"),
    ("/api/v1/targets", "targets"),
    ("/api/v1/status/config", "configuration"),
    ("/api/v1/status/flags", "flags"),
    ("/api/v1/status/runtimeinfo", "runtime"),
    ("/api/v1/status/buildinfo", "build"),
    ("/api/v1/status/tsdb", "series in the head"),
    ("/api/v1/status/tsdb/blocks", "blocks"),
    ("/api/v1/labels", "label names"),
    ("/api/v1/metadata", "metadata"),
    ("/api/v1/query?query=up", "a query: up"),
    ("/api/v1/features", "features"),
    ("/-/healthy", "health"),
    ("/-/ready", "readiness"),
)


async def healthy(context: ApiContext, request: Request) -> Answer:
    """The process answers."""
    return plain("Narthex is Healthy.\n")


async def ready(context: ApiContext, request: Request) -> Answer:
    """Whether queries and scrapes run."""
    if context.state.phase is Phase.READY:
        return plain("Narthex is Ready.\n")
    return not_ready(context)


def not_ready(context: ApiContext) -> Answer:
    """503 for everything but health while starting and stopping."""
    stopping = context.state.phase is Phase.STOPPING
    replay = context.state.replay
    text = "Service Unavailable"
    if not stopping and replay.max > replay.current:
        text += f": replaying the write-ahead log, segment {replay.current} of {replay.max}"
    answer = plain(text, 503)
    answer.headers.append(("x-prometheus-stopping", "true" if stopping else "false"))
    return answer


async def reload(context: ApiContext, request: Request) -> Answer:
    """Load the configuration anew."""
    if not context.options.enable_lifecycle:
        return plain(LIFECYCLE_OFF, 403)
    try:
        await context.operations.reload()
    except Exception as error:  # noqa: BLE001 - whatever refused the file is the answer
        return plain(f"failed to reload config: {error}\n", 500)
    return plain("")


async def quit(context: ApiContext, request: Request) -> Answer:  # noqa: A001 - the path's name
    """Begin to stop."""
    if not context.options.enable_lifecycle:
        return plain(LIFECYCLE_OFF, 403)
    context.operations.quit()
    return plain("Requesting termination... Goodbye!")


async def metrics(context: ApiContext, request: Request) -> Answer:
    """This server's own metrics."""
    encode, content_type = exposition.choose_encoder(request.header("accept"))

    def render() -> bytes:
        with context.executor.python_lane():
            return encode(context.registry)

    return Answer(200, content_type, await context.executor.run(render))


async def version(context: ApiContext, request: Request) -> Answer:
    """The build, plain."""
    return bare_object(dict(context.options.build))


async def index(context: ApiContext, request: Request) -> Answer:
    """What is served, with links."""
    prefix = html.escape(context.options.route_prefix)
    title = html.escape(context.options.page_title)
    rows = "\n".join(
        f'<li><a href="{prefix}{html.escape(path)}">{html.escape(path)}</a> {what}</li>'
        for path, what in LINKS
    )
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><p>Prometheus-compatible monitoring. What is served here:</p>"
        f"<ul>\n{rows}\n</ul></body></html>\n"
    )
    return Answer(200, "text/html; charset=utf-8", page.encode())
