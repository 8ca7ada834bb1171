"""Documents -> what people and other tools read: one file a format. The mirror of `preprocess.readers`.

formats            WRITERS, the formats by name
write              writing a stream of documents in one of them
journal            an output that is begun, killed, and goes on
unwritable         why a document cannot be written
json_streams       records as JSONL, or as one list
columns            CoNLL: a character and a tag a line
brat               BRAT standoff
file_names         a document's id as the name of a file
annotation_tools   doccano, Label Studio
entity_cells       entities as cells of a table
delimited_rows     CSV and TSV
arrow_tables       Parquet and Arrow
mrc_json           MRC JSON: a record per document and type
marked_text        text with each entity as [entity|TYPE]
terminal           text for a terminal, which control characters cannot steer
entity_html        documents as HTML, and pages from templates
svg_charts         line charts
templates/         the pages
"""
