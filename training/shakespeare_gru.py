"""shakespeare-gru: the next character over Shakespeare's plays, one recurrent layer, for text generation.

    python3 shakespeare_gru.py [--epochs N] [--resume] [--export-only]

The first 90 % of the text trains, the last 10 % is only measured. The learning rate falls to zero over the epochs and
the last epoch ships, so nothing is selected on the measured part.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import common
from shakespeare_model import EMBEDDING, NAME, UNITS, Model, evaluate, export, load_text, model_of, split_text

# ---------------------------------------------------------------------------------------------------------- knobs
SEED = 1564
EPOCHS = 20
STREAMS = 64  # the training text is cut into this many streams that run side by side
STEPS = 96  # characters between two updates; the state is carried over, the gradient is not
LEARNING_RATE = 3e-3
WARM_UP_UPDATES = 100
WEIGHT_DECAY = 0.01
CLIP_NORM = 1.0
QUANTIZATION = "uint8"  # of "float32", "float16", "uint8": the smallest whose measured loss is negligible
# -----------------------------------------------------------------------------------------------------------------

DESCRIPTION = __doc__


def learning_rate(update, updates):
    if update < WARM_UP_UPDATES:
        return LEARNING_RATE * (update + 1) / WARM_UP_UPDATES
    progress = (update - WARM_UP_UPDATES) / max(1, updates - WARM_UP_UPDATES)
    return LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * min(1, progress)))


def train_epoch(model, optimizer, tokens, update, updates):
    """Each epoch starts the streams at another place, so that the cuts between them move."""
    model.train()
    offset = int(torch.randint(0, STEPS, ()))
    length = (len(tokens) - 1 - offset) // STREAMS
    inputs = tokens[offset : offset + STREAMS * length].view(STREAMS, length)
    targets = tokens[offset + 1 : offset + 1 + STREAMS * length].view(STREAMS, length)
    state, total, count = torch.zeros(STREAMS, UNITS), 0.0, 0
    for begin in range(0, length - STEPS + 1, STEPS):
        optimizer.param_groups[0]["lr"] = learning_rate(update, updates)
        logits, state = model(inputs[:, begin : begin + STEPS], state.detach())
        loss = functional.cross_entropy(logits.flatten(0, 1), targets[:, begin : begin + STEPS].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        total, count, update = total + loss.item(), count + 1, update + 1
    return total / count, update


CARD = """# shakespeare-gru

The next character over Shakespeare's plays: an embedding ({embedding}), one GRU layer ({units} units), one dense layer.
{parameters:,} parameters, {bytes:,} bytes of weights ({kind}).

| measured on the last 10 % of the text (111,540 characters, never trained on) | nats per character | next character right |
|---|---|---|
| float32 | {float_loss:.4f} | {float_accuracy:.4f} |
| as shipped ({kind}) | {loss:.4f} | {accuracy:.4f} |

Training part: {train_loss:.4f} nats. {epochs} epochs; the last one ships, nothing was selected on the held-out part.

- Inputs: `tokens` [n, steps] int32, positions in the {characters} characters of `vocabulary` (in `model.json`,
  `userDefinedMetadata`), and `state` [n, {units}], zeros at the start of a text. Outputs: logits [n, steps, {characters}]
  and the next state, so that a text can be continued character by character.
- Gates: Keras order z, r, h; `reset_after` false (ONNX `linear_before_reset` 0); sigmoid gates, tanh candidate.
- Data: tinyshakespeare (karpathy/char-rnn), public-domain text. Script: `training/shakespeare_gru.py`, seed {seed}.
- Licence of the weights: MIT, like the project.
- Limits: it writes in the manner of the plays and knows nothing else; characters outside the {characters} are unknown to it;
  grammar holds for a sentence or two; names and facts are invented.
"""


def main():
    parser = common.parse_arguments(DESCRIPTION, EPOCHS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    common.seed_everything(SEED)
    vocabulary, train, held_out = split_text(load_text(options.shared))
    model = Model(len(vocabulary))
    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, (0.9, 0.99), weight_decay=WEIGHT_DECAY)
    updates = options.epochs * (len(train) // (STREAMS * STEPS))
    first, update = 0, 0
    if options.resume or options.export_only:
        state = common.load_checkpoint(NAME, model, optimizer)
        first, update = state["epoch"] + 1, state["update"]
        torch.manual_seed(SEED + first)
    log = common.EpochLog(NAME, options.resume or options.export_only)
    for epoch in range(first, 0 if options.export_only else options.epochs):
        train_loss, update = train_epoch(model, optimizer, train, update, updates)
        loss, accuracy = evaluate(model, held_out, 16)
        log.write(epoch=epoch, train_loss=train_loss, held_out_loss=loss, held_out_accuracy=accuracy)
        common.save_checkpoint(NAME, epoch, model, optimizer, update=update)
    report(model, vocabulary, train, held_out, options)


def report(model, vocabulary, train, held_out, options):
    """Exports, measures what quantisation costs, writes the card."""
    float_loss, float_accuracy = evaluate(model, held_out, 1)
    losses = {}
    for kind in ("float16", "uint8"):
        weights, _ = export(model, vocabulary, common.CACHE / f"{NAME}.{kind}", kind)
        losses[kind] = evaluate(model_of(weights), held_out, 16)[0]
    weights, size = export(model, vocabulary, options.weights / NAME, QUANTIZATION)
    model = model_of(weights)
    loss, accuracy = evaluate(model, held_out, 1)
    print({"float32": float_loss, **losses, "shipped": loss})
    epochs = torch.load(common.CACHE / f"{NAME}.checkpoint.pt", map_location="cpu")["epoch"] + 1
    card = CARD.format(
        embedding=EMBEDDING, units=UNITS, characters=len(vocabulary), seed=SEED, kind=QUANTIZATION, bytes=size,
        parameters=sum(p.numel() for p in model.parameters()), float_loss=float_loss, float_accuracy=float_accuracy,
        loss=loss, accuracy=accuracy, train_loss=evaluate(model, train[:111540], 16)[0], epochs=epochs,
    )
    (options.weights / NAME / "README.md").write_text(card)


if __name__ == "__main__":
    main()
