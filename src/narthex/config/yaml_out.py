"""Plain objects as YAML in the manner of Prometheus: block style, lists of names in a line."""

from __future__ import annotations

import yaml

from narthex.model.settings.kinds import InOneLine


class Dumper(yaml.SafeDumper):
    """Writes no anchors: equal parts of a configuration are spelt out each time."""

    def ignore_aliases(self, _: object) -> bool:
        return True


def _represent_in_one_line(dumper: yaml.SafeDumper, names: InOneLine) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", names, flow_style=True)


Dumper.add_representer(InOneLine, _represent_in_one_line)


def to_yaml(document: dict[str, object]) -> str:
    """The text of `document`, keys in their order."""
    text: str = yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=2**20)
    return text
