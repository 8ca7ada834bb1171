"""Entities of texts: the Python interface, and what feeds it.

predict        documents with their examples -> documents with entities
pieces         long documents in pieces, documents in groups
extractor      `Extractor`
input_files    which files are read
inputs         text, JSONL, tables -> documents
"""
