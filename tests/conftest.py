"""Tiny models and texts shared by the tests."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

from dataclasses import dataclass
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from rich.console import Console

from bert_mrc_theseus.model_files.encoder_weights import EncoderConfig, EncoderWeights, expected_shapes
from bert_mrc_theseus.text.documents import Document, Entity, write_documents
from bert_mrc_theseus.training.config import TrainingConfig

# The first example of a test pays for imports and dictionaries; timing is no property to test here.
# In CI the examples are the same every time; elsewhere they go on looking for new ones.
hypothesis.settings.register_profile("untimed", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("untimed")

LETTERS = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本"
    "去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总"
    "次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处理世车华亮云北京上海李王张赵公司银行"
)


def make_weights(
    layers: int = 2,
    hidden: int = 16,
    heads: int = 2,
    seed: int = 0,
    max_positions: int = 128,
    dropout: float = 0.1,
) -> EncoderWeights:
    """Random encoder weights over a small character vocabulary."""
    vocab = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[SPACE]", *dict.fromkeys(LETTERS), *"abc123，。：")
    config = EncoderConfig(
        len(vocab),
        hidden,
        layers,
        heads,
        2 * hidden,
        max_positions,
        hidden_dropout=dropout,
        attention_dropout=dropout,
    )
    random = np.random.default_rng(seed)
    tensors = {}
    for name, shape in expected_shapes(config).items():
        scale, shift = (0.1, 1.0) if name.endswith("LayerNorm.weight") else (0.1, 0.0)
        tensors[name] = (shift + scale * random.standard_normal(shape)).astype(np.float32)
    return EncoderWeights(config, vocab, tensors, "test")


@pytest.fixture
def weights() -> EncoderWeights:
    return make_weights()


QUERIES = '[PER]\nquery = "人名"\nshort = "人名"\n[LOC]\nquery = "地名"\nshort = "地名"\n'


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


@dataclass(frozen=True)
class Trained:
    """A toy data folder, its encoder, and a run of all three stages on it."""

    data: Path
    encoder: Path
    run: Path

    def config(self, stage: int, **changes) -> TrainingConfig:
        rate = {0: 3e-3, 1: 3e-3, 2: 1e-3}[stage]
        epochs = {0: 30, 1: 10, 2: 2}[stage]
        return TrainingConfig(
            **{"epochs": epochs, "learning_rate": rate, "token_budget": 512, "modules": 2, "shared": 0, **changes}
        )

    def train(
        self,
        stage: int,
        run: Path | None = None,
        resume: bool = False,
        overwrite: bool = False,
        predecessor: Path | None = None,
        match: bool = False,
        shared_layers: int = 0,
        **changes,
    ) -> Path:
        from bert_mrc_theseus.training.stages import train_stage

        config = self.config(stage, **changes)
        return train_stage(
            stage,
            self.data,
            run or self.run,
            config,
            str(self.encoder),
            "short",
            100,
            16,
            predecessor,
            match,
            shared_layers,
            resume,
            overwrite,
            Console(quiet=True),
        )


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Trained:
    from bert_mrc_theseus.model_files.huggingface import write_huggingface

    root = tmp_path_factory.mktemp("trained")
    for name, count, seed in (("train", 60, 1), ("dev", 12, 2), ("test", 12, 3)):
        write_documents(root / "data" / f"{name}.jsonl", toy_documents(count, seed))
    (root / "data" / "queries.toml").write_text(QUERIES, encoding="utf-8")
    write_huggingface(make_weights(layers=4, hidden=32), root / "bert")
    made = Trained(root / "data", root / "bert", root / "run")
    for stage in (0, 1, 2):
        made.train(stage)
    return made
