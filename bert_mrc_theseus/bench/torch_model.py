"""A saved model as Hugging Face's BertModel with the heads on top, as a user of transformers would run it."""

from typing import Any

import numpy as np
import torch
from transformers import BertConfig, BertModel

from bert_mrc_theseus.model_files.bert_config import bert_config
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.mrc.batch_types import PairBatch


def torch_model(model: SavedModel) -> tuple[Any, Any]:
    """Encoder and heads, with the saved weights, in evaluation mode.

    Raises:
        ModelError: attention heads were pruned, which `BertModel` cannot have.
    """
    shape = model.spec.config.encoder
    bert = BertModel(BertConfig(**bert_config(shape)), add_pooling_layer=False).eval()
    tensors = {name: torch.from_numpy(np.array(tensor)) for name, tensor in model.tensors.items()}
    heads = torch.nn.Linear(shape.hidden_size, 2)
    with torch.no_grad():
        heads.weight.copy_(tensors.pop("heads.span.weight"))
        heads.bias.copy_(tensors.pop("heads.span.bias"))
    bert.load_state_dict(tensors)
    return bert, heads


def torch_inputs(batch: PairBatch, context_position: int) -> dict[str, Any]:
    """A batch as arguments of `BertModel`; `context_position`: see `SharedContext`."""
    token_ids, query, lengths = (
        torch.from_numpy(values).long() for values in (batch.tokens.ids, batch.query_lengths, batch.lengths)
    )
    numbers = torch.arange(token_ids.shape[1])
    valid = numbers < lengths[:, None]
    types = (numbers >= query[:, None]) & valid
    positions = torch.where(types, numbers - query[:, None] + context_position, numbers * valid)
    return {
        "input_ids": token_ids,
        "token_type_ids": types.long(),
        "attention_mask": valid.long(),
        "position_ids": positions,
    }
