"""names-lstm: the characters of a family name -> one of 18 languages.

    python3 names_lstm.py [--epochs N] [--resume] [--export-only] [--tune | --unseen]

Trains on four fifths of the lines of each language and on the other lists that surname_lists.py has read, out of which the
names of the last fifth are taken, and measures on the last fifth; what ships is this model. The knobs were chosen with
--tune, which trains on four fifths of the training part and measures on its last fifth: no test line had a say. --unseen
trains the same recipe on a stricter split, for the card: distinct names, none of the test part in training under any
language. Run it first, since the card quotes it.
"""

import collections
import json
import math
import random

import torch
from torch import nn
from torch.nn import functional

import common
import names_data
from character_model import CharacterModel
from name_inventor import NameInventor
from naive_bayes import classify_by_bayes
from names_data import scores_of
from names_model import NAME, Model, classify_names
from names_report import report
from ngram_svm import classify_by_svm
from surname_lists import load_surnames

# ---------------------------------------------------------------------------------------------------------- knobs
SEED = 18
EPOCHS = 16
BATCH = 128
SORTED_BATCHES = 16  # so many batches are sorted by length together
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.05
CHARACTER_DROP = 0.03  # share of characters that are replaced by a random one in training
AVERAGE_DECAY = 0.998  # what ships is the moving average of the weights
CLIP_NORM = 1.0
INVENTED_SHARE = 1.0  # invented names per line of the training part: see name_inventor.py
OTHERS_SHARE = 3.0  # names of other lists per line of a language, at most: see surname_lists.py
# -----------------------------------------------------------------------------------------------------------------

DESCRIPTION = __doc__


def examples_of(lines, count):
    """[(name, target [languages])] of labelled lines."""
    targets = torch.eye(count)
    return [(line.name, targets[line.label]) for line in lines]


def batches_of(examples):
    """Batches in random order, of names of similar length: padding would take almost half of the time."""
    shuffled = [examples[position] for position in torch.randperm(len(examples)).tolist()]
    batches = []
    for begin in range(0, len(shuffled), SORTED_BATCHES * BATCH):
        block = sorted(shuffled[begin : begin + SORTED_BATCHES * BATCH], key=lambda example: len(example[0]))
        batches += [block[start : start + BATCH] for start in range(0, len(block), BATCH)]
    return [batches[position] for position in torch.randperm(len(batches)).tolist()]


def train_epoch(model, average, optimizer, encoder, examples):
    model.train()
    total = 0.0
    for batch in batches_of(examples):
        names, targets = zip(*batch)
        tokens, lengths = encoder.encode(names)
        noise = torch.rand(tokens.shape) < CHARACTER_DROP
        noise[:, 0] = False
        tokens = torch.where(noise, torch.randint(2, len(encoder.vocabulary), tokens.shape), tokens)
        loss = functional.cross_entropy(model(tokens, lengths), torch.stack(targets), label_smoothing=LABEL_SMOOTHING)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        with torch.no_grad():
            for kept, value in zip(average.parameters(), model.parameters()):
                kept.lerp_(value, 1 - AVERAGE_DECAY)
        total += loss.item() * len(batch)
    return total / len(examples)


def load_others(labels, lines, train, encoder):
    """[names of other lists] of each label, without the names of the lines that are not trained on."""
    hidden = {line.name for line in set(lines).difference(train)}
    return load_surnames(labels, set(encoder.vocabulary), hidden)


def sample_others(others, train, seed):
    """As many names of other lists as OTHERS_SHARE allows each language."""
    counts, draw = collections.Counter(line.label for line in train), random.Random(seed)
    sizes = [min(len(names), round(OTHERS_SHARE * counts[label])) for label, names in enumerate(others)]
    return [name for names, size in zip(others, sizes) for name in draw.sample(names, size)]


def train_epochs(model, average, optimizer, encoder, train, others, teacher, epochs, seed=SEED, first=0):
    """Trains from epoch `first` to `epochs`; after each epoch yields (epoch, mean loss).

    The lines have their own language as target; invented names and those of other lists have what the teacher says, as
    they know nothing of how frequent a language is among the lines."""
    count, inventor = model.head.out_features, NameInventor(train, seed + first)
    for epoch in range(first, epochs):
        torch.manual_seed(seed + epoch)
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * epoch / epochs))
        invented = [inventor.invent() for _ in range(round(INVENTED_SHARE * len(train)))]
        names = invented + sample_others(others, train, seed + epoch)
        taught = [(name, torch.from_numpy(teacher.posterior(name)).float()) for name in names]
        yield epoch, train_epoch(model, average, optimizer, encoder, examples_of(train, count) + taught)


def start_training(encoder, count):
    """(model, its moving average, optimizer), untrained."""
    model, average = (Model(len(encoder.vocabulary), count) for _ in range(2))
    average.load_state_dict(model.state_dict())
    return model, average, torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)


def split(lines, labels, options):
    """(name of the run, training part, part that is measured)."""
    if options.unseen:
        return f"{NAME}-unseen", *names_data.split_unseen(names_data.distinct_lines(lines, labels))
    train, test = names_data.split_lines(lines)
    if options.tune:
        return f"{NAME}-tune", *names_data.split_lines(train)
    return NAME, train, test


def main():
    parser = common.parse_arguments(DESCRIPTION, EPOCHS)
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--tune", action="store_true", help="hold out a part of the training part; nothing is exported")
    only.add_argument("--unseen", action="store_true", help="measure on names never seen; nothing is exported")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    common.seed_everything(SEED)
    labels, lines = names_data.load_lines(options.shared / "data" / "names")
    run, train, test = split(lines, labels, options)
    encoder = names_data.Encoder.of(train)
    model, average, optimizer = start_training(encoder, len(labels))
    first = 0
    if options.resume or options.export_only:
        state = common.load_checkpoint(run, model, optimizer)
        average.load_state_dict(state["average"])
        first = state["epoch"] + 1
    log = common.EpochLog(run, options.resume or options.export_only)
    others = load_others(labels, lines, train, encoder)
    teacher = CharacterModel(train, others)
    epochs = 0 if options.export_only else options.epochs
    for epoch, loss in train_epochs(model, average, optimizer, encoder, train, others, teacher, epochs, first=first):
        accuracy, macro_f1 = scores_of(classify_names(average, encoder, [line.name for line in test]), test)
        log.write(epoch=epoch, train_loss=loss, accuracy=accuracy, macro_f1=macro_f1)
        common.save_checkpoint(run, epoch, model, optimizer, average=average.state_dict())
    figures = {"network": scores_of(classify_names(average, encoder, [line.name for line in test]), test),
               "bayes": scores_of(classify_by_bayes(train, test, len(labels)), test),
               "svm": scores_of(classify_by_svm(train, test), test),
               "teacher": scores_of(teacher.classify(test), test),
               "ceiling": names_data.ceiling_of(test), "train": len(train), "test": len(test),
               "others": sum(len(set(names).difference(line.name for line in train)) for names in others)}
    print(figures, flush=True)
    (common.CACHE / f"{run}.figures.json").write_text(json.dumps(figures))
    if run == NAME:
        report(average, encoder, labels, train, test, figures, options)


if __name__ == "__main__":
    main()
