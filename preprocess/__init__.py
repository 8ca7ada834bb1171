"""Corpora -> a data folder that training reads.

readers/      corpus formats -> documents
corpora       the registry of known corpora
corpus_files  their files -> documents
convert       files of a corpus -> a data folder
type_map      other names for entity types
join          neighbouring documents as longer ones
statistics    what a corpus holds
augment       a data folder -> one with more training text
generation/   sentences of our own -> a data folder
"""
