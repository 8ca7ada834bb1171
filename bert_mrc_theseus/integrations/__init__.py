"""What other libraries' ways of working need. Each module needs its library, an extra of its own.

spacy_component     the component `bert_mrc_theseus` of a spaCy pipeline
seqeval_report      `evaluate --seqeval`: seqeval's report beside ours
transformers_folder   `export --to hf`: a folder that transformers loads
modeling_bert_mrc   what transformers loads it with; stands alone, and is copied into the folder
"""
