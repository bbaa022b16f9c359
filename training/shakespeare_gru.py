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
import export_tfjs

# ---------------------------------------------------------------------------------------------------------- knobs
NAME = "shakespeare-gru"
SEED = 1564
EPOCHS = 20
TRAIN_SHARE = 0.9
UNITS = 384
EMBEDDING = 64
STREAMS = 64  # the training text is cut into this many streams that run side by side
STEPS = 96  # characters between two updates; the state is carried over, the gradient is not
LEARNING_RATE = 3e-3
WARM_UP_UPDATES = 100
WEIGHT_DECAY = 0.01
DROPOUT_IN, DROPOUT_OUT = 0.1, 0.4
CLIP_NORM = 1.0
QUANTIZATION = "uint8"  # of "float32", "float16", "uint8": the smallest whose measured loss is negligible
# -----------------------------------------------------------------------------------------------------------------

DESCRIPTION = __doc__


class GatedRecurrentLayer(nn.Module):
    """A GRU with the reset gate before the recurrent product, in Keras order (z, r, h): see export_tfjs.py."""

    def __init__(self, inputs, units):
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(inputs, 3 * units))
        self.gates_kernel = nn.Parameter(torch.empty(units, 2 * units))
        self.candidate_kernel = nn.Parameter(torch.empty(units, units))
        self.bias = nn.Parameter(torch.zeros(3 * units))
        nn.init.xavier_uniform_(self.kernel)
        nn.init.orthogonal_(self.gates_kernel)
        nn.init.orthogonal_(self.candidate_kernel)

    def forward(self, x, state):
        """x [n, steps, inputs], state [n, units] -> ([n, steps, units], [n, units])."""
        units = state.shape[1]
        # The part that does not depend on the state is one product for all steps. Time goes first: each step is then one
        # contiguous block.
        projected = torch.addmm(self.bias, x.transpose(0, 1).flatten(0, 1), self.kernel)
        projected = projected.view(x.shape[1], x.shape[0], 3 * units)
        gate_steps, candidate_steps = projected.split([2 * units, units], 2)
        states = []
        for gate_step, candidate_step in zip(gate_steps.unbind(0), candidate_steps.unbind(0)):
            gates = torch.sigmoid(torch.mm(state, self.gates_kernel) + gate_step)
            update, reset = gates.chunk(2, 1)
            candidate = torch.tanh(torch.mm(reset * state, self.candidate_kernel) + candidate_step)
            state = torch.lerp(candidate, state, update)
            states.append(state)
        return torch.stack(states, 1), state


class Model(nn.Module):
    def __init__(self, characters):
        super().__init__()
        self.embedding = nn.Embedding(characters, EMBEDDING)
        self.gru = GatedRecurrentLayer(EMBEDDING, UNITS)
        self.head = nn.Linear(UNITS, characters)

    def forward(self, tokens, state):
        """tokens [n, steps], state [n, UNITS] -> (logits [n, steps, characters], state)."""
        x = functional.dropout(self.embedding(tokens), DROPOUT_IN, self.training)
        states, state = self.gru(x, state)
        return self.head(functional.dropout(states, DROPOUT_OUT, self.training)), state


def load_text(shared):
    """(vocabulary string, training tokens, held-out tokens)."""
    content = (shared / "data" / "tinyshakespeare.txt").read_text(encoding="utf-8")
    vocabulary = "".join(sorted(set(content)))
    index = {character: i for i, character in enumerate(vocabulary)}
    tokens = torch.tensor([index[character] for character in content])
    border = int(len(tokens) * TRAIN_SHARE)
    return vocabulary, tokens[:border], tokens[border:]


def learning_rate(update, updates):
    if update < WARM_UP_UPDATES:
        return LEARNING_RATE * (update + 1) / WARM_UP_UPDATES
    progress = (update - WARM_UP_UPDATES) / max(1, updates - WARM_UP_UPDATES)
    return LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * min(1, progress)))


@torch.no_grad()
def evaluate(model, tokens, streams):
    """Mean nats per character and accuracy; the state runs through each stream from zero."""
    model.eval()
    length = (len(tokens) - 1) // streams
    inputs = tokens[: streams * length].view(streams, length)
    targets = tokens[1 : streams * length + 1].view(streams, length)
    state, loss, correct = torch.zeros(streams, UNITS), 0.0, 0
    for begin in range(0, length, 256):
        logits, state = model(inputs[:, begin : begin + 256], state)
        expected = targets[:, begin : begin + 256]
        loss += functional.cross_entropy(logits.flatten(0, 1), expected.flatten(), reduction="sum").item()
        correct += (logits.argmax(2) == expected).sum().item()
    return loss / targets.numel(), correct / targets.numel()


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


