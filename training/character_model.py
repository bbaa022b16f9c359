"""A character model per language: an n-gram classifier that knows small languages better than the network does at first.

The probability of each character given the ones before it, interpolated from short contexts to long ones as Witten and
Bell (1991) do, with the contexts of all languages together at the bottom. It teaches names-lstm on invented names.
"""

import collections
import math

import numpy as np

from names_data import END, START

# ---------------------------------------------------------------------------------------------------------- knobs
ORDER = 5  # a character and the four before it
COMMON_ORDER = 3  # the same for the counts of all languages together
BACK_OFF = 2.0  # weight of the shorter context, per distinct character that follows the longer one
CHARACTERS = 60  # the last resort is one out of so many
OTHERS_WEIGHT = 1.0  # a language's names from other lists count at most so many times what its own lines count
# -----------------------------------------------------------------------------------------------------------------


def count_followers(groups, order):
    """groups: (names, how much each counts). Per length of context: {context: (Counter of the next character)}."""
    tables = [collections.defaultdict(collections.Counter) for _ in range(order)]
    for names, weight in groups:
        for name in names:
            content = START * (order - 1) + name + END
            for place in range(order - 1, len(content)):
                for length in range(order):
                    tables[length][content[place - length : place]][content[place]] += weight
    return tables


def interpolate(tables, window, probability, back_off):
    """The probability of the last character of `window`, from the shortest context to the longest."""
    context, character = window[:-1], window[-1]
    for length, table in enumerate(tables):
        followers = table.get(context[len(context) - length :])
        if followers:
            kept = back_off * len(followers)
            probability = (followers[character] + kept * probability) / (sum(followers.values()) + kept)
    return probability


class CharacterModel:
    def __init__(self, lines, others):
        """others: for each label, names from other lists. How frequent a language is, the lines alone say."""
        names = [[line.name for line in lines if line.label == label] for label in range(len(others))]
        self.common = count_followers([(sorted({name for group in names for name in group}), 1)], COMMON_ORDER)
        self.languages = []
        for own, other in zip(names, others):
            known = set(own)
            new = [name for name in other if name not in known]
            weight = min(1, OTHERS_WEIGHT * len(own) / max(1, len(new)))
            self.languages.append(count_followers([(own, 1), (new, weight)], ORDER))
        self.prior = np.log([len(group) / len(lines) for group in names])
        self.windows = {}  # window -> log probabilities per language: the same ones come again and again

    def window_scores(self, window):
        if window not in self.windows:
            base = interpolate(self.common, window, 1 / CHARACTERS, 1.0)
            scores = [math.log(interpolate(tables, window, base, BACK_OFF)) for tables in self.languages]
            self.windows[window] = np.array(scores)
        return self.windows[window]

    def posterior(self, name):
        """[languages], adding up to one."""
        content, scores = START * (ORDER - 1) + name + END, self.prior.copy()
        for end in range(ORDER, len(content) + 1):
            scores += self.window_scores(content[end - ORDER : end])
        weights = np.exp(scores - scores.max())
        return weights / weights.sum()

    def classify(self, lines):
        return [int(self.posterior(line.name).argmax()) for line in lines]
