"""image-autoencoder as two graph models, with its golden outputs and its card."""

import json

import numpy as np
import torch

import common
import export_tfjs
from autoencoder_model import CODE, DECODER, ENCODER, HALF, Model, SIDE, code_limits, evaluate, pixels

# ---------------------------------------------------------------------------------------------------------- knobs
NAME = "image-autoencoder"
QUANTIZATION = "uint8"
# -----------------------------------------------------------------------------------------------------------------


def filter_of(convolution):
    """PyTorch [out, in, h, w] -> TensorFlow [h, w, in, out]."""
    return convolution.weight.detach().permute(2, 3, 1, 0).numpy()


def order_of(channels, block):
    """Positions in PyTorch's order (channel, i, j) of outputs that stand in DepthToSpace's order (i, j, channel)."""
    return np.arange(block * block * channels).reshape(channels, block * block).T.flatten()


def shuffled(convolution, block):
    """Filter and bias for DepthToSpace by `block`."""
    order = order_of(convolution.out_channels // block**2, block)
    return filter_of(convolution)[..., order], convolution.bias.detach().numpy()[order]


def plain(convolution):
    return filter_of(convolution), convolution.bias.detach().numpy()


def dense_of(linear):
    return linear.weight.detach().t().numpy(), linear.bias.detach().numpy()


def build_encoder(encoder):
    graph = export_tfjs.GraphBuilder()
    image = graph.placeholder("image", [None, SIDE, SIDE, 3])
    x = small = graph.average_pool("small", image, 2)
    straight = graph.dense("linear", graph.reshape("flat", small, [-1, HALF * HALF * 3]), *dense_of(encoder.linear))
    for index, convolution in enumerate(encoder.convolutions):
        x = graph.conv2d(f"conv{index + 1}", x, *plain(convolution), 2, "relu")
    x = graph.reshape("flat_conv", x, [-1, 4 * 4 * ENCODER[-1]])
    graph.add("code", straight, graph.dense("bend", x, *dense_of(encoder.bend)))
    graph.output("code", [None, CODE])
    return graph


def build_decoder(decoder):
    graph = export_tfjs.GraphBuilder()
    code = graph.placeholder("code", [None, CODE])
    drawing = graph.reshape("drawing", graph.dense("linear", code, *dense_of(decoder.linear)), [-1, HALF, HALF, 3])
    x = graph.conv2d("patch", drawing, *plain(decoder.patch), 4, "relu")
    bent = graph.conv2d("second", graph.conv2d("first", x, *plain(decoder.first), 1, "relu"), *plain(decoder.second))
    x = graph.relu("wide", graph.add("wide_sum", bent, x))
    x = graph.depth_to_space("doubled", graph.conv2d("spread", x, *shuffled(decoder.spread, 2), 1, "relu"), 2)
    x = graph.relu("narrow", graph.add("narrow_sum", graph.conv2d("third", x, *plain(decoder.third)), x))
    detail = graph.depth_to_space("detail", graph.conv2d("last", x, *shuffled(decoder.last, 4)), 4)
    smooth = graph.depth_to_space("smooth", graph.conv2d("enlarge", drawing, *shuffled(decoder.enlarge, 2)), 2)
    graph.add("image", detail, smooth)
    graph.output("image", [None, SIDE, SIDE, 3])
    return graph


@torch.no_grad()
def model_of(weights):
    """A model with the weights as they ship: {encoder or decoder: {"conv1/kernel": array}}."""
    model = Model()
    blocks = {"spread": 2, "last": 4, "enlarge": 2}
    for part in ("encoder", "decoder"):
        modules = dict(getattr(model, part).named_modules())
        for key in {name.rsplit("/", 1)[0] for name in weights[part] if name.endswith("/kernel")}:
            module = modules[f"convolutions.{int(key[4:]) - 1}" if key.startswith("conv") else key]
            kernel, bias = weights[part][f"{key}/kernel"], weights[part][f"{key}/bias"]
            if key in blocks:
                place = np.argsort(order_of(len(bias) // blocks[key] ** 2, blocks[key]))
                kernel, bias = kernel[..., place], bias[place]
            kernel = kernel.transpose(3, 2, 0, 1) if kernel.ndim == 4 else kernel.T
            module.weight.copy_(torch.from_numpy(np.ascontiguousarray(kernel)))
            module.bias.copy_(torch.from_numpy(bias))
    return model.eval()


def export(model, folder, kind, limits):
    encoder, encoder_size = build_encoder(model.encoder).write(folder / "encoder", kind, {"codeLength": CODE})
    metadata = {"codeLength": CODE}
    if limits:
        metadata.update(codeLow=common.round_floats(limits[0]), codeHigh=common.round_floats(limits[1]))
    decoder, decoder_size = build_decoder(model.decoder).write(folder / "decoder", kind, metadata)
    return {"encoder": encoder, "decoder": decoder}, encoder_size + decoder_size


CARD = """# image-autoencoder

64 x 64 colour -> 128 numbers -> 64 x 64 colour. A linear path (it starts as PCA) and a convolutional one, added, on the way
in; on the way out a linear drawing at 32 x 32, enlarged, to which convolutions add edges. {parameters:,} parameters, {bytes:,} bytes of weights ({kind}), encoder and decoder apart.

| mean squared error per value (0 to 1), {count:,} Tiny-ImageNet validation images | error | PSNR, dB |
|---|---|---|
| PCA, 128 components, fitted on the same training images | {pca:.6f} | {pca_db:.2f} |
| float32 | {float_error:.6f} | {float_db:.2f} |
| as shipped ({kind}) | {error:.6f} | {error_db:.2f} |
| as shipped, code rounded to 128 bytes | {byte_error:.6f} | {byte_db:.2f} |

The error as shipped is {margin:.1f} % below that of PCA. {epochs} epochs of {train:,} images, the last one ships. The shape of the
network was settled on short runs that were measured on every fifth validation image; nothing else was chosen by them.

- Encoder: `image` [n, 64, 64, 3] float32 in [0, 1] -> `code` [n, 128]. Decoder: `code` [n, 128] -> `image` [n, 64, 64, 3], to be
  clipped to [0, 1] (the errors above are). For 128 bytes: each number between `codeLow` and `codeHigh` (in the decoder's
  `userDefinedMetadata`, the 0.1 and 99.9 percentiles over training images) in 255 steps.
- Error per image over the validation set, for an anomaly score: see `errorQuantiles` in the decoder's `userDefinedMetadata`.
- Data: Tiny-ImageNet (github.com/rangeetpan/IMagenet; ImageNet's terms: research and education). Script:
  `training/image_autoencoder.py`. Licence of the weights: MIT, like the project.
- Limits: natural photos at 64 x 64; text, line drawings and fine texture come back blurred; 128 numbers cannot hold detail.
"""


def report(model, train, val, pca, options):
    float_error = evaluate(model, val)
    candidates = {}
    for kind in ("float16", "uint8"):
        weights, _ = export(model, common.CACHE / f"{NAME}.{kind}", kind, None)
        candidates[kind] = evaluate(model_of(weights), val[::5])
    print({"float32, every fifth": evaluate(model, val[::5]), **candidates}, flush=True)
    limits = code_limits(model, train[:: len(train) // 10000])
    folder = options.weights / NAME
    weights, size = export(model, folder, QUANTIZATION, limits)
    model = model_of(weights)
    add_error_quantiles(model, val, folder / "decoder" / "model.json")
    errors = {"pca": pca, "float": float_error, "error": evaluate(model, val), "byte": evaluate(model, val, limits)}
    print(errors)
    decibel = {key: -10 * np.log10(value) for key, value in errors.items()}
    epochs = torch.load(common.CACHE / f"{NAME}.checkpoint.pt", map_location="cpu")["epoch"] + 1
    card = CARD.format(
        parameters=sum(p.numel() for p in model.parameters()), bytes=size, kind=QUANTIZATION, count=len(val),
        pca=pca, pca_db=decibel["pca"], float_error=float_error, float_db=decibel["float"], error=errors["error"],
        error_db=decibel["error"], byte_error=errors["byte"], byte_db=decibel["byte"], epochs=epochs,
        train=len(train), margin=100 * (1 - errors["error"] / pca),
    )
    (folder / "README.md").write_text(card)


@torch.no_grad()
def add_error_quantiles(model, val, path):
    """Squared error per value of each validation image, as its 0, 1, ..., 100 percentiles, into the model's metadata."""
    errors = []
    for begin in range(0, len(val), 500):
        x = pixels(val[begin : begin + 500])
        errors.append((model(x).clamp(0, 1) - x).square().mean((1, 2, 3)))
    content = json.loads(path.read_text())
    quantiles = torch.cat(errors).quantile(torch.linspace(0, 1, 101))
    content["userDefinedMetadata"]["errorQuantiles"] = common.round_floats(quantiles)
    path.write_text(json.dumps(content) + "\n")
