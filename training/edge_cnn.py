"""edge-cnn: the default image classifier, and the feature extractor for fine-tuning.

    python3 edge_teacher.py           once, on the machine that trains
    python3 edge_cnn.py [--epochs N] [--minutes M] [--warm-start | --polish] [--resume] [--export-only]

Learns from labels, from the teacher's softened outputs and from the teacher's feature. On a GPU the teacher looks at the
very picture that the student sees (after crop, colour and mixup); on a CPU its outputs for the plain pictures are read
from the cache. With --minutes the learning rate reaches zero after that time, whatever the speed of the machine.
With --warm-start it begins with the averaged weights of the last training instead of random ones: what a CPU has learnt in
one night is not thrown away by the next. --polish does so with a small learning rate.
"""

import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import common
import edge_data
import edge_export
import edge_teacher
from common import DEVICE, GPU
from edge_augment import DeviceImages, crop, load_batch
from edge_model import CROP, EdgeCnn, SIDE

# ---------------------------------------------------------------------------------------------------------- knobs
NAME = "edge-cnn"
SEED = 96
EPOCHS = 80 if GPU else 60
BATCH = 1024 if GPU else 192
LEARNING_RATE = 4e-3 if GPU else 2.5e-3
WARM_UP = 0.03  # share of the training in which the learning rate rises
WEIGHT_DECAY = 0.05
CLIP_NORM = 5.0
AVERAGE_DECAY = 0.998  # what ships is the moving average of the weights
SIDES = [(0.0, SIDE)] if GPU else [(0.0, 64), (0.5, SIDE)]  # side of the pictures from a share of the training on
WARM_RATE = 0.3  # with --warm-start, the learning rate is this share of the usual one: at all of it, half of a training only
# brings back what its beginning lost
POLISH_RATE = 0.25  # with --polish, the learning rate is this share of the usual one, and all pictures have the full side
AREA_MIN = 0.25 if GPU else 0.35  # smallest crop, as a share of the area; a training of a few epochs underfits: 0.45 is better
COLOR = 0.3  # brightness, contrast and saturation change by up to this share
MIXUP = 0.2 if GPU else 0.0  # both parameters of the Beta distribution; 0 is off
DROPOUT = 0.1 if GPU else 0.0
LABEL_SMOOTHING = 0.1 if GPU else 0.0
TEMPERATURE = 2.0
WEIGHT_LABEL, WEIGHT_TEACHER, WEIGHT_FEATURE = 0.4, 0.6, 2.0
# On a CPU that multiplies bfloat16: 1.1 to 1.4 times as fast.
BFLOAT16 = GPU or (Path("/proc/cpuinfo").exists() and "avx512_bf16" in Path("/proc/cpuinfo").read_text())
CHECKPOINT_UPDATES = 600
VALIDATION_STEP = 10  # until the end of the training, accuracy is measured on every tenth image
STEP_SECONDS_MAX = 20  # a longer step was a pause of the machine and does not count towards --minutes
# -----------------------------------------------------------------------------------------------------------------

DESCRIPTION = __doc__
AVERAGE_FILE = common.CACHE / f"{NAME}.average.pt"


class CachedTeacher:
    """Outputs of the teacher for the plain pictures."""

    def __init__(self):
        self.logits = np.load(edge_teacher.FOLDER / "logits.npy", mmap_mode="r")
        self.features = np.load(edge_teacher.FOLDER / "features.npy", mmap_mode="r")
        self.side = None

    def __call__(self, rows, _images):
        return (torch.from_numpy(np.array(values[rows])).float() for values in (self.logits, self.features))


class NoTeacher:
    """Labels alone, where there is no time for the teacher."""

    side = None

    def __call__(self, _rows, _images):
        return ()


class OnlineTeacher:
    """The teacher at work on each batch."""

    def __init__(self, hub):
        self.network = edge_teacher.load_trained(hub).to(DEVICE).eval().to(memory_format=torch.channels_last)
        self.side = edge_teacher.SIDE_GPU

    @torch.no_grad()
    def __call__(self, _rows, images):
        logits, features = self.network(images)
        return logits.float(), features.float()


