"""Relabelling: rules that rewrite, keep or drop label sets before they are used.

Targets pass `relabel_configs` once when they are discovered, new series pass
`metric_relabel_configs` once when they first appear, alerts pass `alert_relabel_configs`. A rule is
checked when it is made, so applying rules never fails. Regular expressions match whole values.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from narthex.model.labels import Labels, is_valid_label_name
from narthex.model.matcher import compile_anchored
from narthex.model.settings import (
    NAMES,
    TEXT,
    UNSIGNED,
    BadSetting,
    ParsedText,
    setting,
)

DEFAULT_REGEX: Final = "(.*)"
DEFAULT_REPLACEMENT: Final = "$1"
DEFAULT_SEPARATOR: Final = ";"

ACTIONS: Final = (
    "replace",
    "keep",
    "drop",
    "keepequal",
    "dropequal",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
)
WITH_TARGET: Final = frozenset(
    {"replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"}
)
WITHOUT_REPLACEMENT: Final = frozenset({"lowercase", "uppercase", "keepequal", "dropequal"})

REFERENCE: Final = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")
"""What Go's `Regexp.Expand` replaces; a `$` before anything else stands for itself."""


def parse_action(text: str) -> str:
    """An action in lower case. Raises ValueError for an unknown one."""
    action = text.lower()
    if action not in ACTIONS:
        raise ValueError(f'unknown relabel action "{text}", expected one of {", ".join(ACTIONS)}')
    return action


def parse_regex(text: str) -> str:
    """The pattern, if RE2 takes it. Raises BadRegex."""
    compile_anchored(text)
    return text


def show_regex(text: str) -> str:
    """The pattern; nothing for the one that every rule has unless it says otherwise."""
    return "" if text == DEFAULT_REGEX else text


ACTION: ParsedText[str] = ParsedText(parse_action, str)
REGEX: ParsedText[str] = ParsedText(parse_regex, show_regex, reads_null=True)


@dataclass(frozen=True, slots=True)
class RelabelConfig:
    """One rule. Raises BadSetting or BadRegex for one that Prometheus refuses."""

    source_labels: tuple[str, ...] = setting(NAMES, ())
    separator: str = setting(TEXT, DEFAULT_SEPARATOR)
    regex: str = setting(REGEX, DEFAULT_REGEX)
    modulus: int = setting(UNSIGNED, 0)
    target_label: str = setting(TEXT, "")
    replacement: str = setting(TEXT, DEFAULT_REPLACEMENT)
    action: str = setting(ACTION, "replace")
    _apply: Rule = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check_target()
        self._check_replacement()
        self._check_others()
        object.__setattr__(self, "_apply", RULES[self.action](self))

    def apply(self, labels: dict[str, str]) -> bool:
        """Rewrite `labels` in place; False when the rule drops the set."""
        return self._apply(labels)

    def _check_target(self) -> None:
        action, target = self.action, self.target_label
        if action in WITH_TARGET and not target:
            raise BadSetting(
                "target_label",
                f"relabel configuration for {action} action requires 'target_label' value",
            )
        if target and not is_valid_label_name(target):
            raise BadSetting(
                "target_label", f"\"{target}\" is invalid 'target_label' for {action} action"
            )

    def _check_replacement(self) -> None:
        action, replacement = self.action, self.replacement
        if action in WITHOUT_REPLACEMENT and replacement != DEFAULT_REPLACEMENT:
            raise BadSetting("replacement", f"'replacement' can not be set for {action} action")
        if action == "labelmap" and not is_valid_label_name(replacement):
            raise BadSetting(
                "replacement", f"\"{replacement}\" is invalid 'replacement' for labelmap action"
            )

    def _check_others(self) -> None:
        if self.action == "hashmod" and self.modulus == 0:
            raise BadSetting(
                "modulus", "relabel configuration for hashmod requires non-zero modulus"
            )
        changed = {
            "source_labels": self.source_labels != (),
            "separator": self.separator != DEFAULT_SEPARATOR,
            "regex": self.regex != DEFAULT_REGEX,
            "modulus": self.modulus != 0,
            "target_label": self.target_label != "",
            "replacement": self.replacement != DEFAULT_REPLACEMENT,
        }
        if self.action in ("keepequal", "dropequal"):
            self._refuse_others(changed, "source_labels", "target_label")
        if self.action in ("labeldrop", "labelkeep"):
            self._refuse_others(changed, "regex")

    def _refuse_others(self, changed: Mapping[str, bool], *allowed: str) -> None:
        for key, is_changed in changed.items():
            if is_changed and key not in allowed:
                names = " and ".join(f"'{name}'" for name in allowed)
                raise BadSetting(
                    key, f"{self.action} action requires only {names}, and no other fields"
                )


def relabel(labels: Labels, configs: Sequence[RelabelConfig]) -> Labels | None:
    """The labels after all rules, None when one of them drops the set."""
    if not configs:
        return labels
    rewritten = labels.as_dict()
    for config in configs:
        if not config.apply(rewritten):
            return None
    return Labels.of(rewritten)


@dataclass(frozen=True, slots=True)
class RelabelStep:
    """A rule and what is left after it; once a rule has dropped the set, nothing is."""

    config: RelabelConfig
    labels: Labels
    keep: bool


