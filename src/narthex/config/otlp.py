"""The `otlp` section: how OpenTelemetry's metrics become series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from narthex.model.settings import BOOLEAN, TEXT, BadSetting, ListOf, OneOf, setting

STRATEGIES: Final = (
    "UnderscoreEscapingWithSuffixes",
    "UnderscoreEscapingWithoutSuffixes",
    "NoUTF8EscapingWithSuffixes",
    "NoTranslation",
)
UTF8_STRATEGIES: Final = frozenset({"NoUTF8EscapingWithSuffixes", "NoTranslation"})


@dataclass(frozen=True, slots=True)
class OtlpConfig:
    """Names, labels and histograms of what is pushed in OpenTelemetry's format."""

    promote_all_resource_attributes: bool = setting(BOOLEAN, False)
    promote_resource_attributes: tuple[str, ...] = setting(ListOf(TEXT), ())
    ignore_resource_attributes: tuple[str, ...] = setting(ListOf(TEXT), ())
    translation_strategy: str = setting(OneOf(STRATEGIES), STRATEGIES[0])
    keep_identifying_resource_attributes: bool = setting(BOOLEAN, False)
    convert_histograms_to_nhcb: bool = setting(BOOLEAN, False)
    promote_scope_metadata: bool = setting(BOOLEAN, False)
    label_name_underscore_sanitization: bool = setting(BOOLEAN, True)
    label_name_preserve_multiple_underscores: bool = setting(BOOLEAN, True)

    def __post_init__(self) -> None:
        if self.promote_all_resource_attributes and self.promote_resource_attributes:
            raise BadSetting(
                "promote_resource_attributes",
                "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be "
                "configured simultaneously",
            )
        if self.ignore_resource_attributes and not self.promote_all_resource_attributes:
            raise BadSetting(
                "ignore_resource_attributes",
                "'ignore_resource_attributes' cannot be configured unless "
                "'promote_all_resource_attributes' is true",
            )
        _check_attributes("promote_resource_attributes", self.promote_resource_attributes)
        _check_attributes("ignore_resource_attributes", self.ignore_resource_attributes)

    @property
    def needs_utf8(self) -> bool:
        """Whether names are kept that only UTF-8 validation takes."""
        return self.translation_strategy in UTF8_STRATEGIES


def _check_attributes(key: str, attributes: tuple[str, ...]) -> None:
    names = [attribute.strip() for attribute in attributes]
    if "" in names:
        raise BadSetting(key, "an attribute is empty")
    for index, name in enumerate(names):
        if name in names[:index]:
            raise BadSetting(key, f'attribute "{name}" is given twice')
