"""BERT that reads a query and a text, and marks in the text where the query's answers start and end.

This file stands alone: `bert-mrc-theseus export --to hf` puts it beside the weights, where transformers finds it:

    AutoModel.from_pretrained(FOLDER, trust_remote_code=True)
"""

import copy
from typing import Any

import torch
from torch import nn
from transformers import BertModel
from transformers.modeling_outputs import QuestionAnsweringModelOutput
from transformers.models.bert.modeling_bert import BertLayer


class WordFeatures(nn.Module):
    """What a token's place in its piece, and what lexicons know of it, add to its state."""

    def __init__(self, config: Any):
        super().__init__()
        self.place_embeddings = nn.Embedding(config.mrc_places, config.hidden_size)
        self.sources, self.bits = config.mrc_lexicon_sources, config.mrc_lexicon_bits
        if self.sources:
            self.lexicon_embeddings = nn.Embedding(self.sources * self.bits, config.hidden_size)

    def forward(self, places: torch.Tensor, lexicon: Any) -> torch.Tensor:
        """(B, L), and the bits of each source (B, L, S), if there is one -> (B, L, H)."""
        added = self.place_embeddings(places)
        if not self.sources:
            return added
        bits = (lexicon[..., None] >> torch.arange(self.bits, device=lexicon.device)) & 1
        return added + bits.flatten(2).to(added.dtype) @ self.lexicon_embeddings.weight


