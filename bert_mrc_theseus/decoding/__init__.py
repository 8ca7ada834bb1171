"""From probabilities back to text: pure functions, below every engine. NumPy.

spans          start, end (and match) probabilities -> spans
"""
