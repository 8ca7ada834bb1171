"""A Label Studio project's labelling configuration -> what labels which text.

Of all tags, `Labels` that stand for parts of a `Text` count; the text is a field of the task's data, under any key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MOST_LABELS = 1000
"""Labels of one configuration."""

MOST_CONTROLS = 20
"""`Labels` tags of one configuration, times the texts that they label."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label.

    Attributes:
        value: as results name it.
        names: by which a type of a model is found, see `label_map.label_map`.
    """

    value: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """What labels a text.

    Attributes:
        from_name: of the `Labels` tag.
        to_name: of the `Text` tag.
        key: of the task's data, that holds the text.
        labels: in order.
    """

    from_name: str
    to_name: str
    key: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class LabelConfig:
    """What of a labelling configuration can be predicted.

    Attributes:
        controls: in order.
        left_out: tags with labels that cannot, and why.
    """

    controls: tuple[Control, ...]
    left_out: tuple[str, ...]


def parse_label_config(xml: str) -> LabelConfig:
    """Reads a labelling configuration.

    Args:
        xml: of the project. Nothing that it refers to is read.

    Raises:
        ValueError: it is no XML, has a document type, or is too large.
    """
    try:
        root = fromstring(xml, forbid_dtd=True)
    except ParseError as error:
        raise ValueError(f"not XML: {error}") from error
    except DefusedXmlException as error:
        raise ValueError("a labelling configuration has no document type and no entities of its own") from error
    tags = list(root.iter())
    labels = [tag for tag in tags if tag.tag == "Label"]
    if len(labels) > MOST_LABELS:
        raise ValueError(f"there are more than {MOST_LABELS} labels")
    objects = {tag.get("name"): tag for tag in tags if tag.get("name") and not tag.get("toName")}
    controls, left_out = [], []
    for tag in tags:
        name, to_names = tag.get("name"), tag.get("toName")
        if not name or not to_names or not _has_labels(tag):
            continue
        for to_name in map(str.strip, to_names.split(",")):
            try:
                controls.append(_control(tag, name, to_name, objects))
            except ValueError as error:
                left_out.append(f"{name} of {to_name}: {error}")
            if len(controls) + len(left_out) > MOST_CONTROLS:
                raise ValueError(f"there are more than {MOST_CONTROLS} tags with labels")
    return LabelConfig(tuple(controls), tuple(left_out))


def _has_labels(tag: Element) -> bool:
    return str(tag.tag).endswith("Labels")


def _control(tag: Element, name: str, to_name: str, objects: Mapping[str | None, Element]) -> Control:
    """What one tag labels.

    Raises:
        ValueError: it cannot be predicted.
    """
    target: Any = objects.get(to_name)
    if target is None:
        raise ValueError("there is no such tag")
    if (tag.tag, target.tag) != ("Labels", "Text"):
        raise ValueError(f"{tag.tag} of a {target.tag} are not predicted, only Labels of a Text")
    if target.get("valueType", "text") != "text" or target.get("encoding", "none") not in ("none", "utf-8"):
        raise ValueError("the task's data must be the text itself, not an address or an encoding of it")
    value = target.get("value", "")
    if not value.startswith("$") or any(char in value[1:] for char in "$ ,") or not value[1:]:
        raise ValueError('the value of the Text must be one field of the data, such as "$text"')
    if tag.get("value"):
        raise ValueError("labels that come with the task are not predicted")
    labels = tuple({label.value: label for label in _labels(tag)}.values())
    return Control(name, to_name, value[1:], labels)


def _labels(tag: Element) -> Iterator[Label]:
    for item in tag.iter("Label"):
        value, alias = item.get("value", ""), item.get("alias", "")
        if value or alias:
            predicted = tuple(filter(None, map(str.strip, item.get("predicted_values", "").split(","))))
            yield Label(alias or value, predicted or tuple(filter(None, (alias, value))))
