"""`prune`: a saved model reads texts, and what its layers use least is taken out of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bert_mrc_theseus.decoding.spans import Thresholds
from bert_mrc_theseus.errors import UsageError, UserError
from bert_mrc_theseus.files.sha256 import sha256_of
from bert_mrc_theseus.model_files.model_folder import WEIGHTS, load_model
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.model_files.pruning import fewer_heads, narrow_feed_forward
from bert_mrc_theseus.model_files.training_record import TrainingRecord
from bert_mrc_theseus.onnx_export.observation import measure_squares, spread
from bert_mrc_theseus.provenance import command_line
from bert_mrc_theseus.text.documents import Document

READ = 1_000
"""Documents that are read, spread evenly."""


def prune_model(
    folder: Path,
    documents: Sequence[Document],
    heads: int | None = None,
    intermediate_size: int | None = None,
    top_intermediate_size: int | None = None,
) -> SavedModel:
    """A saved model with narrower layers and default thresholds; see `model_files.pruning`.

    Args:
        folder: model folder with weights.
        documents: texts like those that it shall read; `READ` of them are read, spread evenly.
        heads: attention heads that stay in each layer; None: all.
        intermediate_size: channels that stay in each feed-forward of the encoder; None: all.
        top_intermediate_size: the same of the layers above the encoder, which a model with words has.

    Raises:
        ModelError: the model cannot be read.
        UserError: there are no documents.
        UsageError: nothing is to be taken out, or more is to stay than there is.

    Example:
        >>> from pathlib import Path
        >>> from bert_mrc_theseus.onnx_export.prune import prune_model
        >>> from bert_mrc_theseus.text.interchange import read_documents
        >>> documents = list(read_documents(Path("data/train.jsonl")))
        >>> pruned = prune_model(Path("run/stage2/best"), documents, heads=1)
        >>> pruned.spec.config.encoder.num_heads
        1
    """
    if heads is None and intermediate_size is None and top_intermediate_size is None:
        raise UsageError("say what is to be narrower: heads, intermediate size or top intermediate size")
    if not documents:
        raise UserError("pruning needs documents that the model reads: there is none")
    whole = load_model(folder)
    bare = [replace(document, entities=()) for document in spread(documents, READ)]
    squares = measure_squares(whole, whole.spec.examples(bare))
    size = intermediate_size or whole.spec.config.encoder.intermediate_size
    pruned = narrow_feed_forward(whole, squares, size, top_intermediate_size)
    if heads is not None:
        pruned = fewer_heads(pruned, squares, heads)
    origin = {"weights": sha256_of(folder / WEIGHTS), "record": whole.spec.record.to_dict()}
    record = TrainingRecord(command=command_line(), starts_from=str(folder), more={"pruned_from": origin})
    return SavedModel(replace(pruned.spec, thresholds=Thresholds(), record=record), pruned.tensors)
