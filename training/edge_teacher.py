"""The teacher of edge-cnn: mobilenet-v2-ptq of the hub, with a dense layer of its own for the classes of edge-cnn.

    python3 edge_teacher.py --hub FOLDER        (the folder that holds the file named by its SHA-256)

Tiny-ImageNet is out of the teacher's domain (64 x 64 pixels scaled up), so its own ImageNet outputs are poor there. Its
1280-d feature is kept, and a dense layer over it is fitted on the training images: its softened outputs are what edge-cnn
learns from, next to the feature itself. On a GPU the whole teacher is then fine-tuned, and runs beside edge-cnn.
Writes under cache/teacher, resumable:
  features.npy [images, 1280] float16, in the order of edge_data.load_training_set(); head.pt; logits.npy float16;
  teacher.pt (GPU)
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
from common import DEVICE, GPU
from edge_augment import DeviceImages, load_batch
from tflite_teacher import Teacher

# ---------------------------------------------------------------------------------------------------------- knobs
SEED = 224
TEACHER_FILE = "5d3137241276e79c86d14a74fe43581398ae0e815191d3dba45495b810840e8c"  # mobilenet-v2-ptq, by its SHA-256
# On scaled-up 64-pixel images the teacher is best at 160, below its own 224; 128 costs half on a CPU.
SIDE_CPU, SIDE_GPU = 128, 160
BATCH_CPU, BATCH_GPU = 32, 1024
HEAD_EPOCHS, HEAD_BATCH, HEAD_RATE, HEAD_DECAY = 12, 1024, 2e-3, 0.05
HEAD_DROPOUT = 0.2
# On a GPU the whole teacher is then trained on; its batch norms are folded, so the steps are small.
TUNE_EPOCHS, TUNE_BATCH, TUNE_RATE, TUNE_DECAY, TUNE_AREA_MIN, TUNE_COLOR = 6, 256, 1e-4, 0.02, 0.35, 0.3
# -----------------------------------------------------------------------------------------------------------------

FOLDER = common.CACHE / "teacher"


class HeadedTeacher(nn.Module):
    """The hub's network with a dense layer for the classes of edge-cnn: (logits, feature [n, 1280])."""

    def __init__(self, network):
        super().__init__()
        self.network, self.head = network, nn.Linear(1280, len(edge_data.class_list()))

    def forward(self, images):
        _, features = self.network(images)
        return self.head(functional.dropout(features, HEAD_DROPOUT, self.training)), features


def load_trained(hub):
    """The teacher as fine-tuned by this script on a GPU."""
    teacher = HeadedTeacher(Teacher(hub / TEACHER_FILE))
    teacher.load_state_dict(torch.load(FOLDER / "teacher.pt", map_location="cpu"))
    return teacher


@torch.no_grad()
def compute_features(teacher, images, path):
    """Fills path [n, 1280] float16 row by row; a stopped run goes on where it was."""
    progress = path.with_suffix(".rows")
    first = int(progress.read_text()) if progress.exists() else 0
    shape = (len(images), 1280)
    features = np.lib.format.open_memmap(path, mode="r+" if first else "w+", dtype=np.float16, shape=shape)
    batch, side = (BATCH_GPU, SIDE_GPU) if GPU else (BATCH_CPU, SIDE_CPU)
    started = time.time()
    for begin in range(first, len(images), batch):
        pixels = images.rows(np.arange(begin, min(begin + batch, len(images)))).to(DEVICE)
        x = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1  # [n, 3, side, side] in [-1, 1]
        x = functional.interpolate(x, size=(side, side), mode="bilinear", align_corners=False)
        with torch.autocast(DEVICE, enabled=GPU, dtype=torch.bfloat16):
            _, rows = teacher(x.contiguous(memory_format=torch.channels_last))
        features[begin : begin + len(rows)] = rows.float().cpu().numpy()
        if begin // batch % 100 == 0:
            features.flush()
            progress.write_text(str(begin))
            print(f"{begin} of {len(images)} after {time.time() - started:.0f} s", flush=True)
    progress.write_text(str(len(images)))
    return features


