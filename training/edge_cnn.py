"""edge-cnn: the default image classifier, and the feature extractor for fine-tuning.

    python3 edge_teacher.py           once, on the machine that trains
    python3 edge_cnn.py [--epochs N] [--minutes M] [--warm-start | --polish] [--resume] [--export-only]

Learns from labels, from the teacher's softened outputs and from the teacher's feature. On a GPU the teacher looks at the
very picture that the student sees (after crop, colour and mixup); on a CPU the student is shown one of the regions of each
picture that the teacher has seen beforehand. With --minutes the learning rate reaches zero after that time, whatever the
speed of the machine. With --warm-start it begins with the averaged weights of the last training, or with what ships where
their file is not there: what a CPU has learnt in one night is not thrown away by the next. --polish does so with a small
learning rate.
"""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import common
import edge_data
import edge_export
import edge_teacher
import edge_warm_start
from common import BFLOAT16, DEVICE, GPU
from edge_augment import DeviceImages, crop, load_batch, mirror_half, random_regions
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
SIDES = [(0.0, SIDE)] if GPU else [(0.0, 80), (0.4, SIDE)]  # side of the pictures from a share of the training on
WARM_RATE = 0.5  # with --warm-start, the learning rate is this share of the usual one
WARM_IMAGES = 2000  # with --warm-start: pictures from which batch norms and the projection are fitted
POLISH_RATE = 0.25  # with --polish, the learning rate is this share of the usual one, and all pictures have the full side
AREA_MIN = 0.25 if GPU else 0.35  # smallest crop, as a share of the area, where the teacher has not chosen it beforehand
VIEW_JITTER = 0.08  # by which a region of the teacher is moved and resized, in halves of a side
COLOR = 0.3  # brightness, contrast and saturation change by up to this share
MIXUP = 0.2  # both parameters of the Beta distribution
DROPOUT = 0.1 if GPU else 0.0
LABEL_SMOOTHING = 0.1 if GPU else 0.0
TEMPERATURE = 2.0
WEIGHT_LABEL, WEIGHT_TEACHER, WEIGHT_FEATURE = 0.4, 0.6, 2.0
CHECKPOINT_UPDATES = 600
VALIDATION_STEP = 10  # until the end of the training, accuracy is measured on every tenth image
EVALUATION_BATCH = 1000 if GPU else 96  # small on a CPU: once the heap has grown beyond what a step needs, steps are slower
STEP_SECONDS_MAX = 20  # a longer step was a pause of the machine and does not count towards --minutes
# -----------------------------------------------------------------------------------------------------------------

DESCRIPTION = __doc__
AVERAGE_FILE = common.CACHE / f"{NAME}.average.pt"


# A teacher has draw(rows), the regions to show with what it knows of them already, and targets(known, images, order, share),
# its softened outputs and features [n, 1280] for pictures mixed by `share` [n] with those in another `order`, or None. side: of
# the pictures that it needs, None where any will do.


class TeacherViews:
    """Regions of the pictures that the teacher has seen before the training, and what it said of them."""

    side = None

    def __init__(self):
        names = ("regions", "logits", "features")
        self.views = [[np.load(edge_teacher.FOLDER / f"view_{number}.{name}.npy", mmap_mode="r") for name in names]
                      for number in range(edge_teacher.VIEWS)]

    def draw(self, rows):
        """(regions [n, 2, 3], what the teacher said of them) of one view of each row."""
        chosen = np.random.randint(len(self.views), size=len(rows))
        drawn = [np.empty((len(rows), values.shape[1]), np.float32) for values in self.views[0]]
        for number, view in enumerate(self.views):
            where = np.flatnonzero(chosen == number)
            for result, values in zip(drawn, view):
                result[where] = values[rows[where]]
        packed, logits, features = drawn
        packed += np.random.uniform(-VIEW_JITTER, VIEW_JITTER, packed.shape).astype(np.float32)
        expected = functional.softmax(torch.from_numpy(logits) / TEMPERATURE, 1)
        return edge_teacher.unpack_regions(packed), (expected, torch.from_numpy(features))

    def targets(self, drawn, _images, order, share):
        return tuple(torch.lerp(values[order], values, share[:, None]) for values in drawn)


