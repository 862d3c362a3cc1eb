"""Which words stand near which: the pairs that skip-gram learns from and that GloVe counts."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64, Int32, Int64

from coursekit.transfer.text.vocabulary import flatten

Pairs = tuple[Int32[np.ndarray, " P"], Int32[np.ndarray, " P"]]
SENTENCES = 4096  # so many are looked at together


def skip_grams(
    sentences: list[Int32[np.ndarray, " _"]],
    window: int,
    keep: Float64[np.ndarray, " V"],
    rng: np.random.Generator,
) -> Iterator[tuple[Pairs, int]]:
    """Yield pairs (centre, context) in random order, some thousand sentences at a time.

    Words are first dropped by `keep`, so that a window reaches further where frequent words stood. Each
    centre's window is drawn from 1 to `window` words to either side: near words count more (Mikolov et al.
    2013a, section 3.2). It never reaches into another sentence.

    Yields
    ------
    pairs
        Two int32 arrays (P,).
    words
        How many words of the text they are from, the dropped ones counted.
    """
    order = rng.permutation(len(sentences))
    for start in range(0, len(order), SENTENCES):
        words, sentence = flatten([sentences[i] for i in order[start : start + SENTENCES]])
        seen = len(words)
        kept = rng.random(len(words)) < keep[words]
        words, sentence = words[kept], sentence[kept]
        reach = rng.integers(1, window + 1, size=len(words))
        centres, contexts = [], []
        for distance in range(1, window + 1):
            left = np.flatnonzero(sentence[distance:] == sentence[:-distance])
            for centre, context in ((left, left + distance), (left + distance, left)):
                inside = reach[centre] >= distance
                centres.append(words[centre[inside]])
                contexts.append(words[context[inside]])
        shuffled = rng.permutation(sum(map(len, centres)))
        yield (np.concatenate(centres)[shuffled], np.concatenate(contexts)[shuffled]), seen


def weighted_counts(
    sentences: list[Int32[np.ndarray, " _"]], window: int, size: int
) -> tuple[Int32[np.ndarray, " P"], Int32[np.ndarray, " P"], Float64[np.ndarray, " P"]]:
    """Count which words stand within `window` words of each other; a pair d words apart counts 1/d.

    Returns
    -------
    i, j
        int32 (P,), the pairs that occur. Both (i, j) and (j, i) are there.
    x
        float64 (P,), their counts (Pennington et al. 2014, section 4.2).
    """
    keys: Int64[np.ndarray, " P"] = np.empty(0, np.int64)
    counts: Float64[np.ndarray, " P"] = np.empty(0)
    for start in range(0, len(sentences), SENTENCES):
        words, sentence = flatten(sentences[start : start + SENTENCES])
        found, weights = [keys], [counts]
        for distance in range(1, window + 1):
            near = sentence[distance:] == sentence[:-distance]
            a = words[:-distance][near].astype(np.int64)
            b = words[distance:][near].astype(np.int64)
            found += [a * size + b, b * size + a]
            weights += [np.full(2 * len(a), 1 / distance)]
        keys, place = np.unique(np.concatenate(found), return_inverse=True)
        counts = np.bincount(place, np.concatenate(weights), len(keys)).astype(np.float64)  # int if empty
    return (keys // size).astype(np.int32), (keys % size).astype(np.int32), counts
