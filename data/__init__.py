"""Data shipped with the package: entity-type queries and the sample corpus."""
