"""Where a training of edge-cnn begins that does not begin with random weights.

What ships has its batch norms folded into the kernels. They are put in again, with the statistics of training pictures, so
that a training can go on from weights/edge-cnn alone: the function stays the same.
"""

import torch
from torch import nn

from edge_export import named_convolutions, put_back
from tfjs_weights import read_weights

# ---------------------------------------------------------------------------------------------------------- knobs
LENGTH_MIN = 1e-4  # of a filter that lives
RIDGE = 1e-2  # weight of the penalty where the projection is fitted, as a share of the feature's mean variance
# -----------------------------------------------------------------------------------------------------------------


@torch.no_grad()
def load_shipped(network, folder, images):
    """The weights in a folder into a new network; returns the epochs they were trained for.
    images [n, 3, side, side] in [-1, 1]: whose statistics the batch norms get."""
    eps = network.stem.norm.eps
    weights, metadata = read_weights(folder)
    put_back(network, weights)
    followers = {block.first: block.second for block in network.blocks}
    hooks = [module.norm.register_forward_pre_hook(lambda norm, inputs, module=module: restore_norm(
        module, inputs[0], eps, followers.get(module))) for _, module in named_convolutions(network)]
    network.eval()
    network(images)
    for hook in hooks:
        hook.remove()
    return metadata["epochs"]


def restore_norm(module, outputs, eps, follower):
    """Takes the scale of each channel out of the kernel and into the batch norm that follows it; between the two convolutions
    of a block it goes on into the second one's kernel. outputs: of the convolution, as it was. Returns them as they are now."""
    kernel, norm = module.conv.weight, module.norm
    length = kernel.flatten(1).norm(dim=1)[:, None, None, None]
    fresh = torch.empty_like(kernel)
    nn.init.kaiming_normal_(fresh, mode="fan_out")
    scale = (2 * kernel[0].numel() / kernel[:, 0].numel()) ** 0.5 / length.clamp(min=LENGTH_MIN)  # to the length of new filters
    kernel.mul_(scale)
    scale = scale.flatten()
    outputs = outputs * scale[:, None, None]
    variance, mean = torch.var_mean(outputs, (0, 2, 3))
    norm.eps = eps
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_((variance + eps).sqrt() / scale)
    norm.bias += mean / scale
    dead = length.flatten() < LENGTH_MIN
    if follower is not None:
        factor = norm.weight.where(~dead, torch.ones_like(norm.weight))
        follower.conv.weight *= factor[None, :, None, None]
        norm.bias /= factor
        norm.weight /= factor
    # A filter that is all zeros may begin anew; a scale of zero keeps the function as it is.
    kernel[dead] = fresh[dead]
    norm.running_var[dead] = 1
    norm.weight[dead] = 0
    return (outputs,)


@torch.no_grad()
def fit_projection(projection, features, teacher_features):
    """Ridge regression of the teacher's feature [n, 1280] on the network's [n, k]: so that its gradients
    are not those of a random projection at the start."""
    x, y = features - features.mean(0), teacher_features - teacher_features.mean(0)
    penalty = RIDGE * x.square().mean() * len(x) * torch.eye(x.shape[1], device=x.device)
    projection.weight.copy_(torch.linalg.solve(x.T @ x + penalty, x.T @ y).T)
    projection.bias.copy_(-projection.weight @ features.mean(0))
