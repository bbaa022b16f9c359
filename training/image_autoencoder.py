"""image-autoencoder: 64 x 64 colour -> 128 numbers -> 64 x 64 colour.

    python3 image_autoencoder.py [--epochs N] [--resume] [--export-only]

The network starts as PCA of the picture at half size with the best enlargement, plus convolutions that add nothing at
first, and is then trained whole on the squared error. The bar it must pass, PCA with 128 components of the full 64 x 64
pictures fitted on the same training images, is computed by the same script.
"""

import numpy as np
import torch
from torch.nn import functional

import common
import image_data
from autoencoder_export import NAME, report
from autoencoder_model import CODE, Model, evaluate, pixels
from common import DEVICE, GPU
from principal_components import cached_components, full_rows, half_rows, pca_error

# ---------------------------------------------------------------------------------------------------------- knobs
SEED = 128
EPOCHS = 60 if GPU else 3
BATCH = 256 if GPU else 64
LEARNING_RATE = 2e-3
DENSE_SHARE = 0.05  # of the learning rate, for the dense layers: those of the linear path need only be refined
WARM_UP_UPDATES = 100
# -----------------------------------------------------------------------------------------------------------------

DESCRIPTION = __doc__


def learning_rate(update, updates):
    if update < WARM_UP_UPDATES:
        return LEARNING_RATE * (update + 1) / WARM_UP_UPDATES
    return LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * min(1, update / updates)))


def train_epoch(model, optimizer, images, epoch, epochs):
    """One pass in an order of its own; half of the batches are mirrored."""
    model.train()
    order = np.random.default_rng(SEED + epoch).permutation(len(images))
    count, total, recent = len(order) // BATCH, 0.0, 0.0
    for step in range(count):
        rate = learning_rate(epoch * count + step, epochs * count)
        optimizer.param_groups[0]["lr"], optimizer.param_groups[1]["lr"] = rate, rate * DENSE_SHARE
        x = pixels(images[np.sort(order[step * BATCH : (step + 1) * BATCH])], DEVICE)
        if (epoch + step) % 2:
            x = x.flip(3)
        loss = functional.mse_loss(model(x), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
        recent += loss.item()
        if step % 100 == 99:
            print(f"epoch {epoch}, update {step + 1} of {count}: {recent / 100:.6f}", flush=True)
            recent = 0.0
    return total / count


def main():
    parser = common.parse_arguments(DESCRIPTION, EPOCHS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    common.seed_everything(SEED)
    train, val = (image_data.load_images(name)[0] for name in ("tiny_train", "tiny_val"))
    full_mean, full_components, _ = cached_components("pca", train, full_rows)
    pca = pca_error(val, full_mean, full_components)
    print(f"PCA, {CODE} components: {pca:.6f}", flush=True)
    common.seed_everything(SEED)
    model = Model()
    if not (options.resume or options.export_only):
        model.start_linear(*cached_components("half_pca", train, half_rows), train)
    model.to(DEVICE, memory_format=torch.channels_last)
    dense, convolutions = [], []
    for name, value in model.named_parameters():
        (dense if ".linear." in name or ".bend." in name else convolutions).append(value)
    optimizer = torch.optim.Adam([{"params": convolutions}, {"params": dense}], LEARNING_RATE)
    first = 0
    if options.resume or options.export_only:
        first = common.load_checkpoint(NAME, model, optimizer)["epoch"] + 1
    else:
        print(f"start: {evaluate(model, val[:2000]):.6f}", flush=True)
    log = common.EpochLog(NAME, options.resume or options.export_only)
    for epoch in range(first, 0 if options.export_only else options.epochs):
        loss = train_epoch(model, optimizer, train, epoch, options.epochs)
        log.write(epoch=epoch, train_loss=loss, validation_error=evaluate(model, val), pca_error=pca)
        common.save_checkpoint(NAME, epoch, model, optimizer)
    report(model.cpu(), train, val, pca, options)


if __name__ == "__main__":
    main()
