"""Chinese named entity recognition as machine reading comprehension, compressed with BERT-of-Theseus."""

from bert_mrc_theseus.documents import Document, Entity
from bert_mrc_theseus.prediction import Extraction, Extractor

__all__ = ["Document", "Entity", "Extraction", "Extractor"]

__version__ = "0.1.0"
