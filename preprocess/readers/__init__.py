"""Corpus formats -> documents: one file a family of formats. The mirror of `bert_mrc_theseus.output`.

formats        READERS, the formats by name
sources        files as readers read them: in the encoding that the user names, a line or a record at a time
read_report    what a reader noticed
paths          files behind a path
offsets        offsets in other units, told by the copied texts
columns        a character and a tag a line; lines of characters beside lines of tags
span_formats   spans by offsets: JSON, JSONL, TSV, text
brat           BRAT standoff
label_studio   exports of Label Studio
tables         Parquet, Arrow, CSV, TSV
marked_text    entities marked in the text itself
silver         raw text, annotated by jieba
"""
