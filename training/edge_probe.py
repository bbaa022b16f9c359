"""How good the frozen feature of edge-cnn is: one dense layer on ../shared/data/clothing-mini, beside the hub's models.

    python3 edge_probe.py [--weights FOLDER]

Every model prepares the pictures the same way (centre square, its own input side) and gets the same logistic regression,
its strength chosen by cross-validation on the training part. The milliseconds are PyTorch's on one thread, batch 1: they
compare the models with each other, not with the service.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import common
import edge_data
from edge_model import EdgeCnn, SIDE
from tflite_teacher import Teacher

# ---------------------------------------------------------------------------------------------------------- knobs
HUB_MODELS = [  # name, file (its SHA-256), side
    ("mobilenet-v1-025-128", "cb273c23ee76374b05b9583177e28aa19744858a7679c56a250e83d0333da785", 128),
    ("mobilenet-v2-ptq", "5d3137241276e79c86d14a74fe43581398ae0e815191d3dba45495b810840e8c", 224),
    ("mobilenet-v2", "7aad0c74c5e3c06e5eb3c827e13304fdd68a83da6087d92ee169c24ff9fd4776", 224),
]
STRENGTHS = np.logspace(-5, 0, 11)
# -----------------------------------------------------------------------------------------------------------------


def load_photos(folder, side):
    """([n, 3, side, side] in [-1, 1], class names)."""
    pictures, names = [], []
    for path in sorted(folder.glob("*/*")):
        image = Image.open(path).convert("RGB")
        short = min(image.size)
        left, top = (image.width - short) // 2, (image.height - short) // 2
        image = image.resize((side, side), Image.BILINEAR, box=(left, top, left + short, top + short))
        pictures.append(np.asarray(image))
        names.append(path.parent.name)
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1, names


@torch.no_grad()
def features_of(model, images):
    return torch.cat([model(batch)[1] for batch in images.split(32)]).numpy()


@torch.no_grad()
def milliseconds(model, image):
    torch.set_num_threads(1)
    times = []
    for _ in range(30):
        started = time.perf_counter()
        model(image)
        times.append(1000 * (time.perf_counter() - started))
    return float(np.median(times))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=common.SHARED)
    options = parser.parse_args()
    edge = EdgeCnn(len(edge_data.class_list()))
    edge.load_state_dict(torch.load(common.CACHE / "edge-cnn.average.pt", map_location="cpu")["average"])
    models = [("edge-cnn", edge.eval(), SIDE)]
    models += [(name, Teacher(options.shared / "hub" / file).eval(), side) for name, file, side in HUB_MODELS]
    for name, model, side in models:
        train, train_names = load_photos(options.shared / "data" / "clothing-mini" / "train", side)
        test, test_names = load_photos(options.shared / "data" / "clothing-mini" / "test", side)
        classifier = make_pipeline(StandardScaler(), LogisticRegressionCV(Cs=STRENGTHS, cv=5, max_iter=1000))
        classifier.fit(features_of(model, train), train_names)
        accuracy = classifier.score(features_of(model, test), test_names)
        print(f"{name}: accuracy {accuracy:.4f} on {len(test)} photos, {milliseconds(model, test[:1]):.1f} ms", flush=True)


if __name__ == "__main__":
    main()
