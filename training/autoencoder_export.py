"""image-autoencoder as two graph models, with its golden outputs and its card."""

import json

import numpy as np
import torch
from torch import nn

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


def shuffled(convolution):
    """Filter and bias with the outputs in the order of DepthToSpace (i, j, channel) in place of (channel, i, j)."""
    channels = convolution.out_channels // 4
    order = torch.arange(4 * channels).view(channels, 4).t().flatten()
    return filter_of(convolution)[..., order.numpy()], convolution.bias.detach()[order].numpy()


def dense_of(linear):
    return linear.weight.detach().t().numpy(), linear.bias.detach().numpy()


def build_encoder(encoder):
    graph = export_tfjs.GraphBuilder()
    image = graph.placeholder("image", [None, SIDE, SIDE, 3])
    pooled = graph.average_pool("pool", image, 2)
    straight = graph.dense("linear", graph.reshape("flat", pooled, [-1, HALF * HALF * 3]), *dense_of(encoder.linear))
    x = image
    for index, convolution in enumerate(encoder.convolutions):
        bias = convolution.bias.detach().numpy()
        x = graph.conv2d(f"conv{index + 1}", x, filter_of(convolution), bias, 2, "relu")
    x = graph.reshape("flat_conv", x, [-1, 4 * 4 * ENCODER[-1]])
    graph.add("code", straight, graph.dense("bend", x, *dense_of(encoder.bend)))
    graph.output("code", [None, CODE])
    return graph


def build_decoder(decoder):
    graph = export_tfjs.GraphBuilder()
    code = graph.placeholder("code", [None, CODE])
    straight = graph.reshape("picture", graph.dense("linear", code, *dense_of(decoder.linear)), [-1, SIDE, SIDE, 3])
    x = graph.dense("bend", code, *dense_of(decoder.bend), activation="relu")
    x = graph.reshape("start", x, [-1, 4, 4, DECODER[0]])
    for index, convolution in enumerate(decoder.convolutions):
        x = graph.conv2d(f"conv{index + 1}", x, *shuffled(convolution), activation="relu")
        x = graph.depth_to_space(f"double{index + 1}", x, 2)
    graph.add("image", graph.depth_to_space("double_last", graph.conv2d("last", x, *shuffled(decoder.last)), 2), straight)
    graph.output("image", [None, SIDE, SIDE, 3])
    return graph


def put_back(model, weights):
    """Weights as they ship, {encoder or decoder: {"conv1/kernel": array}}, into the PyTorch model."""
    def unshuffle(array):
        channels = array.shape[-1] // 4
        return array.reshape(*array.shape[:-1], 4, channels).swapaxes(-1, -2).reshape(array.shape)

    with torch.no_grad():
        for part, name in ((model.encoder, "encoder"), (model.decoder, "decoder")):
            modules = {f"conv{index + 1}": module for index, module in enumerate(part.convolutions)}
            modules.update(linear=part.linear, bend=part.bend)
            if name == "decoder":
                modules["last"] = part.last
            for key, module in modules.items():
                kernel, bias = weights[name][f"{key}/kernel"], weights[name][f"{key}/bias"]
                if isinstance(module, nn.Conv2d):
                    if name == "decoder":
                        kernel, bias = unshuffle(kernel), unshuffle(bias)
                    kernel = kernel.transpose(3, 2, 0, 1)
                else:
                    kernel = kernel.T
                module.weight.copy_(torch.from_numpy(np.ascontiguousarray(kernel)))
                module.bias.copy_(torch.from_numpy(np.ascontiguousarray(bias)))
    return model


def export(model, folder, kind, limits):
    encoder, encoder_size = build_encoder(model.encoder).write(folder / "encoder", kind, {"codeLength": CODE})
    metadata = {"codeLength": CODE}
    if limits:
        metadata.update(codeLow=common.round_floats(limits[0]), codeHigh=common.round_floats(limits[1]))
    decoder, decoder_size = build_decoder(model.decoder).write(folder / "decoder", kind, metadata)
    return {"encoder": encoder, "decoder": decoder}, encoder_size + decoder_size


def drawn_picture(index):
    """A picture that the tests can draw too: colour at (y, x, c) = (a y + b x + c d + e x y) mod 256, from the index."""
    y, x, c = np.meshgrid(np.arange(SIDE), np.arange(SIDE), np.arange(3), indexing="ij")
    return ((index * y + (16 - index) * x + 40 * c + (index % 4) * x * y // 64) % 256).astype(np.uint8)


CARD = """# image-autoencoder

64 x 64 colour -> 128 numbers -> 64 x 64 colour. A linear path (it starts as PCA) and a convolutional one, added, on the way
in and on the way out. {parameters:,} parameters, {bytes:,} bytes of weights ({kind}), encoder and decoder apart.

| mean squared error per value (0 to 1), {count:,} Tiny-ImageNet validation images | error | PSNR, dB |
|---|---|---|
| PCA, 128 components, fitted on the same training images | {pca:.6f} | {pca_db:.2f} |
| float32 | {float_error:.6f} | {float_db:.2f} |
| as shipped ({kind}) | {error:.6f} | {error_db:.2f} |
| as shipped, code rounded to 128 bytes | {byte_error:.6f} | {byte_db:.2f} |

{epochs} epochs of {train:,} images; no validation image chose anything.

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
        candidates[kind] = evaluate(put_back(Model(), weights), val[:2000])
    print({"float32, first 2,000": evaluate(model, val[:2000]), **candidates}, flush=True)
    limits = code_limits(model, train[:: len(train) // 10000])
    folder = options.weights / NAME
    weights, size = export(model, folder, QUANTIZATION, limits)
    put_back(model, weights)
    add_error_quantiles(model, val, folder / "decoder" / "model.json")
    write_golden_cases(model, options.golden)
    errors = {"pca": pca, "float": float_error, "error": evaluate(model, val), "byte": evaluate(model, val, limits)}
    print(errors)
    decibel = {key: -10 * np.log10(value) for key, value in errors.items()}
    epochs = torch.load(common.CACHE / f"{NAME}.checkpoint.pt", map_location="cpu")["epoch"] + 1
    card = CARD.format(
        parameters=sum(p.numel() for p in model.parameters()), bytes=size, kind=QUANTIZATION, count=len(val),
        pca=pca, pca_db=decibel["pca"], float_error=float_error, float_db=decibel["float"], error=errors["error"],
        error_db=decibel["error"], byte_error=errors["byte"], byte_db=decibel["byte"], epochs=epochs,
        train=len(train),
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


@torch.no_grad()
def write_golden_cases(model, folder):
    model.eval()
    cases = []
    for index in range(16):
        x = pixels(drawn_picture(index)[None])
        code = model.encoder(x)
        image = model.decoder(code)[0].permute(1, 2, 0)
        cases.append({"input": index, "code": code[0], "image_row_20": image[20, ::8].flatten()})
    note = ("input: index of drawn_picture() in training/image_autoencoder.py, divided by 255; code: [128]; "
            "image_row_20: decoder output [20, 0:64:8, 0:3], not clipped")
    common.write_golden(folder, NAME, note, 1e-3, cases)
