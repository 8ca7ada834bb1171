"""Models at rest: our own folder, encoders of other projects. NumPy and safetensors, no Keras.

encoder_weights  shape and tensors of a BERT encoder, and their names
bert_config      config.json and vocab.txt of other projects
huggingface, tensorflow1, e5_small_zh   encoders that can be read and written
encoders         reading and writing any of them
model_folder     a trained model in a folder of ours
averaging        the mean of several models
"""
