"""PCA of more pictures than fit in memory: the bar for image-autoencoder, and its start."""

import numpy as np
import torch
from torch.nn import functional

import common
from autoencoder_model import CODE, SIDE

# ---------------------------------------------------------------------------------------------------------- knobs
ITERATIONS, EXTRA = 4, 32  # subspace iterations, and directions beyond the wanted ones that are carried along
# -----------------------------------------------------------------------------------------------------------------


def principal_components(images, transform):
    """Randomised subspace iteration (Halko, Martinsson, Tropp 2011) over rows that transform(uint8 images) gives.

    Returns (mean [d], components [CODE, d], standard deviation of each coordinate [CODE])."""
    blocks = [slice(begin, begin + 4000) for begin in range(0, len(images), 4000)]
    mean = sum(transform(images[block]).to(common.DEVICE).double().sum(0) for block in blocks).float() / len(images)
    basis = torch.linalg.qr(torch.randn(len(mean), CODE + EXTRA).to(common.DEVICE))[0]
    for _ in range(ITERATIONS):
        product = torch.zeros_like(basis)
        for block in blocks:
            rows = transform(images[block]).to(common.DEVICE) - mean
            product += rows.t() @ (rows @ basis)
        basis = torch.linalg.qr(product)[0]
    covariance = torch.zeros(CODE + EXTRA, CODE + EXTRA, device=common.DEVICE)
    for block in blocks:
        coordinates = (transform(images[block]).to(common.DEVICE) - mean) @ basis
        covariance += coordinates.t() @ coordinates
    values, vectors = torch.linalg.eigh(covariance / len(images))
    order = values.argsort(descending=True)[:CODE]
    return mean.cpu(), (basis @ vectors[:, order]).t().contiguous().cpu(), values[order].sqrt().cpu()


def full_rows(images):
    return torch.from_numpy(np.ascontiguousarray(images)).flatten(1).float() / 255


def half_rows(images):
    x = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 255
    return functional.avg_pool2d(x, 2).permute(0, 2, 3, 1).flatten(1)


def cached_components(name, images, transform):
    path = common.CACHE / f"{name}.pt"
    if not path.exists():
        torch.save(principal_components(images, transform), path)
    return torch.load(path)


def pca_error(images, mean, components):
    """Mean squared error per value, outputs clipped to [0, 1] as those of the network are."""
    total = 0.0
    for begin in range(0, len(images), 2000):
        rows = full_rows(images[begin : begin + 2000])
        coordinates = (rows - mean) @ components.t()
        total += ((coordinates @ components + mean).clamp(0, 1) - rows).square().sum().item()
    return total / (len(images) * SIDE * SIDE * 3)
