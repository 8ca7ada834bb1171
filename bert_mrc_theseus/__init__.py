"""Chinese named entity recognition as machine reading comprehension, compressed with BERT-of-Theseus."""

__version__ = "0.1.0"
