"""BERT that reads a query and a text, and marks in the text where the query's answers start and end.

This file stands alone: `bert-mrc-theseus export --to hf` puts it beside the weights, where transformers finds it:

    AutoModel.from_pretrained(FOLDER, trust_remote_code=True)
"""

from typing import Any

import torch
from torch import nn
from transformers import BertModel
from transformers.modeling_outputs import QuestionAnsweringModelOutput


class BertForMRC(BertModel):
    """Reads `[CLS] query [SEP] text [SEP]`; token types are 0 for the query and 1 for the text.

    What the config says beside BERT's own: in the lower `mrc_shared_layers` query and text do not see each other, and the text
    has the positions from `mrc_context_position` on. If all layers are shared, both are read alone, from position 0 on, and
    meet below the heads.
    """

    def __init__(self, config: Any, add_pooling_layer: bool = False):
        super().__init__(config, add_pooling_layer=False)
        size = config.hidden_size
        self.heads = nn.ModuleDict({"span": nn.Linear(size, 2)})
        self.apart = config.mrc_shared_layers == config.num_hidden_layers
        if self.apart:
            query = nn.Linear(size, size)
            query.LayerNorm = nn.LayerNorm(size, eps=config.layer_norm_eps)
            self.heads["fusion"] = nn.ModuleDict({"context": nn.Linear(size, size), "query": query})
        self.post_init()

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.Tensor | None = None,
        **unused: Any,
    ) -> QuestionAnsweringModelOutput:
        """Logits of starts and ends: (B, L) each; those outside of the text mean nothing.

        Args:
            input_ids: (B, L), padded on the right.
            attention_mask: (B, L), 1 on all tokens but padding; default: nothing is padding.
            token_type_ids: (B, L), see above.
        """
        if token_type_ids is None:
            raise ValueError("token_type_ids say where the query ends: tokenise query and text as a pair")
        valid = torch.ones_like(input_ids, dtype=torch.bool) if attention_mask is None else attention_mask.bool()
        context = token_type_ids.bool() & valid
        heads = self._apart if self.apart else self._together
        logits = self.heads["span"](heads(input_ids, valid, context))
        return QuestionAnsweringModelOutput(start_logits=logits[..., 0], end_logits=logits[..., 1])

    def _together(self, input_ids: torch.Tensor, valid: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """What the heads read of pairs (B, L, H)."""
        numbers = torch.arange(input_ids.shape[1], device=input_ids.device)
        query_lengths = (valid & ~context).sum(1, keepdim=True)
        positions = torch.where(context, numbers - query_lengths + self.config.mrc_context_position, numbers * valid)
        of_one_side = (context[:, :, None] == context[:, None, :]) & valid[:, None, :]
        masks = [of_one_side] * self.config.mrc_shared_layers
        masks += [valid[:, None, :].expand_as(of_one_side)] * (self.config.num_hidden_layers - len(masks))
        return self._layers(input_ids, context.long(), positions, masks)

    def _apart(self, input_ids: torch.Tensor, valid: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """The same where query and text are read alone: `[CLS] query [SEP]`, and `[CLS] text [SEP]`."""
        numbers = torch.arange(input_ids.shape[1], device=input_ids.device)
        query = valid & ~context
        query_lengths, text_lengths = query.sum(1, keepdim=True), context.sum(1, keepdim=True) + 1
        # The last token of the query's side gives its place to a [CLS] before the text.
        source = (numbers + query_lengths - 1).clamp(max=input_ids.shape[1] - 1)
        texts = torch.where(numbers == 0, input_ids[:, :1], input_ids.gather(1, source))
        queries = self._alone(input_ids, query)
        mean = (queries * query[..., None]).sum(1) / query_lengths.clamp(min=1)
        fusion = self.heads["fusion"]
        asked = fusion["query"].LayerNorm(fusion["query"](mean))
        states = fusion["context"](self._alone(texts, numbers < text_lengths)) * asked[:, None]
        back = (numbers - query_lengths + 1).clamp(min=0)
        return states.gather(1, back[..., None].expand_as(states))

    def _alone(self, input_ids: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        numbers = torch.arange(input_ids.shape[1], device=input_ids.device)
        masks = [valid[:, None, :].expand(-1, input_ids.shape[1], -1)] * self.config.num_hidden_layers
        return self._layers(input_ids, torch.zeros_like(input_ids), numbers * valid, masks)

    def _layers(
        self, input_ids: torch.Tensor, types: torch.Tensor, positions: torch.Tensor, masks: list[torch.Tensor]
    ) -> torch.Tensor:
        """All layers, each with what its tokens see (B, L, L)."""
        hidden = self.embeddings(input_ids=input_ids, token_type_ids=types, position_ids=positions)
        for layer, seen in zip(self.encoder.layer, masks, strict=True):
            bias = torch.zeros_like(seen, dtype=hidden.dtype).masked_fill(~seen, torch.finfo(hidden.dtype).min)
            output = layer(hidden, bias[:, None])
            # A tuple in some versions of transformers.
            hidden = output[0] if isinstance(output, tuple) else output
        return hidden
