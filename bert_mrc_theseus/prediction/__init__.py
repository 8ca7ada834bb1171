"""Entities of texts: the Python interface, and what feeds it.

predict        documents with their examples -> documents with entities
pieces         long documents in pieces, documents in groups
extractor      `Extractor`
progress       how far a prediction is
inputs         text files, JSONL, folders, standard input -> documents
"""
