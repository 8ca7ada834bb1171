"""Entities of texts: the Python interface, and what feeds it.

predict        documents with their examples -> documents with entities
pieces         long documents in pieces, documents in groups
frames         a column of texts -> a column of entities
extractor      `Extractor`
progress       how far a prediction is
inputs         text files, JSONL, folders, standard input -> documents
"""
