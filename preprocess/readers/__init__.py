"""Corpus formats -> documents: one file a family of formats. The mirror of `bert_mrc_theseus.output`.

formats        READERS, the formats by name
sources        files as readers read them: in the encoding that the user names, a line or a record at a time
read_report    what a reader noticed
paths          files behind a path
offsets        offsets in other units, told by the copied texts
tagged         records with a tag per token -> documents
columns        a token and a tag a line
weibo          the columns of Weibo NER
uner           Universal NER
tag_lines      lines of characters beside lines of tags
span_formats   spans by offsets: JSON, JSONL, TSV, text
brat           BRAT standoff
hf_datasets    Hugging Face datasets with tokens and tags
label_studio   exports of Label Studio
tables         Parquet, Arrow, CSV, TSV
marked_text    entities marked in the text itself
silver         raw text, annotated by jieba
"""
