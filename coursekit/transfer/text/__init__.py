"""Transfer learning with text: vectors for words, learnt from a corpus or made by others.

>>> from coursekit.transfer import text
>>> vectors = text.pretrained()
>>> vectors.most_similar(["king", "woman"], negative=["man"], topn=1)[0][0]
'queen'

What needs PyTorch stands in modules of its own, `text.classify` and `text.torch_modules`: to import it takes
seconds.
"""

from coursekit.transfer.text.fasttext import FastText
from coursekit.transfer.text.formats import from_gensim, pretrained, read_text, to_gensim, write_text
from coursekit.transfer.text.glove import GloVe, cooccurrences, glove_loss_and_gradients, glove_weight
from coursekit.transfer.text.sgns import sgns_loss_and_gradients
from coursekit.transfer.text.skipgram import SkipGram
from coursekit.transfer.text.subwords import ngrams
from coursekit.transfer.text.vectors import UnknownWordError, WordVectors
from coursekit.transfer.text.vocabulary import NegativeSampler, Vocabulary

__all__ = [
    "FastText",
    "GloVe",
    "NegativeSampler",
    "SkipGram",
    "UnknownWordError",
    "Vocabulary",
    "WordVectors",
    "cooccurrences",
    "from_gensim",
    "glove_loss_and_gradients",
    "glove_weight",
    "ngrams",
    "pretrained",
    "read_text",
    "sgns_loss_and_gradients",
    "to_gensim",
    "write_text",
]
