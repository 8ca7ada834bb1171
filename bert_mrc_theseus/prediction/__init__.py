"""Entities of texts: the Python interface, and what feeds it.

predict        documents with their examples -> documents with entities
pieces         long documents in pieces, documents in groups
workers        processes that predict
group          a group, predicted in this process or by a worker
frames         a column of texts -> a column of entities
texts          what the Python interface is given as texts -> documents
wanted_schema  which types are looked for
extractor      `Extractor`
progress       how far a prediction is
input_files    which files are read
inputs         text, JSONL, tables -> documents
parts          large inputs in parts, each with an output of its own
job_folder     the folder of these outputs
ray_data       `Find`, for Ray Data
ray_job        parts on the actors of a Ray cluster
"""
