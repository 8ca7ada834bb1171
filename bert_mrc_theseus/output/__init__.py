"""Documents -> what people and other tools read: one file a format. The mirror of `preprocess.readers`.

write              WRITERS, the formats by name; writing a stream of documents in one of them
json_streams       records as JSONL, or as one list
columns            CoNLL: a character and a tag a line
brat               BRAT standoff
annotation_tools   doccano, Label Studio
mrc_json           MRC JSON: a record per document and type
marked_text        text with each entity as [entity|TYPE]
entity_html        documents as HTML
svg_charts         line charts
templates/         the pages
"""
