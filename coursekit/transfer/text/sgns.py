"""Skip-gram with negative sampling: the loss of Mikolov et al. 2013b (equation 4) and its gradients.

A centre word's vector v should have a large product with the vector u of a word in its window, and small
ones with the vectors n_1 ... n_K of words drawn at random:

    loss = - log s(u . v) - sum over k of  log s(-n_k . v),        s(x) = 1 / (1 + exp(-x))
"""

import numpy as np
from jaxtyping import Float, Int


def sgns_loss_and_gradients(
    centre: Float[np.ndarray, "*B D"],
    context: Float[np.ndarray, "*B D"],
    negatives: Float[np.ndarray, "*B K D"],
) -> tuple[float, Float[np.ndarray, "*B D"], Float[np.ndarray, "*B D"], Float[np.ndarray, "*B K D"]]:
    """Return the loss, summed over all pairs, and its gradients by the three arguments.

    Parameters
    ----------
    centre
        v, the centre words' vectors.
    context
        u, the vectors of one word of each one's window.
    negatives
        n, the vectors of the K negatives of each pair.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    if centre.shape != context.shape or negatives.shape[:-2] + negatives.shape[-1:] != centre.shape:
        raise ValueError(
            f"shapes are {centre.shape}, {context.shape}, {negatives.shape}; "
            "expected (B, D), (B, D), (B, K, D)"
        )
    positive = (centre * context).sum(axis=-1, keepdims=True)  # u . v
    negative = (negatives @ centre[..., None])[..., 0]  # n_k . v
    loss = -log_sigmoid(positive).sum() - log_sigmoid(-negative).sum()

    dpositive = sigmoid(positive) - 1  # d loss / d (u . v)
    dnegative = sigmoid(negative)  # d loss / d (n_k . v)
    dcontext = dpositive * centre
    dnegatives = dnegative[..., None] * centre[..., None, :]
    dcentre = dpositive * context + (dnegative[..., None, :] @ negatives)[..., 0, :]
    return float(loss), dcentre, dcontext, dnegatives


def sigmoid(x: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return 1 / (1 + exp(-x)), without overflow."""
    return (1 + np.tanh(x / 2)) / 2


def log_sigmoid(x: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return log(1 / (1 + exp(-x))), without overflow."""
    softplus: Float[np.ndarray, ...] = np.logaddexp(0, -x)
    return -softplus


def add_rows(
    table: Float[np.ndarray, "V D"], rows: Int[np.ndarray, " N"], values: Float[np.ndarray, "N D"]
) -> None:
    """Add `values[n]` to `table[rows[n]]` for every n, in place; a row that comes twice gets both.

    `np.add.at(table, rows, values)`, but number by number: NumPy has a fast way for that alone.
    """
    dim = table.shape[1]
    flat = (rows[:, None] * np.int64(dim) + np.arange(dim)).ravel()
    np.add.at(table.reshape(-1), flat, values.ravel())
