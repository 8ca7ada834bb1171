"""A document as the model reads it: tokens, words, windows, pairs of window and type, batches. NumPy.

batch_types    what a model and its training are given: bundles of arrays, declared once
tokenizer      a token a code point
word_borders   where jieba begins a word
windows        a text cut into pieces that the encoder can hold
normalisation  one form of characters that look alike
segmentation   a text cut into the pieces of a SentencePiece vocabulary
lexicon        words of lexicons in a text, as features of its characters
lexicon_noise  what training takes out of them
examples       (window, type) pairs of documents
collate        pairs laid out as the arrays of a batch
batching       batches by token budget
"""
