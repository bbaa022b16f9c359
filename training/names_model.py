"""The network of names-lstm, and its way to the tfjs format and back."""

import torch
from torch import nn
from torch.nn import functional

import export_tfjs
from names_data import END, START

# ---------------------------------------------------------------------------------------------------------- knobs
NAME = "names-lstm"
EMBEDDING = 64
UNITS = 192
DROPOUT_IN, DROPOUT_OUT = 0.2, 0.5
# -----------------------------------------------------------------------------------------------------------------


class Model(nn.Module):
    def __init__(self, characters, labels):
        super().__init__()
        self.embedding = nn.Embedding(characters, EMBEDDING)
        self.lstm = nn.LSTM(EMBEDDING, UNITS, batch_first=True)
        self.head = nn.Linear(UNITS, labels)
        nn.init.orthogonal_(self.lstm.weight_hh_l0)

    def forward(self, tokens, lengths):
        """tokens [n, longest] padded at the end, lengths [n] -> logits [n, labels] after the last character."""
        x = self.embedding(tokens)
        # One mask for the whole name: the same components of the embedding are silent at every character.
        x = x * functional.dropout(torch.ones(x.shape[0], 1, x.shape[2]), DROPOUT_IN, self.training)
        states, _ = self.lstm(x)
        last = states[torch.arange(len(lengths)), lengths - 1]
        return self.head(functional.dropout(last, DROPOUT_OUT, self.training))


@torch.no_grad()
def log_posteriors(model, encoder, names):
    """[n, labels] of names of any length."""
    model.eval()
    return torch.log_softmax(model(*encoder.encode(names)), 1).numpy()


def classify_names(model, encoder, names):
    """The label of each name."""
    return log_posteriors(model, encoder, names).argmax(1)


def keras_weights(model):
    """PyTorch's gates stand in Keras order already (i, f, g, o); its two biases are added into one."""
    lstm = model.lstm
    weights = {
        "embedding/embeddings": model.embedding.weight,
        "lstm/kernel": lstm.weight_ih_l0.t(),
        "lstm/recurrent_kernel": lstm.weight_hh_l0.t(),
        "lstm/bias": lstm.bias_ih_l0 + lstm.bias_hh_l0,
        "head/kernel": model.head.weight.t(),
        "head/bias": model.head.bias,
    }
    return {name: value.detach().numpy() for name, value in weights.items()}


def model_of(weights):
    """A model with the weights as they ship."""
    tensor = {name: torch.from_numpy(value) for name, value in weights.items()}
    model = Model(len(tensor["embedding/embeddings"]), len(tensor["head/bias"]))
    with torch.no_grad():
        model.embedding.weight.copy_(tensor["embedding/embeddings"])
        model.lstm.weight_ih_l0.copy_(tensor["lstm/kernel"].t())
        model.lstm.weight_hh_l0.copy_(tensor["lstm/recurrent_kernel"].t())
        model.lstm.bias_ih_l0.copy_(tensor["lstm/bias"])
        model.lstm.bias_hh_l0.zero_()
        model.head.weight.copy_(tensor["head/kernel"].t())
        model.head.bias.copy_(tensor["head/bias"])
    return model.eval()


def export(model, encoder, labels, folder, kind):
    """Input: tokens [n, steps] int32, names of one length per batch. Output: probabilities [n, labels]."""
    layers = [
        export_tfjs.input_layer("tokens", [None], "int32"),
        export_tfjs.embedding_layer("embedding", [[("tokens", 0)]], len(encoder.vocabulary), EMBEDDING),
        export_tfjs.recurrent_layer("LSTM", "lstm", [[("embedding", 0)]], UNITS),
        export_tfjs.dense_layer("head", [[("lstm", 0)]], len(labels), "softmax"),
    ]
    metadata = {
        "labels": labels, "vocabulary": encoder.vocabulary, "start": START, "end": END,
        "folding": "trim, NFKD, drop category M, lower case",
    }
    return export_tfjs.write_layers_model(
        folder, NAME, layers, [("tokens", 0, 0)], [("head", 0, 0)], keras_weights(model), kind, metadata
    )
