"""`compare`: ways to compress a predecessor, side by side.

methods        what is compared
table          a row a candidate
compare        training and evaluating
"""
