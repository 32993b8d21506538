"""Writes the golden files of the embedding formats with gensim's own writer.

    pip install gensim==4.4.0 numpy==2.4.6
    python make.py

Four pieces of three numbers each; the text has as many digits as tell an f32 from its neighbours.
"""

from pathlib import Path

import numpy
from gensim.models import KeyedVectors

vectors = KeyedVectors(vector_size=3)
vectors.add_vectors(
    ["▁the", "猫", "</s>", "1.5"],
    numpy.array([[0.5, -1.25, 3.0], [0.0, 1e-3, -65504.0], [1.0, 2.0, 4.0], [-0.03125, 7.75, 0.1]], dtype=numpy.float32),
)
here = Path(__file__).parent
vectors.save_word2vec_format(str(here / "gensim.txt"), binary=False)
vectors.save_word2vec_format(str(here / "gensim.bin"), binary=True)
