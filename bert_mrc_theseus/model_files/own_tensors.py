"""Tensors of a model beside those of its encoder: heads, and what words add."""

from bert_mrc_theseus.model_files.encoder_weights import PIECE_EMBEDDINGS, TOP, layer_shapes
from bert_mrc_theseus.model_files.model_config import ModelConfig
from bert_mrc_theseus.mrc.lexicon import BITS
from bert_mrc_theseus.mrc.tokenizer import PLACES


def own_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Every tensor of a model beside those of its encoder, with its shape."""
    hidden, words = config.encoder.hidden_size, config.words
    shapes: dict[str, tuple[int, ...]] = {"heads.span.weight": (2, hidden), "heads.span.bias": (2,)}
    if config.match is not None:
        size, longest = config.match.size, config.match.longest
        shapes |= {
            "heads.match.weight": (2 * size, hidden),
            "heads.match.bias": (2 * size,),
            "heads.match.lengths": (longest,),
        }
    if config.shares_all:
        for part in ("context", "query"):
            shapes |= {f"heads.fusion.{part}.weight": (hidden, hidden), f"heads.fusion.{part}.bias": (hidden,)}
        shapes |= {f"heads.fusion.query.LayerNorm.{kind}": (hidden,) for kind in ("weight", "bias")}
    if words is None:
        return shapes
    for place in ("embeddings", "top"):
        shapes[f"{place}.words.place_embeddings.weight"] = (PLACES, hidden)
        if words.sources:
            shapes[f"{place}.words.lexicon_embeddings.weight"] = (words.sources * BITS, hidden)
    if words.pieces:
        shapes |= {PIECE_EMBEDDINGS: (words.pieces, hidden), "embeddings.words.gate": (1,)}
    shapes |= {"top.own.weight": (hidden, hidden), "top.own.bias": (hidden,)}
    shapes |= {f"top.LayerNorm.{kind}": (hidden,) for kind in ("weight", "bias")}
    for number in range(words.layers):
        shapes |= layer_shapes(number, config.encoder, words.intermediate_size, TOP)
    return shapes
