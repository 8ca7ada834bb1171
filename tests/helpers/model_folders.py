"""Folders of tiny models, with weights and graphs."""

from pathlib import Path

from bert_mrc_theseus.decoding.entities import FlatAnswers
from bert_mrc_theseus.engines.choose import load_engine
from bert_mrc_theseus.engines.graph_files import write_graphs
from bert_mrc_theseus.model_files.model_folder import load_model, save_model
from bert_mrc_theseus.model_files.model_spec import SavedModel
from bert_mrc_theseus.onnx_export.graphs import build_graphs, serialised
from bert_mrc_theseus.text.documents import Document


def save_with_graphs(folder: Path, model: SavedModel) -> None:
    """Writes a model folder that Keras and ONNX Runtime can run."""
    save_model(folder, model)
    write_graphs(folder, serialised(build_graphs(model)))


def use_model(folder: Path) -> None:
    """Loads a model in all ways, and runs its graphs."""
    load_model(folder)
    spec, engine = load_engine(folder, "onnx")
    documents = [Document("", "李明在北京")]
    examples = spec.examples(documents)
    answers = FlatAnswers(examples, spec.schema)
    try:
        engine.answer(examples, answers.add)
    finally:
        engine.close()
    answers.documents(documents)
