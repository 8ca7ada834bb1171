"""Types of a model -> labels of an annotation project, by name.

A label is a type's if they have the same name; or else but for upper and lower case and full width; or else if the label is
the type's query; or else if both are in one line of `ALIASES`. A better match goes first, then an earlier label. A type has one
label of a project, a label may have several types.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bert_mrc_theseus.service.label_config import Label
from bert_mrc_theseus.text.schema import EntityType, Schema

ALIASES = tuple(
    frozenset(line.split())
    for line in """
    per pers person people nr nrp 人 人名 人物 人物名 姓名
    loc location place ns 地名 地点 地点名 地理位置 位置
    org organization organisation nt 机构 机构名 机构名称 组织 组织名 组织机构 组织机构名
    gpe 地缘政治实体 行政区 行政区划
    time 时间
    date 日期
    """.strip().splitlines()
)
"""Names of one type in corpora, tools and languages. Types that only overlap (a company, an organization) are no aliases."""


@dataclass(frozen=True, slots=True)
class LabelMap:
    """How the types of a model are called in a project.

    Attributes:
        labels: by type.
        unmapped: labels that are no type's.
    """

    labels: dict[str, str]
    unmapped: tuple[str, ...]


def label_map(schema: Schema, labels: Sequence[Label]) -> LabelMap:
    """Finds the labels of types.

    Args:
        schema: of the model.
        labels: of one tag.
    """
    mapped: dict[str, str] = {}
    used: set[str] = set()
    for matches in (_same, _folded, _query, _alias):
        for label in labels:
            if label.value in used:
                continue
            types = [
                item.name
                for item in schema.types
                if item.name not in mapped and any(matches(name, item) for name in label.names)
            ]
            if types:
                used.add(label.value)
                mapped.update(dict.fromkeys(types, label.value))
    return LabelMap(mapped, tuple(label.value for label in labels if label.value not in used))


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _same(name: str, item: EntityType) -> bool:
    return name == item.name


def _folded(name: str, item: EntityType) -> bool:
    return _plain(name) == _plain(item.name)


def _query(name: str, item: EntityType) -> bool:
    return _plain(name) == _plain(item.query)


def _alias(name: str, item: EntityType) -> bool:
    pair = {_plain(name), _plain(item.name)}
    return any(pair <= aliases for aliases in ALIASES)
