"""edge-cnn as a fused graph model, with its golden outputs and its card."""

import numpy as np
import torch
from torch.nn import functional

import common
import edge_data
import export_tfjs
from common import DEVICE
from edge_model import CROP, EdgeCnn, FEATURES, SIDE, count_multiply_adds

# ---------------------------------------------------------------------------------------------------------- knobs
NAME = "edge-cnn"
UINT8_LENGTH_MIN = 150_000  # the five largest kernels, of the last stage and the head; what is smaller is float16: 3 MB
# -----------------------------------------------------------------------------------------------------------------


def kind_of(_name, array):
    return "uint8" if array.size >= UINT8_LENGTH_MIN else "float16"


def named_convolutions(model):
    """(name in the graph, module) in running order."""
    pairs = [("stem", model.stem)]
    for index, block in enumerate(model.blocks):
        pairs += [(f"block{index + 1}_first", block.first), (f"block{index + 1}_second", block.second)]
    return pairs + [("last", model.last)]


@torch.no_grad()
def equalize(model):
    """Folds the batch norms and spreads the range of each channel inside a block evenly; the function stays the same.

    ReLU lets a positive factor through, so a channel between two convolutions can be scaled in the first and scaled back in
    the second until its largest weights in both are equal (Nagel et al. 2019, data-free quantisation): one uint8 scale
    then serves all channels."""
    for _, module in named_convolutions(model):
        kernel, bias = module.folded()
        module.conv.weight.copy_(kernel)
        reset_norm(module.norm, bias)
    for block in model.blocks:
        rows = block.first.conv.weight.abs().amax((1, 2, 3)).clamp(min=1e-8)
        columns = block.second.conv.weight.abs().amax((0, 2, 3)).clamp(min=1e-8)
        factor = (rows / columns).sqrt()
        block.first.conv.weight /= factor[:, None, None, None]
        block.first.norm.bias /= factor
        block.second.conv.weight *= factor[None, :, None, None]
    return model


def reset_norm(norm, bias):
    """A batch norm that only adds its bias."""
    norm.weight.fill_(1)
    norm.running_mean.zero_()
    norm.running_var.fill_(1)
    norm.eps = 0.0
    norm.bias.copy_(bias)


def build(model):
    """The graph of an equalised model."""
    graph = export_tfjs.GraphBuilder()

    def convolve(name, module, source):
        kernel, bias = module.conv.weight.detach(), module.norm.bias.detach().numpy()
        activation = "relu" if module.relu else "linear"
        return graph.conv2d(name, source, kernel.permute(2, 3, 1, 0).numpy(), bias, module.stride, activation)

    x = convolve("stem", model.stem, graph.placeholder("image", [None, SIDE, SIDE, 3]))
    for index, block in enumerate(model.blocks):
        shortcut = x
        for part in ("first", "second"):
            x = convolve(f"block{index + 1}_{part}", getattr(block, part), x)
        if block.residual:
            x = graph.add(f"block{index + 1}_add", x, shortcut)
    features = graph.global_mean("features", convolve("last", model.last, x))
    head = model.head
    logits = graph.dense("logits", features, head.weight.detach().t().numpy(), head.bias.detach().numpy())
    graph.softmax("probabilities", logits)
    graph.output("probabilities", [None, head.out_features])
    return graph


@torch.no_grad()
def put_back(model, weights):
    """Weights as they ship into an equalised model."""
    for name, module in named_convolutions(model):
        kernel = torch.from_numpy(np.ascontiguousarray(weights[f"{name}/kernel"]))
        module.conv.weight.copy_(kernel.permute(3, 2, 0, 1))
        reset_norm(module.norm, torch.from_numpy(np.ascontiguousarray(weights[f"{name}/bias"])))
    model.head.weight.copy_(torch.from_numpy(np.ascontiguousarray(weights["logits/kernel"].T)))
    model.head.bias.copy_(torch.from_numpy(np.ascontiguousarray(weights["logits/bias"])))
    return model


