"""Our skip-gram and fastText beside gensim's: pairs a second, shared neighbours, WordSim-353.

Run by `python benchmarks/words.py`. Everything is learnt on one thread from the same glosses with the same
settings, ours and gensim's in turns. The seconds are the processor's, of the whole call, the vocabulary
included: a busy machine changes them little, and what it changes hits both.
"""

import time
from collections.abc import Mapping
from itertools import chain
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from coursekit.data import glosses
from coursekit.experiments import words
from coursekit.transfer.text import Vocabulary, WordVectors
from coursekit.transfer.text.windows import skip_grams

ROUNDS, EPOCHS = 3, 3
PAIRS = {"SkipGram": "gensim Word2Vec", "FastText": "gensim FastText"}


def pairs_of_an_epoch(corpus: list[list[str]], settings: Mapping[str, float], gensims: bool) -> int:
    """Count the pairs that an epoch learns from: windows and frequent words' dropping are drawn once.

    gensim keeps a frequent word with probability sqrt(t / f) + t / f, as word2vec.c does, in place of the
    paper's sqrt(t / f), and so has a few more pairs.
    """
    vocabulary = Vocabulary(corpus, settings["min_count"])
    keep = vocabulary.keep_probabilities(settings["subsample"])
    if gensims:
        ratio = settings["subsample"] / (vocabulary.counts / vocabulary.counts.sum())
        keep = np.minimum(1, np.sqrt(ratio) + ratio)
    rng = np.random.default_rng(0)
    parts = skip_grams(vocabulary.encode(corpus), settings["window"], keep, rng)
    return sum(len(centres) for (centres, _), _ in parts)


def main() -> None:
    """Measure, and print a table in Markdown."""
    threadpool_limits(1)
    settings = words.study().settings
    corpus = glosses.corpus()[:: settings["every"]]
    pairs = {gensims: EPOCHS * pairs_of_an_epoch(corpus, settings, gensims) for gensims in (False, True)}
    speeds: dict[str, list[float]] = {arm: [] for arm in chain(*PAIRS.items())}
    learnt: dict[str, list[WordVectors]] = {arm: [] for arm in speeds}
    with tqdm(total=ROUNDS * len(speeds)) as bar:
        for seed in range(ROUNDS):
            for arm in speeds:
                start = time.process_time()
                learnt[arm].append(words.learn(arm, corpus, settings, EPOCHS, seed))
                speeds[arm].append(pairs[arm.startswith("gensim")] / (time.process_time() - start))
                bar.update()
    print(f"{len(corpus):,} glosses, {EPOCHS} epochs, {ROUNDS} rounds: medians; mean ± deviation\n")
    print("| ours | gensim's | pairs a second, ours | gensim's | ratio | shared of 10 neighbours |", end="")
    print(" gensim with itself | by chance | WordSim-353, ours | gensim's |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for ours, theirs in PAIRS.items():
        a, b = learnt[ours], learnt[theirs]
        asked = a[0].words[50:350]
        ratios = [mine / other for mine, other in zip(speeds[ours], speeds[theirs], strict=True)]
        shared = np.mean([words.shared_neighbours(x, y, asked) for x, y in zip(a, b, strict=True)])
        again = words.shared_neighbours(b[0], b[1], asked)
        scores = [[words.score(v) for v in side] for side in (a, b)]
        mine, other = (f"{np.mean(s):.3f} ± {np.std(s, ddof=1):.3f}" for s in scores)
        print(
            f"| {ours} | {theirs} | {median(speeds[ours]):,.0f} | {median(speeds[theirs]):,.0f} "
            f"| {median(ratios):.2f} | {shared:.3f} | {again:.3f} | {10 / len(a[0]):.4f} | {mine} | {other} |"
        )


if __name__ == "__main__":
    main()
