"""Discovery by asking again and again: for mechanisms that cannot say when something changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from narthex.discovery.interface import Publish, Surroundings
from narthex.discovery.target_group import TargetGroup

Look = Callable[[], Awaitable[Sequence[TargetGroup]]]
"""One look at everything there is now, each group with its source."""


async def refresh_forever(
    look: Look,
    publish: Publish,
    surroundings: Surroundings,
    *,
    mechanism: str,
    interval_ms: int,
    failures: tuple[type[Exception], ...],
) -> None:
    """Look at once and then every `interval_ms`, until cancelled.

    A look that raises one of `failures` is logged and counted, and keeps the targets found before.
    """
    metrics, clock = surroundings.metrics, surroundings.clock
    names = (mechanism, surroundings.config_name)
    published: set[str] = set()
    while True:
        started_s = clock.monotonic_s()
        try:
            groups = await look()
        except failures as error:
            metrics.refresh_failures.labels(*names).inc()
            surroundings.log.error(  # noqa: TRY400 - a peer's fault, no traceback
                "cannot refresh targets, keeping those found before",
                discovery=mechanism,
                config=surroundings.config_name,
                err=str(error),
            )
        else:
            sources = {group.source for group in groups}
            gone = [TargetGroup(source=source) for source in sorted(published - sources)]
            publish([*groups, *gone])
            published = sources
        taken_s = clock.monotonic_s() - started_s
        metrics.refresh_duration.labels(*names).observe(taken_s)
        await clock.sleep_s(max(0.0, interval_ms / 1000 - taken_s))
