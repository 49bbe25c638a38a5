"""The engine without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import narthex
from narthex.library import Refused
from narthex.promql.syntax.parser import ParseError

START_S = 1_700_000_000


def test_what_is_appended_is_answered(tmp_path: Path) -> None:
    times = START_S + np.arange(10) * 15
    with narthex.open(tmp_path / "data") as db:
        stored = db.append({"__name__": "temperature", "room": "attic"}, times, np.arange(10.0))
        assert stored == 10
        answer = db.query("temperature", time=START_S + 140)
        assert isinstance(answer, narthex.Answer)
        assert answer.labels == [{"__name__": "temperature", "room": "attic"}]
        assert answer.values.tolist() == [9.0]
        assert db.query("1 + 1") == 2.0
        assert db.query('"text"') == "text"
        assert db.series("temperature") == answer.labels
    with narthex.open(tmp_path / "data") as db:
        again = db.query_range("rate(temperature[1m]) * 15", START_S + 60, START_S + 120, 30)
        moments, values = again.samples(0)
        assert moments[0] == np.datetime64(
            datetime.fromtimestamp(START_S + 60, UTC).replace(tzinfo=None), "ms"
        )
        assert values == pytest.approx([1.0, 1.0, 1.0])


def test_many_series_at_one_moment(tmp_path: Path) -> None:
    series = [{"__name__": "up", "instance": str(i)} for i in range(100)]
    with narthex.open(tmp_path / "data") as db:
        moment = datetime.fromtimestamp(START_S, UTC)
        assert db.append(series, moment, np.ones(100)) == 100
        answer = db.query("sum(up)", time=moment)
        assert isinstance(answer, narthex.Answer)
        assert answer.values.tolist() == [100.0]


def test_frames(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    pytest.importorskip("pandas")
    pytest.importorskip("polars")
    with narthex.open(tmp_path / "data") as db:
        db.append([{"__name__": "a", "x": "1"}, {"__name__": "b"}], START_S, [1.0, 2.0])
        answer = db.query('{__name__=~"a|b"}', time=START_S)
        assert isinstance(answer, narthex.Answer)
        rows = sorted(answer.to_arrow().to_pylist(), key=lambda row: row["__name__"])
        moment = datetime.fromtimestamp(START_S, UTC)
        assert rows == [
            {"__name__": "a", "x": "1", "time": moment, "value": 1.0},
            {"__name__": "b", "x": None, "time": moment, "value": 2.0},
        ]
        assert answer.to_polars().height == len(answer.to_pandas()) == 2


def test_what_is_refused_is_counted_by_reason(tmp_path: Path) -> None:
    with narthex.open(tmp_path / "data") as db:
        db.append({"__name__": "a"}, [START_S], [1.0])
        with pytest.raises(Refused, match="1 duplicate") as refused:
            db.append({"__name__": "a"}, [START_S], [2.0])
        assert refused.value.by_reason == {"duplicate": 1}
        with pytest.raises(ValueError, match="2 values need as many times"):
            db.append({"__name__": "a"}, [START_S], [1.0, 2.0])
        with pytest.raises(ValueError, match="2 series need as many values"):
            db.append([{"a": "1"}, {"a": "2"}], START_S, [1.0])
        with pytest.raises(ParseError):
            db.query("sum(")
        with pytest.raises(ValueError, match="step must be a positive"):
            db.query_range("a", 0, 1, 0)


def test_samples_behind_one_that_is_refused_are_stored(tmp_path: Path) -> None:
    with narthex.open(tmp_path / "data") as db:
        db.append({"__name__": "a"}, [START_S], [1.0])
        with pytest.raises(Refused, match="1 duplicate") as refused:
            db.append({"__name__": "a"}, [START_S, START_S + 1, START_S + 2], [2.0, 3.0, 4.0])
        assert refused.value.by_reason == {"duplicate": 1}
        answer = db.query("a[1m]", time=START_S + 2)
        assert isinstance(answer, narthex.Answer)
        assert answer.values.tolist() == [1.0, 3.0, 4.0]


@pytest.mark.parametrize(
    "times", [[1.0, np.nan], [np.inf, 1.0], [1e300, 1.0], np.array(["2024-01-01", "NaT"], "M8[s]")]
)
def test_what_is_no_time_is_refused_by_name(tmp_path: Path, times: list[float]) -> None:
    with narthex.open(tmp_path / "data") as db:
        with pytest.raises(ValueError, match=r"(nan|inf|1e\+300|NaT) is no time"):
            db.append({"__name__": "a"}, times, [1.0, 2.0])
        assert db.series("a") == []
