"""How far names-lstm and the classifiers beside it come when another fifth of the lines is held out.

    python3 names_cross_validation.py [--epochs N] [--threads N]

The first fifth is the held-out part of names_lstm.py. Prints a line per fifth and the means: accuracy and macro-F1 of naive
Bayes, of support vector machines, of the character model, of the network trained from another seed, and of network and
character model together (the geometric mean of their probabilities). Nothing is exported.
"""

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch

import common
import names_data
import names_lstm
from character_model import CharacterModel
from naive_bayes import classify_by_bayes
from names_data import HELD_OUT_FIFTH, scores_of
from names_model import log_posteriors
from ngram_svm import classify_by_svm

# ---------------------------------------------------------------------------------------------------------- knobs
SEED = 1800  # of the first fifth's network
NETWORK_WEIGHT = 2 / 3  # of the network in the geometric mean: the character model is too sure of itself
# -----------------------------------------------------------------------------------------------------------------


def measure_fifth(lines, labels, fifth, epochs):
    """{classifier: (accuracy, macro-F1)}."""
    count = len(labels)
    torch.set_num_threads(1)
    common.seed_everything(SEED + fifth)
    train, held_out = names_data.split_lines(lines, fifth)
    encoder = names_data.Encoder.of(train)
    model, average, optimizer = names_lstm.start_training(encoder, count)
    others = names_lstm.load_others(labels, lines, train, encoder)
    teacher = CharacterModel(train, others)
    for _ in names_lstm.train_epochs(model, average, optimizer, encoder, train, others, teacher, epochs, SEED + fifth):
        pass
    network = log_posteriors(average, encoder, [line.name for line in held_out])
    characters = np.log(np.array([teacher.posterior(line.name) for line in held_out]) + 1e-6)
    predictions = {
        "bayes": classify_by_bayes(train, held_out, count),
        "svm": classify_by_svm(train, held_out),
        "characters": characters.argmax(1),
        "network": network.argmax(1),
        "both": (NETWORK_WEIGHT * network + (1 - NETWORK_WEIGHT) * characters).argmax(1),
    }
    return {name: scores_of(predicted, held_out) for name, predicted in predictions.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=names_lstm.EPOCHS)
    parser.add_argument("--threads", type=int, default=2, help="fifths that are trained at once")
    parser.add_argument("--shared", type=Path, default=common.SHARED, help="the folder that holds data/")
    options = parser.parse_args()
    labels, lines = names_data.load_lines(options.shared / "data" / "names")
    with ProcessPoolExecutor(options.threads, multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(measure_fifth, lines, labels, fifth, options.epochs) for fifth in range(HELD_OUT_FIFTH)]
        results = []
        for fifth, job in enumerate(jobs):
            results.append(job.result())
            print(f"fifth {fifth}", show(results[-1]), flush=True)
    print("mean", show({name: np.mean([result[name] for result in results], 0) for name in results[0]}))


def show(scores):
    return ", ".join(f"{name} {accuracy:.4f} / {macro_f1:.4f}" for name, (accuracy, macro_f1) in scores.items())


if __name__ == "__main__":
    main()
