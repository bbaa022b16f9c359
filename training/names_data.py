"""The 18 lists of family names: reading, folding, the two splits, and the rows of tokens that the network reads.

Both splits order by SHA-256, so that a program in any language can repeat them without a file: a fifth of each language,
the one with the smallest digests, is the test part.
"""

import collections
import hashlib
import unicodedata

import numpy as np
import torch

# ---------------------------------------------------------------------------------------------------------- knobs
SPLIT_SEED = 18
HELD_OUT_FIFTH = 5  # one line out of so many is held out
# -----------------------------------------------------------------------------------------------------------------

START, END = "^", "$"

Line = collections.namedtuple("Line", "name label key")  # folded name, index of the language, what is hashed


def fold(name):
    """Trimmed, NFKD without combining marks (Unicode category M), lower case."""
    decomposed = unicodedata.normalize("NFKD", name.strip())
    return "".join(character for character in decomposed if unicodedata.category(character)[0] != "M").lower()


def load_lines(folder):
    """(languages in alphabetical order, [Line]) of the lists as they stand; the key is LANGUAGE:NUMBER, from 0."""
    paths, lines = sorted(folder.glob("*.txt")), []
    for label, path in enumerate(paths):
        names = [fold(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
        lines += [Line(name, label, f"{path.stem}:{number}") for number, name in enumerate(names)]
    return [path.stem for path in paths], lines


def distinct_lines(lines, languages):
    """Each folded name once per language; the key is LANGUAGE:NAME."""
    pairs = dict.fromkeys((line.label, line.name) for line in lines)
    return [Line(name, label, f"{languages[label]}:{name}") for label, name in pairs]


def digest(key):
    return hashlib.sha256(f"{SPLIT_SEED}:{key}".encode()).hexdigest()


def split_lines(lines, fifth=0):
    """(train, held out): of each language's n lines, the floor(n / 5) with the smallest SHA-256 of SEED:KEY are held out.

    With fifth 1 to 4, the same number of lines that follow, for cross-validation."""
    train, held_out = [], []
    for label in sorted({line.label for line in lines}):
        ordered = sorted((line for line in lines if line.label == label), key=lambda line: digest(line.key))
        size = len(ordered) // HELD_OUT_FIFTH
        begin, end = fifth * size, (fifth + 1) * size
        train, held_out = train + ordered[:begin] + ordered[end:], held_out + ordered[begin:end]
    return train, held_out


def split_unseen(lines):
    """(train, held out) of distinct names, where no held-out name stands in the training part under any language.

    The copies of a name under several languages stay together and count for its rarest language, so that the small
    languages get their fifth too."""
    copies = collections.defaultdict(list)
    for line in lines:
        copies[line.name].append(line)
    counts = collections.Counter(line.label for line in lines)
    rarest = [min(group, key=lambda line: (counts[line.label], line.label)) for group in copies.values()]
    train, held_out = split_lines(rarest)
    return [[copy for line in part for copy in copies[line.name]] for part in (train, held_out)]


class Encoder:
    """Folded names to token rows: `^name$`, the positions in the vocabulary; characters outside it are dropped."""

    def __init__(self, vocabulary):
        self.vocabulary = vocabulary
        self.index = {character: position for position, character in enumerate(vocabulary)}

    @staticmethod
    def of(lines):
        return Encoder(START + END + "".join(sorted({character for line in lines for character in line.name})))

    def encode(self, names):
        """(tokens [n, longest] padded at the end, lengths [n])."""
        rows = [[self.index[c] for c in START + name + END if c in self.index] for name in names]
        lengths = torch.tensor([len(row) for row in rows])
        tokens = torch.zeros(len(rows), int(lengths.max()), dtype=torch.long)
        for position, row in enumerate(rows):
            tokens[position, : len(row)] = torch.tensor(row)
        return tokens, lengths


def scores_of(predicted, lines):
    """(accuracy, macro-F1) over the languages that occur among the lines."""
    predicted, expected = np.asarray(predicted), np.array([line.label for line in lines])
    scores = []
    for label in np.unique(expected):
        hit = ((predicted == label) & (expected == label)).sum()
        scores.append(2 * hit / ((predicted == label).sum() + (expected == label).sum()))
    return float((predicted == expected).mean()), float(np.mean(scores))


def ceiling_of(lines):
    """Accuracy of a classifier that gives each name its most frequent language among these very lines."""
    languages = collections.defaultdict(collections.Counter)
    for line in lines:
        languages[line.name][line.label] += 1
    return sum(max(counts.values()) for counts in languages.values()) / len(lines)
