"""
Writes operators.json: what PyTorch makes of the networks of operator_cases.ts.

usage: python3 tests/golden/make_operator_golden.py FOLDER
(FOLDER as written by `deno run --allow-write tests/golden/write_operator_models.ts FOLDER`)
"""

import json
import pathlib
import sys

import numpy as np
import torch

from run_tflite import Model, find_ends


def make_input(shape):
    """The formula of `caseInput()` in operator_cases.ts, for a batch of two."""
    shape = [2] + shape[1:]
    index = np.arange(np.prod(shape), dtype=np.int64)
    values = ((index + 5) * 37 + 55) % 65 - 32
    return torch.from_numpy((values / 32 * 4).astype(np.float32).reshape(shape))


def run(path):
    model = Model(path.read_bytes())
    values = model.run(make_input(model.tensors[model.input].shape))
    logits, features = find_ends(model, values)
    case = {"logits": [round(value, 4) for value in logits.flatten().tolist()]}
    if features is not logits:
        case["features"] = [round(value, 4) for value in features.flatten().tolist()]
    return case


golden = {path.stem: run(path) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.tflite"))}
lines = [f"{json.dumps(name)}: {json.dumps(case, separators=(',', ':'))}" for name, case in golden.items()]
pathlib.Path(__file__).with_name("operators.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
