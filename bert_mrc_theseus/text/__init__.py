"""What everything speaks of: documents, entity types, tags, dictionaries, word lists. No model, no arrays.

json_records   JSON that others wrote, a record at a time
documents      `Entity`, `Document`
interchange    their interchange format
schema         entity types and their queries
tags           entities <-> BIO, BIOES, BMES
dictionary     a user's terms that are, or are not, entities
word_lists     words and their classes, for a lexicon
query_check    what is wrong with a query file
"""
