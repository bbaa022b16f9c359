"""Character n-gram naive Bayes: the classifier that names-lstm is compared with."""

import collections
import math

import numpy as np

from names_data import END, START

# ---------------------------------------------------------------------------------------------------------- knobs
ORDER = 4  # n-grams of one to so many characters
SMOOTHING = 0.1  # added to each count
# -----------------------------------------------------------------------------------------------------------------


def grams_of(name):
    padded = START + name + END
    return [padded[i : i + n] for n in range(1, ORDER + 1) for i in range(len(padded) - n + 1)]


def classify_by_bayes(train, test, count):
    """The label of each test line; additive smoothing, priors from the training part."""
    tables, priors = [collections.Counter() for _ in range(count)], collections.Counter()
    for line in train:
        tables[line.label].update(grams_of(line.name))
        priors[line.label] += 1
    size = len(set().union(*tables))
    totals = [sum(table.values()) + SMOOTHING * size for table in tables]

    def classify(name):
        scores = [math.log(priors[label] / len(train)) for label in range(count)]
        for gram in grams_of(name):
            for label in range(count):
                scores[label] += math.log((tables[label][gram] + SMOOTHING) / totals[label])
        return int(np.argmax(scores))

    return [classify(line.name) for line in test]
