"""Chinese named entity recognition as machine reading comprehension, compressed with BERT-of-Theseus.

    import bert_mrc_theseus as bmt

    Extractor, Extraction                                find entities
    Document, Entity, read_documents, write_documents    texts and their entities
    Schema, EntityType, read_queries                     what to look for
    Dictionary, read_dictionary                          terms that are, or are not, entities
    Thresholds                                           what counts
    strict_scores                                        how good it is
    UserError; of its kind are UsageError, DataError, ModelError and TrainingError    what can go wrong

Deeper: `bmt.training`, `bmt.model`, `bmt.model_files`, `bmt.engines`. Nothing is imported before it is used.

The folders, from the ground up; each imports only from those before it:

    errors          everything stands on these
    files           read and written so that nothing is misread and nothing is half-written
    provenance, outputs, package_data    where results come from, what may be replaced, what the package brings
    drawing         texts with their entities marked, as HTML
    text            what everything speaks of: documents, entity types, tags, dictionaries, word lists
    tables          Parquet, Arrow, CSV, TSV -> texts, with their rows
    output          documents -> what people and other tools read
    mrc             a document as the model reads it: tokens, words, windows, pairs, batches
    decoding        probabilities -> spans -> entities of documents
    model_files     models at rest: our folder, encoders of others, run folders
    model           the network; Keras begins here
    engines         what runs a model: Keras, ONNX Runtime
    prediction      entities of texts
    evaluation      scores, mistakes, calibration, tuning, the page of a run
    training        the three stages
    onnx_export     a saved model as ONNX graphs
    comparison      ways to compress a predecessor, side by side
    integrations    components and formats of other libraries
    service         prediction over HTTP; client asks it
    bench           speed
    preprocess      corpora -> documents -> a data folder (at the top of the repository)
    cli             the commands
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from bert_mrc_theseus.decoding.spans import Thresholds
    from bert_mrc_theseus.errors import DataError, ModelError, TrainingError, UsageError, UserError
    from bert_mrc_theseus.evaluation.metrics import strict_scores
    from bert_mrc_theseus.prediction.extractor import Extraction, Extractor
    from bert_mrc_theseus.text.dictionary import Dictionary, read_dictionary
    from bert_mrc_theseus.text.documents import Document, Entity
    from bert_mrc_theseus.text.interchange import read_documents, write_documents
    from bert_mrc_theseus.text.schema import EntityType, Schema, read_queries

__version__ = "0.1.0"

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=("engines", "errors", "model", "model_files", "training"),
    submod_attrs={
        "decoding.spans": ["Thresholds"],
        "errors": ["DataError", "ModelError", "TrainingError", "UsageError", "UserError"],
        "evaluation.metrics": ["strict_scores"],
        "prediction.extractor": ["Extraction", "Extractor"],
        "text.dictionary": ["Dictionary", "read_dictionary"],
        "text.documents": ["Document", "Entity"],
        "text.interchange": ["read_documents", "write_documents"],
        "text.schema": ["EntityType", "Schema", "read_queries"],
    },
)

__all__ = [
    "DataError",
    "Dictionary",
    "Document",
    "Entity",
    "EntityType",
    "Extraction",
    "Extractor",
    "ModelError",
    "Schema",
    "Thresholds",
    "TrainingError",
    "UsageError",
    "UserError",
    "read_dictionary",
    "read_documents",
    "read_queries",
    "strict_scores",
    "write_documents",
]
