"""
Compares the service with an independent evaluation of the same model file on the same photos:
Pillow decodes and resizes, `run_tflite.py` computes on PyTorch. Photos are sent over HTTP.

usage: python3 tests/golden/evaluate_photos.py MODEL.tflite http://127.0.0.1:8000/v1/models/NAME PHOTO...
Prints how often the two agree on the first label, and the accuracy of both where the photos are one
folder of all ImageNet classes (names that start with their WordNet id, `n01440764_tench.JPEG`).
"""

import concurrent.futures
import json
import pathlib
import re
import sys
import urllib.request

import numpy as np
import torch
from PIL import Image, ImageOps

from run_tflite import Model, find_ends

KEPT = 0.875


def prepare(path, size):
    """The central 7/8 of the shorter side at `size` x `size`: `[1, size, size, 3]` in [-1, 1]."""
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    side = min(image.size) * KEPT
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    image = image.resize((size, size), Image.Resampling.BILINEAR, box=box)
    return torch.from_numpy(np.asarray(image, dtype=np.float32)[None] / 127.5 - 1)


def ask_service(url, path):
    request = urllib.request.Request(f"{url}:classify?top_k=5", data=path.read_bytes())
    with urllib.request.urlopen(request) as response:
        return [prediction["index"] for prediction in json.load(response)["predictions"]]


model = Model(pathlib.Path(sys.argv[1]).read_bytes())
size = model.tensors[model.input].shape[1]
url, photos = sys.argv[2], [pathlib.Path(name) for name in sys.argv[3:]]
torch.set_grad_enabled(False)
torch.set_num_threads(1)


def evaluate(path):
    values = model.run(prepare(path, size))
    logits = find_ends(model, values)[0].reshape(-1)
    return torch.topk(logits, 5).indices.tolist(), ask_service(url, path)


with concurrent.futures.ThreadPoolExecutor(2) as executor:
    outcomes = list(executor.map(evaluate, photos))

agree = sum(ours[0] == theirs[0] for theirs, ours in outcomes)
print(f"same first label: {agree} of {len(photos)} ({agree / len(photos):.3f})")
for path, (theirs, ours) in zip(photos, outcomes):
    if theirs[0] != ours[0] and len(photos) <= 100:
        print(f"  {path.name}: PyTorch {theirs}, service {ours}")

ids = sorted({path.name[:9] for path in photos})
if len(ids) == 1000 and all(re.match(r"n\d{8}", name) for name in ids):
    for name, column in (("PyTorch", 0), ("service", 1)):
        ranks = [(ids.index(p.name[:9]) + 1, o[column]) for p, o in zip(photos, outcomes)]
        first = np.mean([best[0] == expected for expected, best in ranks])
        five = np.mean([expected in best for expected, best in ranks])
        print(f"{name}: top-1 {first:.3f}, top-5 {five:.3f}")