class NoTeacher:
    """Labels alone, where there is no time for the teacher."""

    side = None

    def draw(self, rows):
        return random_regions(len(rows), AREA_MIN), None

    def targets(self, _drawn, _images, _order, _share):
        return None


class OnlineTeacher:
    """The teacher at work on each batch, mixed pictures included."""

    side = edge_teacher.SIDE

    def __init__(self, hub):
        self.network = edge_teacher.load_trained(hub).to(DEVICE).eval().to(memory_format=torch.channels_last)

    def draw(self, rows):
        return random_regions(len(rows), AREA_MIN), None

    @torch.no_grad()
    def targets(self, _drawn, images, _order, _share):
        logits, features = self.network(images)
        return functional.softmax(logits / TEMPERATURE, 1), features


class Student(nn.Module):
    """The network and the projection of its feature onto the teacher's, which is dropped after training."""

    def __init__(self, classes):
        super().__init__()
        self.network = EdgeCnn(classes)
        self.projection = nn.Linear(self.network.head.in_features, 1280)

    def forward(self, images):
        logits, features = self.network(images, DROPOUT)
        return logits, self.projection(features)


def distillation_loss(student, labels, other_labels, share, targets):
    """Labels (those of both pictures of a mixup, `share` [n] that of the first), softened outputs, direction of the feature."""
    logits, features = (value.float() for value in student)
    label_loss = 0.0
    for target, part in ((labels, share), (other_labels, 1 - share)):
        options = {"ignore_index": -1, "label_smoothing": LABEL_SMOOTHING, "reduction": "none"}
        label_loss = label_loss + (part * functional.cross_entropy(logits, target, **options)).mean()
    if targets is None:
        return label_loss
    expected, teacher_features = targets
    found = functional.log_softmax(logits / TEMPERATURE, 1)
    soft_loss = TEMPERATURE**2 * functional.kl_div(found, expected, reduction="batchmean")
    # The mean of the teacher's feature says nothing about the picture: only what differs in the batch counts.
    centred = teacher_features - teacher_features.mean(0)
    feature_loss = 1 - functional.cosine_similarity(features, centred).mean()
    return WEIGHT_LABEL * label_loss + WEIGHT_TEACHER * soft_loss + WEIGHT_FEATURE * feature_loss


def prepare_batch(data, teacher, rows, side):
    """Augmented and mixed pictures, labels, the labels of what they are mixed with, shares [n], what the teacher drew."""
    regions, drawn = teacher.draw(rows)
    images = load_batch(data, rows, mirror_half(regions), teacher.side or side, COLOR)
    share = torch.from_numpy(np.random.beta(MIXUP, MIXUP, len(rows)).astype(np.float32)).to(DEVICE)
    order = torch.randperm(len(rows), device=DEVICE)
    images = torch.lerp(images[order], images, share[:, None, None, None])
    labels = data.labels[torch.from_numpy(rows).to(DEVICE)]
    return images, labels, labels[order], share, teacher.targets(drawn, images, order, share)


def train_step(student, batch, side):
    """The loss of one batch and the share of its labels that were met."""
    images, labels, other_labels, share, targets = batch
    if images.shape[2] != side:
        images = functional.interpolate(images, size=(side, side), mode="bilinear", antialias=True)
    with torch.autocast(DEVICE, enabled=BFLOAT16, dtype=torch.bfloat16):
        output = student(images.contiguous(memory_format=torch.channels_last))
    loss = distillation_loss(output, labels, other_labels, share, targets)
    main = torch.where(share < 0.5, other_labels, labels)
    return loss, (output[0].argmax(1) == main)[main >= 0].float().mean()


