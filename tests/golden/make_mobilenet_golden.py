"""
Writes mobilenet_*.json: what PyTorch makes of the hub's models and pictures drawn by a formula.

usage: python3 tests/golden/make_mobilenet_golden.py HUB
(HUB: a folder with index.json and the files named by their SHA-256)
"""

import json
import pathlib
import sys

import numpy as np
import torch

from run_tflite import Model, find_ends

MODELS = {
    "mobilenet_v2": "mobilenet_v2_1.0_224_quant.tflite",
    "mobilenet_v2_ptq": "tf2_mobilenet_v2_1.0_224_ptq.tflite",
    "mobilenet_v1_025_128": "mobilenet_v1_0.25_128_quant.tflite",
}


def draw_pictures(size):
    """Coloured stripes, and a disc on a chequerboard: `[2, size, size, 3]` integers 0 to 255."""
    y, x, c = np.meshgrid(np.arange(size), np.arange(size), np.arange(3), indexing="ij")
    stripes = (x * 3 + y * 5 + c * 40) % 256
    distance = (2 * x - size) ** 2 + (2 * y - size) ** 2
    board = ((x // 16 + y // 16) % 2) * 180 + 20 * c
    disc = np.where(distance < (size * 7 // 10) ** 2, 230 - 90 * c, board)
    return np.stack([stripes, disc])


def write_golden(name, data):
    model = Model(data)
    pictures = draw_pictures(model.tensors[model.input].shape[1]) / 127.5 - 1
    values = model.run(torch.from_numpy(pictures.astype(np.float32)))
    logits, features = (value.reshape(2, -1) for value in find_ends(model, values))
    golden = {
        "logits": [[round(value, 4) for value in row] for row in logits.tolist()],
        # Every 40th feature is enough to know the layer by.
        "features": [[round(value, 4) for value in row[::40]] for row in features.tolist()],
    }
    text = json.dumps(golden, separators=(",", ":")).replace("],", "],\n")
    pathlib.Path(__file__).with_name(f"{name}.json").write_text(text + "\n")


hub = pathlib.Path(sys.argv[1])
index = {entry["file"]: entry["sha256"] for entry in json.loads((hub / "index.json").read_text())}
torch.set_grad_enabled(False)
for name, file in MODELS.items():
    write_golden(name, (hub / index[file]).read_bytes())