class Student(nn.Module):
    """The network and the projection of its feature onto the teacher's, which is dropped after training."""

    def __init__(self, classes):
        super().__init__()
        self.network = EdgeCnn(classes)
        self.projection = nn.Linear(self.network.head.in_features, 1280)

    def forward(self, images):
        logits, features = self.network(images, DROPOUT)
        return logits, self.projection(features)


def distillation_loss(student, labels, other_labels, share, teacher):
    """Labels (those of both pictures of a mixup), softened outputs, direction of the feature."""
    logits, features = (value.float() for value in student)
    label_loss = 0.0
    for target, part in ((labels, share), (other_labels, 1 - share)):
        if part > 0:
            one = functional.cross_entropy(logits, target, ignore_index=-1, label_smoothing=LABEL_SMOOTHING)
            label_loss = label_loss + part * one
    if not teacher:
        return label_loss
    teacher_logits, teacher_features = teacher
    expected = functional.softmax(teacher_logits / TEMPERATURE, 1)
    found = functional.log_softmax(logits / TEMPERATURE, 1)
    soft_loss = TEMPERATURE**2 * functional.kl_div(found, expected, reduction="batchmean")
    # The mean of the teacher's feature says nothing about the picture: only what differs in the batch counts.
    centred = teacher_features - teacher_features.mean(0)
    feature_loss = 1 - functional.cosine_similarity(features, centred).mean()
    return WEIGHT_LABEL * label_loss + WEIGHT_TEACHER * soft_loss + WEIGHT_FEATURE * feature_loss


def train_step(student, teacher, data, rows, side):
    """The loss of one batch and how many of its labels were met."""
    sample_side = teacher.side or side
    images = load_batch(data, rows, sample_side, AREA_MIN, COLOR)
    share, order = 1.0, torch.arange(len(rows), device=DEVICE)
    if MIXUP:
        share, order = float(np.random.beta(MIXUP, MIXUP)), torch.randperm(len(rows), device=DEVICE)
        images = torch.lerp(images[order], images, share)
    with torch.autocast(DEVICE, enabled=BFLOAT16, dtype=torch.bfloat16):
        targets = teacher(rows, images)
        if sample_side != side:
            images = functional.interpolate(images, size=(side, side), mode="bilinear", antialias=True)
        output = student(images.contiguous(memory_format=torch.channels_last))
    labels = data.labels[torch.from_numpy(rows).to(DEVICE)]
    loss = distillation_loss(output, labels, labels[order], share, tuple(targets))
    return loss, (output[0].argmax(1) == labels).float().mean()


def plain_batch(pixels, side):
    """[n, h, w, 3] uint8 -> [n, 3, side, side] in [-1, 1], as the service prepares a square picture that is no larger."""
    theta = torch.tensor([[CROP, 0.0, 0.0], [0.0, CROP, 0.0]], device=DEVICE).expand(len(pixels), 2, 3)
    x = crop(pixels.to(DEVICE), theta, side) * 2 - 1
    return x.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def evaluate(network, images, side=SIDE, step=1):
    """Top-1 and top-5 over every `step`-th image."""
    network.eval()
    hits = torch.zeros(2)
    rows = np.arange(0, len(images), step)
    for begin in range(0, len(rows), 500):
        chosen = rows[begin : begin + 500]
        logits, _ = network(plain_batch(images.rows(chosen), side))
        labels = torch.from_numpy(images.labels[chosen])
        found = logits.topk(5, 1).indices.cpu() == labels[:, None]
        hits += torch.tensor([found[:, 0].sum(), found.any(1).sum()])
    return (hits / len(rows)).tolist()


def make_optimizer(student):
    """No weight decay on biases and batch norms."""
    groups = [[], []]
    for parameter in student.parameters():
        groups[parameter.dim() == 1].append(parameter)
    return torch.optim.AdamW(
        [{"params": groups[0], "weight_decay": WEIGHT_DECAY}, {"params": groups[1], "weight_decay": 0.0}], LEARNING_RATE
    )


def set_learning_rate(optimizer, progress, peak):
    rate = peak * min(progress / WARM_UP, 0.5 * (1 + math.cos(math.pi * min(1, progress))))
    for group in optimizer.param_groups:
        group["lr"] = rate


def update_average(average, student, update):
    """The decay grows with the updates, so that the first weights do not linger."""
    decay = min(AVERAGE_DECAY, (1 + update) / (10 + update))
    with torch.no_grad():
        for kept, value in zip(average.state_dict().values(), student.network.state_dict().values()):
            if kept.dtype.is_floating_point:
                kept.lerp_(value, 1 - decay)


