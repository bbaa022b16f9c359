"""Invents family names: one Markov chain of characters per language, fitted on the training part.

Small languages have a few dozen names only. On invented ones, of which there are as many as one likes, the network learns
to answer as the character model does, which knows by counting what pieces a language is made of.
"""

import bisect
import collections
import itertools
import random

from names_data import END, START

# ---------------------------------------------------------------------------------------------------------- knobs
ORDER = 2  # characters that the next one follows from
LANGUAGE_POWER = 0.5  # a language is drawn in proportion to count^power
LENGTH_MAX = 20
# -----------------------------------------------------------------------------------------------------------------


class NameInventor:
    def __init__(self, train, seed):
        self.random = random.Random(seed)
        followers = collections.defaultdict(collections.Counter)
        for line in train:
            content = START * ORDER + line.name + END
            for position in range(ORDER, len(content)):
                followers[line.label, content[position - ORDER : position]][content[position]] += 1
        self.chains = {key: (list(counts), list(itertools.accumulate(counts.values()))) for key, counts in followers.items()}
        counts = collections.Counter(line.label for line in train)
        self.labels = sorted(counts)
        self.borders = list(itertools.accumulate(counts[label] ** LANGUAGE_POWER for label in self.labels))

    def draw(self, values, borders):
        return values[bisect.bisect(borders, self.random.random() * borders[-1])]

    def invent(self):
        """A name of a language drawn at random."""
        label, content = self.draw(self.labels, self.borders), START * ORDER
        while content[-1] != END and len(content) < LENGTH_MAX + ORDER:
            content += self.draw(*self.chains[label, content[-ORDER:]])
        return content[ORDER:].rstrip(END)
