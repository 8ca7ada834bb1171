"""What runs a model: Keras, or ONNX Runtime.

engine         what every engine does
keras_engine, onnx_engine   the two
choose         which of the two runs a model folder
import_tensorflow   TensorFlow without its greeting
"""