def keras_weights(model):
    gru = model.gru
    weights = {
        "embedding/embeddings": model.embedding.weight,
        "gru/kernel": gru.kernel,
        "gru/recurrent_kernel": torch.cat([gru.gates_kernel, gru.candidate_kernel], 1),
        "gru/bias": gru.bias,
        "head/kernel": model.head.weight.t(),
        "head/bias": model.head.bias,
    }
    return {name: value.detach().numpy() for name, value in weights.items()}


def put_back(model, weights):
    """The quantised weights into the PyTorch model, so that metrics and golden outputs are those of what ships."""
    recurrent = torch.from_numpy(weights["gru/recurrent_kernel"])
    model.load_state_dict({
        "embedding.weight": torch.from_numpy(weights["embedding/embeddings"]),
        "gru.kernel": torch.from_numpy(weights["gru/kernel"]),
        "gru.gates_kernel": recurrent[:, : 2 * UNITS],
        "gru.candidate_kernel": recurrent[:, 2 * UNITS :],
        "gru.bias": torch.from_numpy(weights["gru/bias"]),
        "head.weight": torch.from_numpy(weights["head/kernel"]).t(),
        "head.bias": torch.from_numpy(weights["head/bias"]),
    })


def export(model, vocabulary, folder, kind):
    """Inputs: tokens [n, steps] int32, state [n, UNITS]. Outputs: logits [n, steps, characters], state [n, UNITS]."""
    layers = [
        export_tfjs.input_layer("tokens", [None], "int32"),
        export_tfjs.input_layer("state", [UNITS]),
        export_tfjs.embedding_layer("embedding", [[("tokens", 0)]], len(vocabulary), EMBEDDING),
        export_tfjs.recurrent_layer(
            "GRU", "gru", [[("embedding", 0), ("state", 0)]], UNITS, return_sequences=True, return_state=True
        ),
        export_tfjs.dense_layer("head", [[("gru", 0)]], len(vocabulary)),
    ]
    return export_tfjs.write_layers_model(
        folder, NAME, layers, [("tokens", 0, 0), ("state", 0, 0)], [("head", 0, 0), ("gru", 0, 1)],
        keras_weights(model), kind, {"vocabulary": vocabulary},
    )


@torch.no_grad()
def golden_cases(model, vocabulary, tokens):
    """Logits after the last character, and eight numbers of the state, for 16 prompts of 1 to 76 characters."""
    cases = []
    for case in range(16):
        prompt = tokens[case * 5000 : case * 5000 + 1 + 5 * case]
        logits, state = model(prompt[None], torch.zeros(1, UNITS))
        text = "".join(vocabulary[token] for token in prompt)
        cases.append({"input": text, "output": logits[0, -1], "state_start": state[0, :8]})
    return cases


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
    vocabulary, train, held_out = load_text(options.shared)
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
    """Exports, measures what quantisation costs, writes the golden outputs and the card."""
    float_loss, float_accuracy = evaluate(model, held_out, 1)
    losses = {}
    for kind in ("float16", "uint8"):
        candidate = Model(len(vocabulary))
        weights, _ = export(model, vocabulary, common.CACHE / f"{NAME}.{kind}", kind)
        put_back(candidate, weights)
        losses[kind] = evaluate(candidate, held_out, 16)[0]
    weights, size = export(model, vocabulary, options.weights / NAME, QUANTIZATION)
    put_back(model, weights)
    loss, accuracy = evaluate(model, held_out, 1)
    print({"float32": float_loss, **losses, "shipped": loss})
    cases = golden_cases(model, vocabulary, held_out)
    note = "input: prompt from a zero state; output: logits after its last character; state_start: state[0:8]"
    common.write_golden(options.golden, NAME, note, 1e-4, cases)
    epochs = torch.load(common.CACHE / f"{NAME}.checkpoint.pt", map_location="cpu")["epoch"] + 1
    card = CARD.format(
        embedding=EMBEDDING, units=UNITS, characters=len(vocabulary), seed=SEED, kind=QUANTIZATION, bytes=size,
        parameters=sum(p.numel() for p in model.parameters()), float_loss=float_loss, float_accuracy=float_accuracy,
        loss=loss, accuracy=accuracy, train_loss=evaluate(model, train[:111540], 16)[0], epochs=epochs,
    )
    (options.weights / NAME / "README.md").write_text(card)


if __name__ == "__main__":
    main()
