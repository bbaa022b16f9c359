"""The teacher of edge-cnn: mobilenet-v2-ptq of the hub, with a dense layer of its own for the classes of edge-cnn.

    python3 edge_teacher.py --hub FOLDER        (the folder that holds the file named by its SHA-256)

Tiny-ImageNet is out of the teacher's domain (64 x 64 pixels scaled up), so its own ImageNet outputs are poor there. Its
1280-d feature is kept, a dense layer over it is fitted on the training images, and then the whole of it (on a CPU: its last
layers) is fine-tuned. Its softened outputs are what edge-cnn learns from, next to the feature. On a GPU it runs beside
edge-cnn; on a CPU it looks at several regions of each picture beforehand, and edge-cnn is shown these very regions: outputs
for the whole picture are wrong for a part of it (Shen and Xing 2021, a fast knowledge distillation framework).
Writes under cache/teacher, and goes on after what is there:
  features.npy [images, 1280] float16, in the order of edge_data.load_labelled_set(); head.pt; teacher.pt
  on a CPU view_N.regions.npy [images, 4] float32, view_N.logits.npy [images, classes] and view_N.features.npy [images, 1280]
  float16, in the order of edge_data.load_training_set()
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import common
import edge_data
from common import BFLOAT16, DEVICE, GPU
from edge_augment import DeviceImages, load_batch, load_regions, mirror_half, random_regions
from tflite_teacher import Teacher

# ---------------------------------------------------------------------------------------------------------- knobs
SEED = 224
TEACHER_FILE = "5d3137241276e79c86d14a74fe43581398ae0e815191d3dba45495b810840e8c"  # mobilenet-v2-ptq, by its SHA-256
# On scaled-up 64-pixel images the teacher is best at 160, below its own 224; 128 costs half on a CPU.
SIDE = 160 if GPU else 128
BATCH = 1024 if GPU else 32
HEAD_EPOCHS, HEAD_BATCH, HEAD_RATE, HEAD_DECAY = 12, 1024, 2e-3, 0.05
HEAD_DROPOUT = 0.2
# The fine-tuning. The batch norms are folded, so its steps are small.
TUNE_EPOCHS = 6 if GPU else 2
TUNE_FIRST = 0 if GPU else 42  # first operator that is trained; 42: the last four blocks, at 3.4 times the speed of all
TUNE_BATCH = 256 if GPU else 64
TUNE_RATE, TUNE_DECAY, TUNE_COLOR = 1e-4, 0.02, 0.3
AREA_MIN = 0.35  # smallest region that the teacher learns from and is asked about, as a share of the area
VIEWS = 2  # on a CPU: regions of each picture
# -----------------------------------------------------------------------------------------------------------------

FOLDER = common.CACHE / "teacher"
DTYPE = torch.bfloat16 if BFLOAT16 else torch.float32


class HeadedTeacher(nn.Module):
    """The hub's network with a dense layer for the classes of edge-cnn: (logits, feature [n, 1280]), float32."""

    def __init__(self, network):
        super().__init__()
        self.network, self.head = network, nn.Linear(1280, len(edge_data.class_list()))

    def forward(self, images):
        _, features = self.network(images.to(DTYPE))
        features = features.float()
        return self.head(functional.dropout(features, HEAD_DROPOUT, self.training)), features


def load_trained(hub):
    """The teacher as fine-tuned by this script."""
    teacher = HeadedTeacher(Teacher(hub / TEACHER_FILE))
    teacher.load_state_dict(torch.load(FOLDER / "teacher.pt", map_location="cpu"))
    teacher.network.to(DTYPE)
    return teacher


