"""Documents -> what people and other tools read. The mirror of `preprocess.readers`.

write          the formats, and writing a stream of documents in one of them
entity_html    documents as HTML
svg_charts     line charts
templates/     the pages
"""
