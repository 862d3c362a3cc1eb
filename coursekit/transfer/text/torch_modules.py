"""Skip-gram, GloVe and fastText as PyTorch modules whose `forward` is the loss; autograd has the gradients.

The same losses as in `sgns`, `glove` and `fasttext`, equation by equation; tests hold them equal. The NumPy
learners are quicker, since a step of theirs touches only the rows of its batch.

>>> model = SkipGram(words=1000, dim=50)
>>> optimiser = torch.optim.SGD(model.parameters(), lr=0.025)
>>> loss = model(centres, contexts, negatives)  # int64 (B,), (B,), (B, K)
>>> loss.backward(); optimiser.step()
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional as F

from coursekit.transfer.text.subwords import Groups


def sgns_loss(
    centre: Float[Tensor, "*B D"], context: Float[Tensor, "*B D"], negatives: Float[Tensor, "*B K D"]
) -> Float[Tensor, ""]:
    """Return the loss of skip-gram with negative sampling, summed over all pairs.

    -log s(u . v) - sum over k of log s(-n_k . v)  (Mikolov et al. 2013b, equation 4)
    """
    positive = (centre * context).sum(dim=-1)  # u . v
    negative = (negatives @ centre[..., None])[..., 0]  # n_k . v
    return -F.logsigmoid(positive).sum() - F.logsigmoid(-negative).sum()


def glove_loss(
    w: Float[Tensor, "B D"],
    w_tilde: Float[Tensor, "B D"],
    b: Float[Tensor, " B"],
    b_tilde: Float[Tensor, " B"],
    x: Float[Tensor, " B"],
    x_max: float | int = 100,
    alpha: float | int = 0.75,
) -> Float[Tensor, ""]:
    """Return GloVe's loss, summed over pairs.

    f(x) (w . w~ + b + b~ - log x)^2, f(x) = min(x / x_max, 1)^alpha  (Pennington et al. 2014, equations 8, 9)
    """
    weight = (x / x_max).clamp(max=1) ** alpha
    difference = (w * w_tilde).sum(dim=-1) + b + b_tilde - x.log()
    return (weight * difference**2).sum()


class SkipGram(nn.Module):
    """Skip-gram: a vector for each word as centre and one as context.

    Parameters
    ----------
    words
        How many words there are.
    dim
        How many numbers a vector has.
    """

    def __init__(self, words: int, dim: int = 50) -> None:
        super().__init__()
        self.centres: nn.Embedding | nn.EmbeddingBag = nn.Embedding(words, dim)
        self.contexts = nn.Embedding(words, dim)
        nn.init.uniform_(self.centres.weight, -0.5 / dim, 0.5 / dim)  # as word2vec.c does
        nn.init.zeros_(self.contexts.weight)

    def forward(
        self, centres: Int64[Tensor, " B"], contexts: Int64[Tensor, " B"], negatives: Int64[Tensor, "B K"]
    ) -> Float[Tensor, ""]:
        """Return the loss of these pairs and their negatives."""
        return sgns_loss(self.vectors(centres), self.contexts(contexts), self.contexts(negatives))

    def vectors(self, words: Int64[Tensor, " B"]) -> Float[Tensor, "B D"]:
        """Return the vectors of these words as centres."""
        found: Float[Tensor, "B D"] = self.centres(words)
        return found


class FastText(SkipGram):
    """fastText: skip-gram whose centres are means of rows, one for each of a word's n-grams and the word.

    Parameters
    ----------
    groups
        For each word, its rows in the table of n-grams and words.
    rows
        How many rows the table has.
    dim
        How many numbers a vector has.
    """

    def __init__(self, groups: Groups, rows: int, dim: int = 50) -> None:
        super().__init__(len(groups.sizes()), dim)
        self.groups = groups
        self.centres = nn.EmbeddingBag(rows, dim, mode="mean")  # in place of a row for each word
        nn.init.uniform_(self.centres.weight, -0.5 / dim, 0.5 / dim)

    def vectors(self, words: Int64[Tensor, " B"]) -> Float[Tensor, "B D"]:
        """Return the means of these words' rows."""
        rows, starts = self.groups.choose(words.numpy())
        found: Float[Tensor, "B D"] = self.centres(torch.from_numpy(rows), torch.from_numpy(starts[:-1]))
        return found


class GloVe(nn.Module):
    """GloVe: two vectors and two biases for each word.

    Parameters
    ----------
    words
        How many words there are.
    dim
        How many numbers a vector has.
    x_max, alpha
        As in `glove_loss`.
    """

    def __init__(
        self, words: int, dim: int = 50, x_max: float | int = 100, alpha: float | int = 0.75
    ) -> None:
        super().__init__()
        self.x_max, self.alpha = x_max, alpha
        self.w, self.w_tilde = nn.Embedding(words, dim), nn.Embedding(words, dim)
        self.b, self.b_tilde = nn.Embedding(words, 1), nn.Embedding(words, 1)
        for table in (self.w, self.w_tilde):
            nn.init.uniform_(table.weight, -0.5 / dim, 0.5 / dim)
        for table in (self.b, self.b_tilde):
            nn.init.zeros_(table.weight)

    def forward(
        self, i: Int64[Tensor, " B"], j: Int64[Tensor, " B"], x: Float[Tensor, " B"]
    ) -> Float[Tensor, ""]:
        """Return the loss of the pairs i, j that were counted x times."""
        b, b_tilde = self.b(i)[:, 0], self.b_tilde(j)[:, 0]
        return glove_loss(self.w(i), self.w_tilde(j), b, b_tilde, x, self.x_max, self.alpha)