def fit_head(features, labels):
    """A dense layer over the standardised feature, AdamW with cosine, on the rows that have a label."""
    x = torch.from_numpy(np.asarray(features[labels >= 0])).to(DEVICE)
    y = torch.from_numpy(labels[labels >= 0]).to(DEVICE)
    classes = len(edge_data.class_list())
    head = nn.Linear(1280, classes).to(DEVICE)
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


def fine_tune(teacher, train, val):
    """All weights of the teacher on augmented pictures."""
    for name, value in list(teacher.network.named_buffers()):
        if value.is_floating_point():
            delattr(teacher.network, name)
            setattr(teacher.network, name, nn.Parameter(value))
    teacher.to(DEVICE)
    data = DeviceImages(train)
    labelled = np.flatnonzero(train.labels >= 0)
    updates = TUNE_EPOCHS * (len(labelled) // TUNE_BATCH)
    optimizer = torch.optim.AdamW(teacher.parameters(), TUNE_RATE, weight_decay=TUNE_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, TUNE_RATE, updates, pct_start=0.1)
    for epoch in range(TUNE_EPOCHS):
        teacher.train()
        order, total = np.random.permutation(labelled), 0.0
        for begin in range(0, len(order) - TUNE_BATCH + 1, TUNE_BATCH):
            rows = order[begin : begin + TUNE_BATCH]
            images = load_batch(data, rows, SIDE_GPU, TUNE_AREA_MIN, TUNE_COLOR)
            with torch.autocast(DEVICE, enabled=GPU, dtype=torch.bfloat16):
                logits, _ = teacher(images)
            loss = functional.cross_entropy(logits.float(), data.labels[torch.from_numpy(rows).to(DEVICE)])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total = total + loss.detach()
        top1 = tuned_accuracy(teacher, val)
        print(f"teacher epoch {epoch}: loss {float(total) / (updates // TUNE_EPOCHS):.4f}, top-1 {top1:.4f}", flush=True)


@torch.no_grad()
def tuned_accuracy(teacher, val):
    teacher.eval()
    right = 0
    for begin in range(0, len(val), 500):
        rows = np.arange(begin, min(begin + 500, len(val)))
        x = val.rows(rows).to(DEVICE).permute(0, 3, 1, 2).float() / 127.5 - 1
        x = functional.interpolate(x, size=(SIDE_GPU, SIDE_GPU), mode="bilinear", align_corners=False)
        logits, _ = teacher(x.contiguous(memory_format=torch.channels_last))
        right += int((logits.argmax(1).cpu().numpy() == val.labels[rows]).sum())
    return right / len(val)


@torch.no_grad()
def apply_head(head, features):
    parts = [head(torch.from_numpy(np.asarray(features[i : i + 8192])).float()) for i in range(0, len(features), 8192)]
    return torch.cat(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hub", type=Path, default=common.SHARED / "hub")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    common.seed_everything(SEED)
    FOLDER.mkdir(parents=True, exist_ok=True)
    teacher = Teacher(options.hub / TEACHER_FILE).to(DEVICE).eval()
    train, val = edge_data.load_training_set(), edge_data.load_validation_set()
    val_features = compute_features(teacher, val, FOLDER / "val_features.npy")
    features = compute_features(teacher, train, FOLDER / "features.npy")
    head = fit_head(features, train.labels)
    torch.save(head.state_dict(), FOLDER / "head.pt")
    np.save(FOLDER / "logits.npy", apply_head(head, features).half().numpy())
    right = apply_head(head, val_features).argmax(1).numpy() == val.labels
    print(f"teacher, Tiny-ImageNet validation top-1: {right.mean():.4f}")
    if GPU:
        whole = HeadedTeacher(teacher)
        whole.head.load_state_dict(head.state_dict())
        fine_tune(whole, train, val)
        torch.save(whole.cpu().state_dict(), FOLDER / "teacher.pt")


if __name__ == "__main__":
    main()
