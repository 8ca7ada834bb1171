"""Corpus formats -> documents: one file a family of formats. The mirror of `bert_mrc_theseus.output`.

formats        READERS, the formats by name
read_report    what a reader noticed
columns        a character and a tag a line; lines of characters beside lines of tags
span_formats   spans by offsets: JSON, JSONL, TSV, text
brat           BRAT standoff
marked_text    entities marked in the text itself
silver         raw text, annotated by jieba
"""
