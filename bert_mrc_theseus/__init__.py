"""Chinese named entity recognition as machine reading comprehension, compressed with BERT-of-Theseus."""

from bert_mrc_theseus.prediction.extractor import Extraction, Extractor
from bert_mrc_theseus.text.documents import Document, Entity

__all__ = ["Document", "Entity", "Extraction", "Extractor"]

__version__ = "0.1.0"
