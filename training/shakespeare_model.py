"""The network of shakespeare-gru, its text, how it is measured, and its way to the tfjs format and back."""

import torch
from torch import nn
from torch.nn import functional

import export_tfjs

# ---------------------------------------------------------------------------------------------------------- knobs
NAME = "shakespeare-gru"
UNITS = 384
EMBEDDING = 64
DROPOUT_IN, DROPOUT_OUT = 0.1, 0.4
TRAIN_SHARE = 0.9
# -----------------------------------------------------------------------------------------------------------------


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
    return (shared / "data" / "tinyshakespeare.txt").read_text(encoding="utf-8")


def split_text(content):
    """(vocabulary string, training tokens, held-out tokens)."""
    vocabulary = "".join(sorted(set(content)))
    tokens = tokens_of(content, vocabulary)
    border = int(len(tokens) * TRAIN_SHARE)
    return vocabulary, tokens[:border], tokens[border:]


def tokens_of(content, vocabulary):
    index = {character: i for i, character in enumerate(vocabulary)}
    return torch.tensor([index[character] for character in content])


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


def model_of(weights):
    """A model with the weights as they ship."""
    tensor = {name: torch.from_numpy(value) for name, value in weights.items()}
    model = Model(len(tensor["head/bias"]))
    recurrent = tensor["gru/recurrent_kernel"]
    model.load_state_dict({
        "embedding.weight": tensor["embedding/embeddings"],
        "gru.kernel": tensor["gru/kernel"],
        "gru.gates_kernel": recurrent[:, : 2 * UNITS],
        "gru.candidate_kernel": recurrent[:, 2 * UNITS :],
        "gru.bias": tensor["gru/bias"],
        "head.weight": tensor["head/kernel"].t(),
        "head.bias": tensor["head/bias"],
    })
    return model.eval()


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