def drawn_picture(index):
    """A picture that the tests can draw too, [96, 96, 3]: (index y + (16 - index) x + 40 c + (index mod 4) x y div 64) mod 256."""
    y, x, c = np.meshgrid(np.arange(SIDE), np.arange(SIDE), np.arange(3), indexing="ij")
    return ((index * y + (16 - index) * x + 40 * c + (index % 4) * x * y // 64) % 256).astype(np.uint8)


@torch.no_grad()
def write_golden_cases(model, folder):
    model.eval()
    cases = []
    for index in range(16):
        x = torch.from_numpy(drawn_picture(index)[None]).permute(0, 3, 1, 2).float() / 127.5 - 1
        logits, features = model(x)
        cases.append({"input": index, "output": functional.softmax(logits, 1)[0], "features_start": features[0, :16]})
    note = ("input: index of drawn_picture() in training/edge_export.py, x / 127.5 - 1; output: probabilities; "
            "features_start: features[0:16]")
    common.write_golden(folder, NAME, note, 1e-4, cases)


CARD = """# edge-cnn

A general image classifier, {classes} classes, and the feature extractor ({features} numbers) for fine-tuning. Residual
blocks of two 3 x 3 convolutions, ReLU, input {side} x {side}. {parameters:,} parameters, {millions:.1f} M multiply-adds, {bytes:,} bytes of weights
(the large kernels uint8, the rest float16).

| Tiny-ImageNet validation, {count:,} images, {tiny} of the classes | top-1 | top-5 |
|---|---|---|
| as shipped | {top1:.4f} | {top5:.4f} |
| float32 | {float_top1:.4f} | {float_top5:.4f} |

Trained for {epochs:.0f} epochs ({device}), those of the trainings that it goes on from included.

- Input: `image` [n, {side}, {side}, 3] float32, x / 127.5 - 1, of the central {crop:.3f} of a picture's shorter side.
  Outputs: `probabilities` [n, {classes}]; the nodes `logits` and `features` can be fetched. Class names and WordNet
  identifiers: `userDefinedMetadata` in `model.json`.
- Data: Tiny-ImageNet (github.com/rangeetpan/IMagenet, {tiny} classes as that repository holds them), imagenette's training part
  (github.com/thunderInfy/imagenette) and imagenet-sample-images (github.com/EliSchwartz/imagenet-sample-images), on nothing
  else; all three are parts of ImageNet, whose terms are research and education. Some of imagenette's training pictures come
  from ImageNet's validation set: do not measure this model there.
- Teacher: {teacher}
- Scripts: `training/edge_teacher.py`, `training/edge_cnn.py`. Licence of the weights: MIT, like the project.
- Limits: {classes} classes only, one label for the whole picture; most training pictures were 64 x 64, so small details count
  for little; the pictures are those of the web of 2009, with its biases; never use it to decide about a person.
"""


NO_TEACHER = "none; this training learnt from the labels alone."
TEACHER = "mobilenet-v2-ptq (google-coral/test_data, Apache-2.0), outputs and feature; no weights of it are in here."


def report(model, state, evaluate, options):
    """Exports, measures with evaluate(model, images) what quantisation costs, writes golden outputs and card."""
    val = edge_data.load_validation_set()
    float_top1, float_top5 = evaluate(model.to(DEVICE), val)
    model = equalize(model.cpu())
    metadata = {"labels": edge_data.class_names(), "identifiers": edge_data.class_list(), "epochs": round(state["epochs"])}
    weights, size = build(model).write(options.weights / NAME, kind_of, metadata)
    put_back(model, weights)
    write_golden_cases(model, options.golden)
    top1, top5 = evaluate(model.to(DEVICE), val)
    card = CARD.format(
        classes=len(metadata["labels"]), features=FEATURES, side=SIDE, crop=CROP, bytes=size, count=len(val),
        tiny=len(set(val.labels)), parameters=sum(p.numel() for p in EdgeCnn(len(metadata["labels"])).parameters()),
        millions=count_multiply_adds(model) / 1e6, top1=top1, top5=top5, float_top1=float_top1, float_top5=float_top5,
        epochs=state["epochs"], device=state["device"],
        teacher=NO_TEACHER if state["labels_only"] else TEACHER,
    )
    (options.weights / NAME / "README.md").write_text(card)
    print({"float32": (float_top1, float_top5), "shipped": (top1, top5), "bytes": size})
