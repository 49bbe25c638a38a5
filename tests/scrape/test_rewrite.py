"""What a scraped series is called once its target's labels and the job's rules are through."""

from __future__ import annotations

import pytest

from narthex.model.labels import Labels
from narthex.model.relabel import RelabelConfig
from narthex.scrape.errors import BadName, LabelLimitExceeded
from narthex.scrape.limits import Limits
from narthex.scrape.rewrite import Rewrite, honored, renamed

TARGET = Labels.of({"job": "j", "instance": "i"})


def labels(**pairs: str) -> Labels:
    return Labels.of({"__name__": "m", **pairs})


@pytest.mark.parametrize(
    ("scraped", "stored"),
    [
        (labels(), labels(job="j", instance="i")),
        (labels(job="x"), labels(job="j", instance="i", exported_job="x")),
        (
            labels(job="x", exported_job="y"),
            labels(job="j", instance="i", exported_job="y", exported_exported_job="x"),
        ),
    ],
)
def test_the_targets_labels_win(scraped: Labels, stored: Labels) -> None:
    assert renamed(scraped, TARGET) == stored


def test_a_renamed_label_may_be_in_the_way_of_another() -> None:
    target = Labels.of({"job": "j", "exported_job": "e"})
    assert renamed(labels(job="x", exported_job="y"), target) == labels(
        job="j", exported_job="e", exported_exported_job="x", exported_exported_exported_job="y"
    )


def test_honored_labels_win_and_an_empty_one_takes_the_targets_away() -> None:
    assert honored(labels(job="x"), TARGET) == labels(job="x", instance="i")
    assert honored(labels(job="x"), TARGET, {"instance"}) == labels(job="x")


def test_relabelling_sees_the_merged_labels() -> None:
    rules = [
        RelabelConfig(source_labels=("__name__",), regex="go_.*", action="drop"),
        RelabelConfig(source_labels=("job",), target_label="team"),
    ]
    rewrite = Rewrite(TARGET, metric_relabel_configs=rules)
    assert rewrite.apply(Labels.of({"__name__": "go_x"})) is None
    assert rewrite.apply(labels()) == labels(job="j", instance="i", team="j")


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(labels=2), "label_limit exceeded .*number of labels: 3, limit: 2"),
        (Limits(label_name_length=7), "label_name_length_limit exceeded .*length: 8, limit: 7"),
        (Limits(label_value_length=0, labels=1), "label_limit exceeded"),
    ],
)
def test_limits_of_labels(limits: Limits, message: str) -> None:
    with pytest.raises(LabelLimitExceeded, match=message):
        Rewrite(TARGET, limits=limits).apply(labels())


def test_lengths_are_bytes() -> None:
    limits = Limits(label_value_length=3)
    assert Rewrite(Labels(), limits=limits).apply(labels(a="äb"))
    with pytest.raises(LabelLimitExceeded, match='value: "ää", length: 4, limit: 3'):
        Rewrite(Labels(), limits=limits).apply(labels(a="ää"))


def test_names_beyond_identifiers_where_they_are_not_allowed() -> None:
    with pytest.raises(BadName):
        Rewrite(TARGET, legacy_names=True).apply(Labels.of({"__name__": "a.b"}))
    assert Rewrite(TARGET).apply(Labels.of({"__name__": "a.b"}))
