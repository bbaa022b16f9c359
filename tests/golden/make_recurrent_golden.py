"""
Writes recurrent.json: what PyTorch makes of small recurrent layers, in float64.

usage: python3 tests/golden/make_recurrent_golden.py

Weights and inputs are made by make_values(), which recurrent_cases.ts has too, in the layout of Keras; the order of the
gates is changed here for PyTorch (LSTM i, f, g, o in both; GRU z, r, h -> r, z, n, with h' = z h + (1 - z) n in both).
"""

import json
import math
import pathlib

import torch

GATES = {"SimpleRNN": 1, "LSTM": 4, "GRU": 3, "GRUResetAfter": 3}
MODULES = {"SimpleRNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRUResetAfter": torch.nn.GRU}

CASES = [
    # name, cell, batch, steps, inputs, units, lengths (all steps where None)
    ("simple_rnn", "SimpleRNN", 2, 6, 3, 5, None),
    ("simple_rnn_lengths", "SimpleRNN", 3, 5, 2, 9, [5, 2, 4]),
    ("lstm", "LSTM", 2, 6, 3, 5, None),
    ("lstm_lengths", "LSTM", 3, 5, 2, 9, [3, 5, 1]),
    ("lstm_one", "LSTM", 1, 1, 1, 1, None),
    ("gru_reset_after", "GRUResetAfter", 2, 6, 3, 5, None),
    ("gru_reset_after_lengths", "GRUResetAfter", 5, 5, 2, 9, [3, 5, 1, 4, 2]),
    ("gru", "GRU", 2, 6, 3, 5, None),
]


def make_values(shape, seed):
    """Exact in float32: a multiple of 1 / 512 in [-1, 1)."""
    count = int(torch.tensor(shape).prod())
    index = torch.arange(count, dtype=torch.int64)
    values = (index * 7919 + seed * 104729) % 1021 % 512
    return (values.double() / 256 - 1).reshape(shape)


def scale_of(length):
    """A power of two near 1 / sqrt(length), which keeps the state in bounds and float32 exact."""
    return 2.0 ** -math.ceil(math.log2(math.sqrt(length)))


def swap_gates(columns, gates):
    """[..., gates * units] in Keras order -> PyTorch order."""
    parts = list(columns.chunk(gates, -1))
    return torch.cat([parts[1], parts[0], parts[2]] if gates == 3 else parts, -1)


def run_module(cell, x, weights, state, lengths):
    gates = GATES[cell]
    units = weights["recurrent_kernel"].shape[0]
    module = MODULES[cell](x.shape[2], units, batch_first=True).double()
    bias = weights["bias"].reshape(-1, gates * units)
    with torch.no_grad():
        module.weight_ih_l0.copy_(swap_gates(weights["kernel"], gates).T)
        module.weight_hh_l0.copy_(swap_gates(weights["recurrent_kernel"], gates).T)
        module.bias_ih_l0.copy_(swap_gates(bias[0], gates))
        module.bias_hh_l0.copy_(swap_gates(bias[1], gates) if len(bias) > 1 else torch.zeros_like(bias[0]))
        start = tuple(state.unsqueeze(1)) if cell == "LSTM" else state
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        outputs, final = module(packed, start)
    outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])
    return outputs, torch.cat(list(final)) if cell == "LSTM" else final.squeeze(0)


def run_gru(x, weights, state):
    """The form that resets before the product, which torch.nn.GRU does not have."""
    kernel = weights["kernel"].chunk(3, -1)
    recurrent = weights["recurrent_kernel"].chunk(3, -1)
    bias = weights["bias"].chunk(3, -1)
    h, outputs = state[0], []
    for step in range(x.shape[1]):
        z, r = (torch.sigmoid(x[:, step] @ kernel[i] + h @ recurrent[i] + bias[i]) for i in range(2))
        candidate = torch.tanh(x[:, step] @ kernel[2] + (r * h) @ recurrent[2] + bias[2])
        h = z * h + (1 - z) * candidate
        outputs.append(h)
    return torch.stack(outputs, 1), h


def run(cell, batch, steps, inputs, units, lengths):
    columns = GATES[cell] * units
    weights = {
        "kernel": make_values([inputs, columns], 1) * scale_of(inputs),
        "recurrent_kernel": make_values([units, columns], 2) * scale_of(units),
        "bias": make_values([2, columns] if cell == "GRUResetAfter" else [columns], 3),
    }
    x = make_values([batch, steps, inputs], 4)
    state = make_values([2 if cell == "LSTM" else 1, batch, units], 5)
    if cell == "GRU":
        outputs, final = run_gru(x, weights, state)
    else:
        outputs, final = run_module(cell, x, weights, state, torch.tensor(lengths or [steps] * batch))
    return {
        "cell": cell, "batch": batch, "steps": steps, "inputs": inputs, "units": units, "lengths": lengths,
        "outputs": [round(value, 7) for value in outputs.flatten().tolist()],
        "state": [round(value, 7) for value in final.flatten().tolist()],
    }


golden = {name: run(*case) for name, *case in CASES}
lines = [f"{json.dumps(name)}: {json.dumps(case, separators=(',', ':'))}" for name, case in golden.items()]
pathlib.Path(__file__).with_name("recurrent.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
