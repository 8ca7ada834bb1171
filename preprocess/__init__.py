"""Corpus formats -> documents: readers, writers, and the registry of known corpora."""