class BertForMRC(BertModel):
    """Reads `[CLS] query [SEP] text [SEP]`; token types are 0 for the query and 1 for the text.

    What the config says beside BERT's own: in the lower `mrc_shared_layers` query and text do not see each other, and the text
    has the positions from `mrc_context_position` on. If all layers are shared, both are read alone, from position 0 on, and
    meet below the heads.

    A model with words (`mrc_places`) also reads what `bert_mrc_theseus.integrations.transformers_folder.word_inputs` gives.
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
        self.words = bool(getattr(config, "mrc_places", 0))
        if self.words:
            self._add_words(config)
        self.post_init()

    def _add_words(self, config: Any) -> None:
        size, above = config.hidden_size, copy.copy(config)
        above.intermediate_size = config.mrc_top_intermediate_size
        self.embeddings.words = WordFeatures(config)
        if config.mrc_pieces:
            self.embeddings.piece_embeddings = nn.Embedding(config.mrc_pieces, size)
            self.embeddings.words.gate = nn.Parameter(torch.full((1,), 0.5))
        self.top = nn.ModuleDict(
            {
                "own": nn.Linear(size, size),
                "words": WordFeatures(config),
                "LayerNorm": nn.LayerNorm(size, eps=config.layer_norm_eps),
                "layer": nn.ModuleList(BertLayer(above) for _ in range(config.mrc_top_layers)),
            }
        )

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.Tensor | None = None,
        token_pieces: torch.Tensor | None = None,
        token_places: torch.Tensor | None = None,
        token_lexicon: torch.Tensor | None = None,
        **unused: Any,
    ) -> QuestionAnsweringModelOutput:
        """Logits of starts and ends: (B, L) each; those outside of the text mean nothing.

        Args:
            input_ids: (B, L), padded on the right.
            attention_mask: (B, L), 1 on all tokens but padding; default: nothing is padding.
            token_type_ids: (B, L), see above.
            token_pieces: (B, L), row of the piece of several characters that covers the token, or -1; of models with words.
            token_places: (B, L), the token's place in its piece.
            token_lexicon: (B, L, S), bits of what each source of the lexicon knows of it.
        """
        if token_type_ids is None:
            raise ValueError("token_type_ids say where the query ends: tokenise query and text as a pair")
        valid = torch.ones_like(input_ids, dtype=torch.bool) if attention_mask is None else attention_mask.bool()
        context = token_type_ids.bool() & valid
        if self.apart:
            words = self._needed(token_pieces, token_places, token_lexicon) if self.words else []
            states = self._apart([input_ids, *words], valid, context)
        else:
            states = self._together(input_ids, valid, context)
        logits = self.heads["span"](states)
        return QuestionAnsweringModelOutput(start_logits=logits[..., 0], end_logits=logits[..., 1])

    def _needed(self, *fields: torch.Tensor | None) -> list[Any]:
        """`token_pieces`, `token_places` and `token_lexicon`, if all are there that this model reads."""
        read = [self.config.mrc_pieces, self.config.mrc_places, self.config.mrc_lexicon_sources]
        if any(size and field is None for size, field in zip(read, fields, strict=True)):
            raise ValueError(
                "this model reads words: give it token_pieces, token_places and token_lexicon too, which word_inputs of "
                "bert_mrc_theseus.integrations.transformers_folder makes"
            )
        return list(fields)

    def _together(self, input_ids: torch.Tensor, valid: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """What the heads read of pairs (B, L, H)."""
        numbers = torch.arange(input_ids.shape[1], device=input_ids.device)
        query_lengths = (valid & ~context).sum(1, keepdim=True)
        positions = torch.where(context, numbers - query_lengths + self.config.mrc_context_position, numbers * valid)
        of_one_side = (context[:, :, None] == context[:, None, :]) & valid[:, None, :]
        masks = [of_one_side] * self.config.mrc_shared_layers
        masks += [valid[:, None, :].expand_as(of_one_side)] * (self.config.num_hidden_layers - len(masks))
        hidden = self.embeddings(input_ids=input_ids, token_type_ids=context.long(), position_ids=positions)
        return self._layers(self.encoder.layer, hidden, masks)

    def _apart(self, tokens: list[Any], valid: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        """The same where query and text are read alone: `[CLS] query [SEP]`, and `[CLS] text [SEP]`.

        Args:
            tokens: ids, and of a model with words what it reads beside them.
            valid, context: bool (B, L): no padding; of the text.
        """
        numbers = torch.arange(valid.shape[1], device=valid.device)
        query = valid & ~context
        query_lengths, text_lengths = query.sum(1, keepdim=True), context.sum(1, keepdim=True) + 1
        # The last token of the query's side gives its place to a [CLS] before the text.
        source = (numbers + query_lengths - 1).clamp(max=valid.shape[1] - 1) * (numbers > 0)
        rows = torch.arange(len(valid), device=valid.device)[:, None]
        texts = [None if field is None else field[rows, source] for field in tokens]
        queries = self._alone(tokens, query)
        mean = (queries * query[..., None]).sum(1) / query_lengths.clamp(min=1)
        fusion = self.heads["fusion"]
        asked = fusion["query"].LayerNorm(fusion["query"](mean))
        states = fusion["context"](self._alone(texts, numbers < text_lengths)) * asked[:, None]
        back = (numbers - query_lengths + 1).clamp(min=0)
        return states.gather(1, back[..., None].expand_as(states))

    def _alone(self, tokens: list[Any], valid: torch.Tensor) -> torch.Tensor:
        numbers = torch.arange(valid.shape[1], device=valid.device)
        seen = valid[:, None, :].expand(-1, valid.shape[1], -1)
        types, positions = torch.zeros_like(tokens[0]), numbers * valid
        if not self.words:
            hidden = self.embeddings(input_ids=tokens[0], token_type_ids=types, position_ids=positions)
            return self._layers(self.encoder.layer, hidden, [seen] * len(self.encoder.layer))
        ids, pieces, places, lexicon = tokens
        table, top = self.embeddings, self.top
        own = table.word_embeddings(ids)
        summed = own
        if self.config.mrc_pieces:
            gate = (pieces >= 0)[..., None] * table.words.gate
            summed = own + gate * (table.piece_embeddings(pieces.clamp(min=0)) - own)
        summed = summed + table.words(places, lexicon)
        summed = summed + table.position_embeddings(positions) + table.token_type_embeddings(types)
        hidden = table.dropout(table.LayerNorm(summed))
        hidden = self._layers(self.encoder.layer, hidden, [seen] * len(self.encoder.layer))
        hidden = table.dropout(top["LayerNorm"](hidden + top["own"](own) + top["words"](places, lexicon)))
        return self._layers(top["layer"], hidden, [seen] * len(top["layer"]))

    def _layers(self, layers: nn.ModuleList, hidden: torch.Tensor, masks: list[torch.Tensor]) -> torch.Tensor:
        """Runs layers, each with what its tokens see (B, L, L)."""
        for layer, seen in zip(layers, masks, strict=True):
            bias = torch.zeros_like(seen, dtype=hidden.dtype).masked_fill(~seen, torch.finfo(hidden.dtype).min)
            output = layer(hidden, bias[:, None])
            # A tuple in some versions of transformers.
            hidden = output[0] if isinstance(output, tuple) else output
        return hidden