def relabel_steps(labels: Labels, configs: Sequence[RelabelConfig]) -> list[RelabelStep]:
    """Every rule with the labels after it."""
    steps: list[RelabelStep] = []
    rewritten, keep = labels.as_dict(), True
    for config in configs:
        keep = keep and config.apply(rewritten)
        steps.append(RelabelStep(config, Labels.of(rewritten) if keep else Labels(), keep))
    return steps


Rule = Callable[[dict[str, str]], bool]


def _put(labels: dict[str, str], name: str, value: str) -> None:
    """Set a label; an empty value removes it."""
    if value:
        labels[name] = value
    else:
        labels.pop(name, None)


def _source(config: RelabelConfig) -> Callable[[dict[str, str]], str]:
    """A function that joins the values of the source labels."""
    names, separator = config.source_labels, config.separator
    if len(names) == 1:
        name = names[0]
        return lambda labels: labels.get(name, "")
    return lambda labels: separator.join([labels.get(name, "") for name in names])


def expansion(text: str, regex: Any) -> Callable[[Any], str]:
    """A function that fills `$1`, `$name`, `${name}` in `text` from a match, as Go expands them.

    A group that does not exist, or did not take part in the match, counts as empty.
    """
    parts: list[str | int] = []
    position = 0
    for reference in REFERENCE.finditer(text):
        parts.append(text[position : reference.start()])
        position = reference.end()
        name = reference[1] or reference[2]
        parts.append("$" if name is None else _group_of(name, regex))
    parts.append(text[position:])
    pieces = [part for part in parts if part != ""]
    if all(isinstance(piece, str) for piece in pieces):
        literal = "".join(str(piece) for piece in pieces)
        return lambda _: literal
    return lambda match: "".join(
        [piece if isinstance(piece, str) else match.group(piece) or "" for piece in pieces]
    )


def _group_of(name: str, regex: Any) -> str | int:
    """The number of the group called `name`; the empty text when there is none."""
    if name.isascii() and name.isdigit():
        return int(name) if int(name) <= regex.groups else ""
    number: str | int = regex.groupindex.get(name, "")
    return number


def _replace(config: RelabelConfig) -> Rule:
    source = _source(config)
    regex = compile_anchored(config.regex)
    target = expansion(config.target_label, regex)
    replacement = expansion(config.replacement, regex)

    def apply(labels: dict[str, str]) -> bool:
        match = regex.match(source(labels))
        if match is not None:
            name = target(match)
            if is_valid_label_name(name):
                _put(labels, name, replacement(match))
        return True

    return apply


def _keep(config: RelabelConfig) -> Rule:
    source, regex = _source(config), compile_anchored(config.regex)
    return lambda labels: regex.match(source(labels)) is not None


def _drop(config: RelabelConfig) -> Rule:
    source, regex = _source(config), compile_anchored(config.regex)
    return lambda labels: regex.match(source(labels)) is None


def _keep_equal(config: RelabelConfig) -> Rule:
    source, target = _source(config), config.target_label
    return lambda labels: labels.get(target, "") == source(labels)


def _drop_equal(config: RelabelConfig) -> Rule:
    source, target = _source(config), config.target_label
    return lambda labels: labels.get(target, "") != source(labels)


def hash_modulus(text: str, modulus: int) -> int:
    """The last 8 bytes of the text's MD5, as a big-endian number, modulo `modulus`."""
    digest = hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "big") % modulus


def _write_source(config: RelabelConfig, rewrite: Callable[[str], str]) -> Rule:
    """A rule that writes the rewritten source to the target label."""
    source, target = _source(config), config.target_label

    def apply(labels: dict[str, str]) -> bool:
        _put(labels, target, rewrite(source(labels)))
        return True

    return apply


def _hashmod(config: RelabelConfig) -> Rule:
    return _write_source(config, lambda text: str(hash_modulus(text, config.modulus)))


def _lowercase(config: RelabelConfig) -> Rule:
    return _write_source(config, str.lower)


def _uppercase(config: RelabelConfig) -> Rule:
    return _write_source(config, str.upper)


def _labelmap(config: RelabelConfig) -> Rule:
    regex = compile_anchored(config.regex)
    replacement = expansion(config.replacement, regex)

    def apply(labels: dict[str, str]) -> bool:
        for name, value in list(labels.items()):
            match = regex.match(name)
            if match is not None:
                _put(labels, replacement(match), value)
        return True

    return apply


def _remove_names(is_removed: Callable[[str], bool]) -> Rule:
    """A rule that removes labels by name."""

    def apply(labels: dict[str, str]) -> bool:
        for name in [name for name in labels if is_removed(name)]:
            del labels[name]
        return True

    return apply


def _labeldrop(config: RelabelConfig) -> Rule:
    regex = compile_anchored(config.regex)
    return _remove_names(lambda name: regex.match(name) is not None)


def _labelkeep(config: RelabelConfig) -> Rule:
    regex = compile_anchored(config.regex)
    return _remove_names(lambda name: regex.match(name) is None)


RULES: Final[Mapping[str, Callable[[RelabelConfig], Rule]]] = {
    "replace": _replace,
    "keep": _keep,
    "drop": _drop,
    "keepequal": _keep_equal,
    "dropequal": _drop_equal,
    "hashmod": _hashmod,
    "labelmap": _labelmap,
    "labeldrop": _labeldrop,
    "labelkeep": _labelkeep,
    "lowercase": _lowercase,
    "uppercase": _uppercase,
}
