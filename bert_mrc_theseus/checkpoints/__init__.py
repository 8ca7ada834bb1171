"""Reading and writing encoder weights in the formats of other projects."""

from bert_mrc_theseus.checkpoints.e5_small_zh import NAME, load_e5_small_zh
from bert_mrc_theseus.checkpoints.huggingface import read_huggingface
from bert_mrc_theseus.checkpoints.weights import EncoderWeights


def load_encoder(spec: str) -> EncoderWeights:
    return load_e5_small_zh() if spec == NAME else read_huggingface(spec)
