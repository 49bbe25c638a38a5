"""Feature names: none is swallowed, all that the engine knows are told."""

from narthex.api.features import ACTED_ON, feature_table, without_effect


def test_names_without_effect_are_told() -> None:
    given = frozenset({"promql-experimental-functions", "promql-duration-expr", "agent", "typo"})
    assert without_effect(given) == ["agent", "typo"]


def test_the_table_follows_the_flags() -> None:
    off, on = feature_table(frozenset()), feature_table(ACTED_ON)
    assert not off["promql"]["experimental_functions"]
    assert on["promql"]["experimental_functions"]
    assert not off["promql_functions"]["info"]
    assert on["promql_functions"]["info"]
    assert off["promql_functions"]["rate"]
