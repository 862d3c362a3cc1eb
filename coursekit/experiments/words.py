"""Word vectors learnt from WordNet's glosses: our learners beside gensim's, with the same settings.

What vectors are worth is told by WordSim-353 (Finkelstein et al. 2002): people said how closely 353 pairs of
words are related, and the score is the rank correlation of that with the cosines. gensim brings the pairs.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from coursekit.experiments.study import Settings, Study
from coursekit.transfer.text import FastText, GloVe, SkipGram, WordVectors, from_gensim, to_gensim

ARMS = ("SkipGram", "gensim Word2Vec", "FastText", "gensim FastText", "GloVe")


def study(sizes: tuple[int, ...] = (1, 3), seeds: tuple[int, ...] = (0, 1, 2)) -> Study:
    """Return the study: the score of each learner's vectors after so many epochs.

    Parameters
    ----------
    sizes
        How often the glosses are gone through.
    seeds
        Fix first vectors, windows and negatives. The glosses are always the same.
    """
    return Study(
        name="words",
        x="epochs",
        y="rank correlation with WordSim-353",
        arms=ARMS,
        sizes=sizes,
        seeds=seeds,
        settings={
            "corpus": "wordnet_glosses",
            "every": 3,  # every third gloss is learnt from
            "dim": 50,
            "window": 5,
            "negative": 5,
            "min_count": 3,
            "subsample": 1e-3,
            "lr": 0.1,
            "buckets": 50_000,
            "glove_window": 10,
            "glove_x_max": 10,
        },
        measure=measure,
    )


def measure(settings: Settings, folder: Path, size: int, seed: int) -> dict[str, float]:
    """Return the score of each arm's vectors after `size` epochs."""
    return {arm: score(vectors(settings, folder, arm, size, seed)) for arm in ARMS}


def vectors(settings: Settings, folder: Path, arm: str, epochs: int, seed: int) -> WordVectors:
    """Return the arm's vectors: those kept in `folder` if they were learnt before, by these settings."""
    name = Study("words", "", "", (arm,), (), (), settings, measure).fingerprint()
    kept = folder / "words" / f"{arm.replace(' ', '-')}-{epochs}-{seed}-{name}"
    if not kept.is_dir():
        from coursekit.data import glosses

        partial = kept.with_name(f"{kept.name}.{os.getpid()}.partial")
        learn(arm, glosses.corpus()[:: settings["every"]], settings, epochs, seed).save(partial)
        if kept.is_dir():
            shutil.rmtree(partial)
        else:
            partial.rename(kept)
    return WordVectors.load(kept)


def learn(
    arm: str, corpus: Sequence[Sequence[str]], settings: Settings, epochs: int, seed: int
) -> WordVectors:
    """Return vectors that the arm's learner learnt from the corpus: `dim` numbers a word."""
    common = {key: settings[key] for key in ("window", "negative", "min_count")}
    if arm.startswith("gensim"):
        import gensim.models

        learner = getattr(gensim.models, arm.removeprefix("gensim "))
        more = {"bucket": settings["buckets"]} if arm == "gensim FastText" else {}
        return from_gensim(
            learner(
                corpus,
                vector_size=settings["dim"],
                sg=1,
                sample=settings["subsample"],
                epochs=epochs,
                alpha=settings["lr"],
                seed=seed + 1,  # gensim's seeds count from 1
                workers=1,
                hashfxn=_hash,
                **common,
                **more,
            ).wv
        )
    if arm == "GloVe":
        glove = GloVe(
            settings["dim"],
            settings["glove_window"],
            settings["glove_x_max"],
            min_count=settings["min_count"],
            epochs=epochs,
            lr=settings["lr"],
            seed=seed,
        )
        return glove.fit(corpus, progress=False).vectors
    common |= {key: settings[key] for key in ("dim", "subsample", "lr")} | {"epochs": epochs, "seed": seed}
    ours = FastText(buckets=settings["buckets"], **common) if arm == "FastText" else SkipGram(**common)
    return ours.fit(corpus, progress=False).vectors


def neighbours(
    study: Study, folder: Path, asked: Sequence[str] = ("river", "wine", "music", "soldier", "disease")
) -> list[tuple[str, ...]]:
    """Return a row for each word asked: it, and its four nearest by each arm after the most epochs."""
    found = [vectors(study.settings, folder, arm, max(study.sizes), study.seeds[0]) for arm in study.arms]
    return [
        (word, *(", ".join(near for near, _ in v.most_similar(word, topn=4)) for v in found))
        for word in asked
    ]


def score(vectors: WordVectors) -> float:
    """Return Spearman's rank correlation with WordSim-353, over the pairs whose words both have a vector."""
    from gensim.test.utils import datapath

    _, spearman, _ = to_gensim(vectors).evaluate_word_pairs(datapath("wordsim353.tsv"))
    return float(spearman[0])


def shared_neighbours(a: WordVectors, b: WordVectors, words: Sequence[str], topn: int = 10) -> float:
    """Return which share of each word's nearest is the same in both, as a mean over words."""
    near = [[{other for other, _ in v.most_similar(word, topn=topn)} for word in words] for v in (a, b)]
    return float(np.mean([len(first & second) / topn for first, second in zip(*near, strict=True)]))


def _hash(text: str) -> int:
    """Return a number for a string that is the same in every run, which Python's own is not."""
    return sum(map(ord, text))