def whole_pictures(images, rows):
    """[n, 3, SIDE, SIDE] in [-1, 1], channels last."""
    x = images.rows(rows).to(DEVICE).permute(0, 3, 1, 2).float() / 127.5 - 1
    x = functional.interpolate(x, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    return x.contiguous(memory_format=torch.channels_last)


def batches(count):
    for begin in range(0, count, BATCH):
        yield np.arange(begin, min(begin + BATCH, count))


@torch.no_grad()
def compute_features(teacher, images, path):
    """Fills path [n, 1280] float16."""
    features = np.lib.format.open_memmap(path.with_suffix(".partial"), "w+", np.float16, (len(images), 1280))
    for rows in batches(len(images)):
        features[rows] = teacher(whole_pictures(images, rows))[1].half().cpu().numpy()
    features.flush()
    path.with_suffix(".partial").rename(path)


def fit_head(features, labels):
    """A dense layer over the feature, AdamW with cosine."""
    x, y = torch.from_numpy(np.asarray(features)).to(DEVICE), torch.from_numpy(labels).to(DEVICE)
    head = nn.Linear(1280, len(edge_data.class_list())).to(DEVICE)
    nn.init.zeros_(head.weight)
    optimizer = torch.optim.AdamW(head.parameters(), HEAD_RATE, weight_decay=HEAD_DECAY)
    updates = HEAD_EPOCHS * (len(x) // HEAD_BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, HEAD_RATE, updates, pct_start=0.1)
    for epoch in range(HEAD_EPOCHS):
        total = 0.0
        for rows in torch.randperm(len(x), device=DEVICE).split(HEAD_BATCH)[: len(x) // HEAD_BATCH]:
            logits = head(functional.dropout(x[rows].float(), HEAD_DROPOUT))
            loss = functional.cross_entropy(logits, y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"head epoch {epoch}: loss {total / (len(x) // HEAD_BATCH):.4f}", flush=True)
    return head.cpu()


def make_trainable(network, first):
    """Turns the constants of the operators from `first` on into parameters."""
    for _, inputs, _, _ in network.steps[first:]:
        for name in (f"constant_{index}" for index in inputs):
            value = network._buffers.get(name)
            if value is not None and value.is_floating_point():
                delattr(network, name)
                setattr(network, name, nn.Parameter(value))


def fine_tune(teacher, train, val):
    """Trains the last layers (on a GPU: all) and the dense layer on augmented pictures."""
    make_trainable(teacher.network, TUNE_FIRST)
    teacher.to(DEVICE)
    data = DeviceImages(train)
    updates = TUNE_EPOCHS * (len(train) // TUNE_BATCH)
    optimizer = torch.optim.AdamW(teacher.parameters(), TUNE_RATE, weight_decay=TUNE_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, TUNE_RATE, updates, pct_start=0.1)
    for epoch in range(TUNE_EPOCHS):
        teacher.train()
        order, total, started = np.random.permutation(len(train)), 0.0, time.time()
        for begin in range(0, len(order) - TUNE_BATCH + 1, TUNE_BATCH):
            rows = order[begin : begin + TUNE_BATCH]
            regions = mirror_half(random_regions(len(rows), AREA_MIN))
            logits, _ = teacher(load_batch(data, rows, regions, SIDE, TUNE_COLOR))
            loss = functional.cross_entropy(logits, data.labels[torch.from_numpy(rows).to(DEVICE)])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total = total + loss.detach()
        loss, seconds = float(total) / (updates // TUNE_EPOCHS), time.time() - started
        print(f"teacher epoch {epoch}: loss {loss:.4f}, top-1 {accuracy(teacher, val):.4f}, {seconds:.0f} s", flush=True)


@torch.no_grad()
def accuracy(teacher, images):
    teacher.eval()
    right = 0
    for rows in batches(len(images)):
        logits, _ = teacher(whole_pictures(images, rows))
        right += int((logits.argmax(1).cpu().numpy() == images.labels[rows]).sum())
    return right / len(images)


@torch.no_grad()
def compute_view(teacher, train, number):
    """What the teacher says of one random region of each picture."""
    teacher.eval()
    started, data = time.time(), DeviceImages(train)
    torch.manual_seed(SEED + number)  # so that a run that goes on gets regions of its own
    regions = random_regions(len(train), AREA_MIN)
    logits = np.empty((len(train), teacher.head.out_features), np.float16)
    features = np.empty((len(train), 1280), np.float16)
    for rows in batches(len(train)):
        x = load_regions(data, rows, regions[rows], SIDE) * 2 - 1
        one, other = teacher(x.contiguous(memory_format=torch.channels_last))
        logits[rows], features[rows] = one.half().numpy(), other.half().numpy()
    for name, values in (("regions", pack_regions(regions)), ("logits", logits), ("features", features)):
        path = FOLDER / f"view_{number}.{name}.npy"
        with path.with_suffix(".partial").open("wb") as file:
            np.save(file, values)
        path.with_suffix(".partial").rename(path)
    print(f"view {number}: {time.time() - started:.0f} s", flush=True)


def pack_regions(regions):
    """[n, 2, 3] -> [n, 4] float32: the numbers that are not zero."""
    return torch.stack([regions[:, 0, 0], regions[:, 1, 1], regions[:, 0, 2], regions[:, 1, 2]], 1).numpy()


def unpack_regions(packed):
    """[n, 4] -> [n, 2, 3]"""
    width, height, x, y = torch.from_numpy(packed).unbind(1)
    zero = torch.zeros_like(x)
    return torch.stack([torch.stack([width, zero, x], 1), torch.stack([zero, height, y], 1)], 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hub", type=Path, default=common.SHARED / "hub")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    common.seed_everything(SEED)
    FOLDER.mkdir(parents=True, exist_ok=True)
    teacher = HeadedTeacher(Teacher(options.hub / TEACHER_FILE)).to(DEVICE).eval()
    labelled, val = edge_data.load_labelled_set(), edge_data.load_validation_set()
    if not (FOLDER / "head.pt").exists():
        compute_features(teacher, labelled, FOLDER / "features.npy")
        head = fit_head(np.load(FOLDER / "features.npy", mmap_mode="r"), labelled.labels)
        torch.save(head.state_dict(), FOLDER / "head.pt")
    if not (FOLDER / "teacher.pt").exists():
        teacher.head.load_state_dict(torch.load(FOLDER / "head.pt"))
        print(f"teacher before fine-tuning: top-1 {accuracy(teacher, val):.4f}", flush=True)
        fine_tune(teacher, labelled, val)
        torch.save(teacher.cpu().state_dict(), FOLDER / "teacher.pt")
    if GPU:
        return
    teacher, train = load_trained(options.hub), edge_data.load_training_set()
    for number in range(VIEWS):
        if not (FOLDER / f"view_{number}.features.npy").exists():
            compute_view(teacher, train, number)


if __name__ == "__main__":
    main()
