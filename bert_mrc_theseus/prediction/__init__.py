"""Entities of texts: the Python interface, and what feeds it.

extractor      `Extractor`
inputs         text files, JSONL, folders, standard input -> documents
"""
