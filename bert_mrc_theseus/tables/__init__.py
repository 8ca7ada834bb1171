"""Tables of rows and columns -> texts: Parquet, Arrow, CSV, TSV. Rows keep their cells, of whatever type, to be written again.

columns        the columns of a table: `Columns`, `Row`
arrow_values   values of Arrow as those of JSON
arrow_files    Parquet and Arrow, a few rows at a time
delimited      CSV and TSV
records        JSON records and lines of text as the rows of a table
kinds          which files are tables; opening them
read           rows -> documents
"""
