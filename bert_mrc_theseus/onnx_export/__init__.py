"""A saved model as ONNX graphs, float32 or int8, checked: what `engines.onnx_engine` runs.

nodes          a graph, a node at a time
encoder_nodes  a BERT encoder and its heads
text_nodes     what reads texts and queries apart
text_graphs    the two graphs of a model that shares all layers
graphs         the two graphs of a model
quantisation   int8 weights and uint8 inputs
observation    what enters the products while texts are read
export         `export --to onnx`
prune          `prune`: texts are read, and what the layers use least goes
"""
