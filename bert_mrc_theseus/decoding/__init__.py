"""From probabilities back to text: pure functions, below every engine. NumPy.

spans          start, end (and match) probabilities -> spans
entities       an engine's answers for windows -> entities of documents
"""
