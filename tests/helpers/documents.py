"""Toy texts, and a file of columns."""

from pathlib import Path

import numpy as np

from bert_mrc_theseus.text.documents import Document, Entity

LETTERS = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本"
    "去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总"
    "次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处理世车华亮云北京上海李王张赵公司银行"
)
"""The characters that toy models know."""

TEXTS = ("不了的李明和的一在北京。", "这是上海", "人")
"""Three short texts, of 12, 4 and 1 characters."""

QUERIES = '[PER]\nquery = "人名"\nshort = "人名"\n[LOC]\nquery = "地名"\nshort = "地名"\n'
"""The query file of the toy documents."""


def toy_documents(count: int, seed: int) -> list[Document]:
    """Sentences whose entities are easy to learn: 李/王/张/赵 begin a person, 北京/上海 are places."""
    random = np.random.default_rng(seed)
    documents = []
    for number in range(count):
        text, entities = "", []
        for _ in range(int(random.integers(1, 4))):
            text += "".join(random.choice(list("的一是在不了有和人这"), int(random.integers(1, 5))))
            if random.random() < 0.7:
                kind = ("PER", "LOC")[int(random.integers(2))]
                names = ("李明", "王云", "张高", "赵亮") if kind == "PER" else ("北京", "上海")
                name = str(random.choice(names))
                entities.append(Entity(len(text), len(text) + len(name), kind))
                text += name
        documents.append(Document(f"toy-{number}", text + "。", tuple(entities)))
    return documents


def nested_toys(count: int, seed: int) -> list[Document]:
    """The toy sentences, where a place followed by 大学 is an organisation around it, and one in 医院 around that."""
    made = []
    for document in toy_documents(count, seed):
        text, entities = document.text, list(document.entities)
        for entity in document.entities:
            if entity.type == "LOC" and entity.end == len(text) - 1:
                more = "大学医院" if document.id[-1] in "02468" else "大学"
                text = text[: entity.end] + more + text[entity.end :]
                entities += [Entity(entity.start, entity.end + k, "ORG") for k in range(2, len(more) + 1, 2)]
        made.append(Document(document.id, text, tuple(entities)))
    return made


def columns(path: Path, *sentences: str) -> Path:
    """Writes a BIO file; a sentence is a text whose names stand in angle brackets."""
    with open(path, "w", encoding="utf-8") as stream:
        for sentence in sentences:
            tag = "O"
            for char in sentence:
                if char == "<":
                    tag = "B-PER"
                elif char == ">":
                    tag = "O"
                else:
                    stream.write(f"{char}\t{tag}\n")
                    tag = "I-PER" if tag == "B-PER" else tag
            stream.write("\n")
    return path
