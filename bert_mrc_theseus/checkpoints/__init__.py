"""Reading and writing encoder weights in the formats of other projects."""
