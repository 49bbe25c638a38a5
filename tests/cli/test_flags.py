"""Flags are read as kingpin reads them, and Prometheus's own are never swallowed."""

import pytest

from narthex.cli.flags import BadFlag
from narthex.cli.server_flags import SERVER_FLAGS


def test_every_way_of_giving_a_value() -> None:
    read = SERVER_FLAGS.parse(
        [
            "--web.listen-address=:9091",
            "--web.listen-address",
            "[::1]:9092",
            "--web.enable-lifecycle",
        ]
    )
    assert read.texts("web.listen-address") == [":9091", "[::1]:9092"]
    assert read.switch("web.enable-lifecycle")
    assert not SERVER_FLAGS.parse(["--no-web.enable-lifecycle"]).switch("web.enable-lifecycle")
    assert read.whole("query.timeout") == 120_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nope"], "unknown long flag '--nope'"),
        (["-x"], "unknown short flag '-x'"),
        (["--query.timeout"], "expected argument for flag '--query.timeout'"),
        (["--query.timeout=5x"], "--query.timeout: not a valid duration"),
        (["--log.level=loud"], "must be one of debug,info,warn,error, got 'loud'"),
        (["--agent"], "--agent is not acted on yet"),
        (
            ["--storage.tsdb.wal-segment-size=1MB"],
            "--storage.tsdb.wal-segment-size is not acted on",
        ),
        (["--log.level=info", "--log.level=warn"], "flag 'log.level' cannot be repeated"),
        (["--no-web.enable-lifecycle=true"], "unexpected value for '--no-web.enable-lifecycle'"),
    ],
)
def test_refused_by_name(arguments: list[str], message: str) -> None:
    with pytest.raises(BadFlag) as refused:
        SERVER_FLAGS.parse(arguments)
    assert message in str(refused.value)


def test_flags_are_shown_as_text() -> None:
    shown = SERVER_FLAGS.shown(SERVER_FLAGS.parse(["--storage.tsdb.retention.time=15d"]))
    assert shown["storage.tsdb.retention.time"] == "15d"
    assert shown["web.listen-address"] == "0.0.0.0:9090"
    assert shown["web.enable-lifecycle"] == "false"
    assert "agent" not in shown
