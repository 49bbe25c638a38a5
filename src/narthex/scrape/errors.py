"""Why a scrape fails although its target answered.

ScrapeRefused
  SampleLimitExceeded   more samples after relabelling than the job allows
  LabelLimitExceeded    a series with too many, or too long, labels
  BadName               a name that the job's validation scheme does not allow
  TargetLimitExceeded   the job has more targets than it allows

BadTarget (ValueError)  what discovery found and relabelling made of it is no target
"""

from __future__ import annotations


class ScrapeRefused(Exception):
    """A page that is well formed and beyond a limit: nothing of it is kept."""


class SampleLimitExceeded(ScrapeRefused):
    """Known only when the whole page is counted, so the counts are reported all the same."""

    def __init__(self, scraped: int, kept: int, limit: int) -> None:
        self.scraped = scraped
        self.kept = kept
        super().__init__(f"sample limit exceeded: {kept} samples after relabelling, limit {limit}")


class LabelLimitExceeded(ScrapeRefused):
    """The first series beyond a limit of labels."""


class BadName(ScrapeRefused):
    """A series whose names are no identifiers, in a job that allows only those."""


class TargetLimitExceeded(ScrapeRefused):
    """Holds for every target of the job."""

    def __init__(self, targets: int, limit: int) -> None:
        super().__init__(f"target_limit exceeded (number of targets: {targets}, limit: {limit})")


class BadTarget(ValueError):
    """Labels that make no target."""