def train(student, average, options, log):
    data, val = DeviceImages(edge_data.load_training_set()), edge_data.load_validation_set()
    teacher = NoTeacher() if options.labels_only else OnlineTeacher(options.hub) if GPU else CachedTeacher()
    optimizer = make_optimizer(student)
    peak = LEARNING_RATE * (POLISH_RATE if options.polish else WARM_RATE if options.warm_start else 1)
    update, spent, earlier = 0, 0.0, 0.0
    if options.warm_start or options.polish:
        state = torch.load(AVERAGE_FILE, map_location="cpu")
        earlier = state["epochs"]
        average.load_state_dict(state["average"])
        student.network.load_state_dict(average.state_dict())
    if options.resume:
        state = common.load_checkpoint(NAME, student, optimizer)
        average.load_state_dict(torch.load(AVERAGE_FILE, map_location="cpu")["average"])
        update, spent, earlier = state["update"], state["spent"], state.get("earlier", 0.0)
    per_epoch = len(data.images) // BATCH
    progress, last = 0.0, time.time()
    total, right, count, seconds = 0.0, 0.0, 0, 0.0
    while progress < 1:
        epoch, step = divmod(update, per_epoch)
        if step == 0 or count == 0:
            order = np.random.default_rng(SEED + epoch).permutation(len(data.images))
        progress = max(update / (options.epochs * per_epoch), spent / (60 * options.minutes) if options.minutes else 0)
        set_learning_rate(optimizer, progress, peak)
        side = SIDE if options.polish else [size for begin, size in SIDES if progress >= begin][-1]
        student.train()
        loss, accuracy = train_step(student, teacher, data, order[step * BATCH : (step + 1) * BATCH], side)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(student.parameters(), CLIP_NORM)
        optimizer.step()
        update += 1
        update_average(average, student, update)
        total, right, count = total + loss.detach(), right + accuracy, count + 1
        step_seconds, last = min(STEP_SECONDS_MAX, time.time() - last), time.time()
        seconds, spent = seconds + step_seconds, spent + step_seconds
        if update % CHECKPOINT_UPDATES == 0 or progress >= 1:
            step = 1 if progress >= 1 else VALIDATION_STEP
            top1, top5 = evaluate(average, val, step=step)
            log.write(epoch=epoch, update=update, progress=progress, side=side, train_loss=float(total / count),
                      train_accuracy=float(right / count), validation_top1=top1, validation_top5=top5,
                      validation_images=len(val) // step,
                      images_per_second=count * BATCH / seconds)
            common.save_checkpoint(NAME, epoch, student, optimizer, update=update, spent=spent, earlier=earlier)
            # Apart, as it is all that an export needs and small enough to be sent.
            torch.save({"average": average.state_dict(), "epochs": earlier + update / per_epoch, "progress": min(1.0, progress),
                        "device": DEVICE, "labels_only": options.labels_only}, AVERAGE_FILE)
            total, right, count, seconds = 0.0, 0.0, 0, 0.0


def main():
    parser = common.parse_arguments(DESCRIPTION, EPOCHS)
    parser.add_argument("--hub", type=Path, default=common.SHARED / "hub", help="the teacher's file")
    parser.add_argument("--labels-only", action="store_true", help="train without the teacher")
    parser.add_argument("--warm-start", action="store_true", help="begin with the averaged weights of the last training")
    parser.add_argument("--polish", action="store_true", help="a warm start with a small learning rate at the full size")
    parser.add_argument("--minutes", type=float, default=0, help="end the training after this time")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    common.seed_everything(SEED)
    classes = len(edge_data.class_list())
    student, average = Student(classes).to(DEVICE), EdgeCnn(classes).to(DEVICE)
    student.to(memory_format=torch.channels_last)
    average.to(memory_format=torch.channels_last)
    average.load_state_dict(student.network.state_dict())
    if not options.export_only:
        train(student, average, options, common.EpochLog(NAME, options.resume))
    state = torch.load(AVERAGE_FILE, map_location="cpu")
    average.load_state_dict(state["average"])
    edge_export.report(average.cpu(), state, evaluate, options)


if __name__ == "__main__":
    main()
