"""The network: the only folder that is Keras through and through.

encoder        BERT layers
heads          start and end logits, match logits
mrc_model      encoder and heads
theseus        a predecessor whose modules are replaced by a successor's layers
jax_backend    what Keras' JAX backend needs
"""
