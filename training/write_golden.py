"""Golden outputs of the models as they lie in weights/, for the tests of the service.

    python3 write_golden.py [NAME ...]

Reads weights/NAME, puts the weights as a reader gets them into the PyTorch model, and writes tests/golden/NAME.json: 16
inputs that are made up or follow from a formula, so that no part of a data set gets into the repository, and the outputs.
No checkpoint is needed. Run it after every export. edge-cnn has its own (edge_export.py).
"""

import argparse
from pathlib import Path

import numpy as np
import torch

import autoencoder_export
import autoencoder_model
import common
import motion_rnn
import names_data
import names_model
import shakespeare_model
from tfjs_weights import read_weights

# ---------------------------------------------------------------------------------------------------------- knobs
CASES = 16
TOLERANCE = 1e-4  # of probabilities, states and pictures
LOGIT_TOLERANCE = 1e-3
GREEDY_CHARACTERS, GREEDY_MARGIN = 24, 1e-2  # continuations, and the least lead of each best logit in them
FAMILY_NAMES = [
    "Vostrakhin", "Mikelopoulou", "Takamurashi", "O'Fallorney", "Brzenkowicz", "Navratovsky", "Quintarelli", "Xiu",
    "Hoogendaal", "Beaumontier", "Schattenfeld", "Al Khadiri", "Nguyeng", "MacTavorish", "Ferreirinha", "  MÜÑOZÁBAL  ",
]
PROMPTS = [
    "T", "To", "KING:\n", "What say you", "The moon is up, ", "My lord, I never saw", "Good morrow, gentle friends!\n",
    "FIRST SAILOR:\nThe wind has", "If every cloud were made of wool,", "Give me the book; I'll read it by the",
    "Enter a baker with three loaves of bread.\n\n", "SECOND SAILOR:\nThen let us turn the ship about",
    "I had a garden once, and in that garden grew", "Nay, do not count the stars; they are too many and",
    "BAKER:\nHere is the bread you asked of me, good sir;\nNow where", "O patient kettle, sing upon the fire,\nAnd tell the",
]
# -----------------------------------------------------------------------------------------------------------------


def motion_series(case):
    """[40 + 4 case, 6], exact in float32; the formula stands in the note of motion_cases."""
    t, c = np.meshgrid(np.arange(40 + 4 * case), np.arange(motion_rnn.CHANNELS), indexing="ij")
    wave = ((case + 9) * t + 13 * c) % 41 - 18 - c
    return torch.tensor(wave * (case % 4 + 1) * (case + 1) / 64, dtype=torch.float32)


def motion_cases(folder):
    weights, _ = read_weights(folder)
    model = motion_rnn.model_of(weights)
    cases = []
    for case in range(CASES):
        states, last = model.rnn(motion_series(case)[None])
        steps = model.head(states)[0].softmax(1)
        cases.append({"input": case, "output": steps[-1], "output_tenth_step": steps[9], "state_start": last[0, 0, :8]})
    note = ("input: case k of the formula series[t][c] = (((k + 9) t + 13 c) mod 41 - 18 - c) (k mod 4 + 1) (k + 1) / 64, "
            "t < 40 + 4 k, c < 6; zero state; output: probabilities after the last step; output_tenth_step: after step 10; "
            "state_start: state[0:8] after the last step")
    return note, TOLERANCE, cases


def greedy(model, vocabulary, logits, state):
    """The likeliest continuation; refuses a close race, which another order of additions could decide otherwise."""
    content = ""
    for _ in range(GREEDY_CHARACTERS):
        best = logits[0, -1].topk(2)
        if best.values[0] - best.values[1] < GREEDY_MARGIN:
            return content
        content += vocabulary[int(best.indices[0])]
        logits, state = model(best.indices[None, :1], state)
    return content


def shakespeare_cases(folder):
    weights, metadata = read_weights(folder)
    vocabulary, model = metadata["vocabulary"], shakespeare_model.model_of(weights)
    cases = []
    for prompt in PROMPTS:
        tokens = shakespeare_model.tokens_of(prompt, vocabulary)
        logits, state = model(tokens[None], torch.zeros(1, shakespeare_model.UNITS))
        cases.append({"input": prompt, "output": logits[0, -1], "state_start": state[0, :8],
                      "greedy": greedy(model, vocabulary, logits, state)})
    note = ("input: prompt from a zero state; output: logits after its last character; state_start: state[0:8]; greedy: the "
            f"likeliest continuation, up to {GREEDY_CHARACTERS} characters or a lead of less than {GREEDY_MARGIN}")
    return note, LOGIT_TOLERANCE, cases


def names_cases(folder):
    weights, metadata = read_weights(folder)
    encoder, model = names_data.Encoder(metadata["vocabulary"]), names_model.model_of(weights)
    cases = []
    for name in FAMILY_NAMES:
        folded = names_data.fold(name)
        cases.append({"input": name, "folded": folded, "output": model(*encoder.encode([folded]))[0].softmax(0)})
    note = "input: a made-up name; folded: what is read between the marks; output: probabilities in the order of the labels"
    return note, TOLERANCE, cases


def drawn_picture(case):
    """[64, 64, 3] uint8: (k y + (16 - k) x + 40 c + floor((k mod 4) x y / 64)) mod 256 for case k."""
    side = autoencoder_model.SIDE
    y, x, c = np.meshgrid(np.arange(side), np.arange(side), np.arange(3), indexing="ij")
    return ((case * y + (16 - case) * x + 40 * c + (case % 4) * x * y // 64) % 256).astype(np.uint8)


def autoencoder_cases(folder):
    weights = {part: read_weights(folder / part)[0] for part in ("encoder", "decoder")}
    model = autoencoder_export.model_of(weights)
    cases = []
    for case in range(CASES):
        x = autoencoder_model.pixels(drawn_picture(case)[None])
        code = model.encoder(x)
        output = model.decoder(code)
        error = (output.clamp(0, 1) - x).square().mean().item()
        image = output[0].permute(1, 2, 0)
        cases.append({"input": case, "code": code[0], "image_row_20": image[20, ::8].flatten(), "error": error})
    note = ("input: case k of the picture [y][x][c] = (k y + (16 - k) x + 40 c + floor((k mod 4) x y / 64)) mod 256, divided by "
            "255; code: [128]; image_row_20: decoder output [20, 0:64:8, 0:3], not clipped; error: mean squared error per "
            "value after clipping to [0, 1]")
    return note, LOGIT_TOLERANCE, cases


WRITERS = {
    motion_rnn.NAME: motion_cases,
    shakespeare_model.NAME: shakespeare_cases,
    names_model.NAME: names_cases,
    autoencoder_export.NAME: autoencoder_cases,
}


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(WRITERS), metavar="NAME")
    parser.add_argument("--weights", type=Path, default=common.WEIGHTS)
    parser.add_argument("--golden", type=Path, default=common.GOLDEN)
    options = parser.parse_args()
    for name in options.names:
        common.write_golden(options.golden, name, *WRITERS[name](options.weights / name))


if __name__ == "__main__":
    main()