class Batches:
    """Rows of the images by number of update, each epoch in an order of its own."""

    def __init__(self, count):
        self.count, self.per_epoch, self.epoch = count, count // BATCH, None

    def rows(self, update):
        epoch, step = divmod(update, self.per_epoch)
        if epoch != self.epoch:
            self.epoch, self.order = epoch, np.random.default_rng(SEED + epoch).permutation(self.count)
        return self.order[step * BATCH : (step + 1) * BATCH]


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
    for begin in range(0, len(rows), EVALUATION_BATCH):
        chosen = rows[begin : begin + EVALUATION_BATCH]
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


def warm_start(student, average, data, teacher, options):
    """Begins with the averaged weights of the last training or, without its file, with what ships; returns its epochs."""
    rows = np.random.default_rng(SEED).permutation(len(data.images))[:WARM_IMAGES]
    regions, drawn = teacher.draw(rows)
    images = load_batch(data, rows, mirror_half(regions), SIDE, COLOR)
    if AVERAGE_FILE.exists():
        state = torch.load(AVERAGE_FILE, map_location="cpu")
        average.load_state_dict(state["average"])
        earlier = state["epochs"]
    else:
        earlier = edge_warm_start.load_shipped(average, options.weights / NAME, images)
    student.network.load_state_dict(average.state_dict())
    one = torch.ones(len(rows), device=DEVICE)
    targets = teacher.targets(drawn, images, torch.arange(len(rows), device=DEVICE), one)
    if targets is not None:
        with torch.no_grad():
            features = torch.cat([average.eval()(part)[1] for part in images.split(EVALUATION_BATCH)])
        edge_warm_start.fit_projection(student.projection, features, targets[1])
    return earlier


def train(student, average, options, log):
    data, val = DeviceImages(edge_data.load_training_set()), edge_data.load_validation_set()
    teacher = NoTeacher() if options.labels_only else OnlineTeacher(options.hub) if GPU else TeacherViews()
    optimizer = make_optimizer(student)
    peak = LEARNING_RATE * (POLISH_RATE if options.polish else WARM_RATE if options.warm_start else 1)
    update, spent, earlier = 0, 0.0, 0.0
    if options.resume:
        state = common.load_checkpoint(NAME, student, optimizer)
        average.load_state_dict(torch.load(AVERAGE_FILE, map_location="cpu")["average"])
        update, spent, earlier = state["update"], state["spent"], state["earlier"]
    elif options.warm_start or options.polish:
        earlier = warm_start(student, average, data, teacher, options)
    batches = Batches(len(data.images))
    progress, last = 0.0, time.time()
    total, right, count, seconds = 0.0, 0.0, 0, 0.0
    # The next batch is made while the last one trains: on two cores 5 % faster.
    loader = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))
    upcoming = loader.submit(prepare_batch, data, teacher, batches.rows(update), SIDE)
    while progress < 1:
        progress = max(update / (options.epochs * batches.per_epoch),
                       spent / (60 * options.minutes) if options.minutes else 0)
        set_learning_rate(optimizer, progress, peak)
        side = SIDE if options.polish else [size for begin, size in SIDES if progress >= begin][-1]
        batch = upcoming.result()
        upcoming = loader.submit(prepare_batch, data, teacher, batches.rows(update + 1), side)
        student.train()
        loss, accuracy = train_step(student, batch, side)
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
            epochs = update / batches.per_epoch
            log.write(epoch=int(epochs), update=update, progress=progress, side=side, train_loss=float(total / count),
                      train_accuracy=float(right / count), validation_top1=top1, validation_top5=top5,
                      validation_images=len(val) // step,
                      images_per_second=count * BATCH / seconds)
            common.save_checkpoint(NAME, int(epochs), student, optimizer, update=update, spent=spent, earlier=earlier)
            # Apart, as it is all that an export needs and small enough to be sent.
            torch.save({"average": average.state_dict(), "epochs": earlier + epochs, "progress": min(1.0, progress),
                        "device": DEVICE, "labels_only": options.labels_only}, AVERAGE_FILE)
            total, right, count, seconds = 0.0, 0.0, 0, 0.0
    loader.shutdown()


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
