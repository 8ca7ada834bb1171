"""A document as the model reads it: tokens, windows, pairs of window and type, batches. NumPy.

tokenizer      a token a code point
windows        a text cut into pieces that the encoder can hold
examples       (window, type) pairs of documents
batching       batches by token budget
"""
