"""
Reads a TensorFlow Lite file with nothing but `struct` and runs it in float32 on PyTorch.

It shares no code with the service: the golden outputs that the tests compare with are its figures.
Quantised weights and biases are dequantised; activations are never quantised.
"""

import struct

import numpy as np
import torch
import torch.nn.functional as functional

OPERATORS = {
    0: "ADD", 1: "AVERAGE_POOL_2D", 2: "CONCATENATION", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE", 9: "FULLY_CONNECTED", 17: "MAX_POOL_2D", 18: "MUL", 19: "RELU", 21: "RELU6",
    22: "RESHAPE", 25: "SOFTMAX", 34: "PAD", 40: "MEAN", 43: "SQUEEZE", 114: "QUANTIZE",
    117: "HARD_SWISH",
}
DTYPES = {0: "<f4", 1: "<f2", 2: "<i4", 3: "<u1", 4: "<i8", 9: "<i1"}


class Table:
    """One flatbuffer table: `scalar`, `table`, `vector` take the field's number in the schema."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.vtable = at - struct.unpack_from("<i", data, at)[0]

    def slot(self, field):
        position = 4 + 2 * field
        if position >= struct.unpack_from("<H", self.data, self.vtable)[0]:
            return None
        offset = struct.unpack_from("<H", self.data, self.vtable + position)[0]
        return self.at + offset if offset else None

    def scalar(self, field, code="i", default=0):
        at = self.slot(field)
        return default if at is None else struct.unpack_from("<" + code, self.data, at)[0]

    def follow(self, field):
        at = self.slot(field)
        return None if at is None else at + struct.unpack_from("<I", self.data, at)[0]

    def table(self, field):
        at = self.follow(field)
        return None if at is None else Table(self.data, at)

    def vector(self, field, dtype):
        at = self.follow(field)
        if at is None:
            return np.zeros(0, dtype)
        count = struct.unpack_from("<I", self.data, at)[0]
        return np.frombuffer(self.data, dtype, count, at + 4)

    def tables(self, field):
        at = self.follow(field)
        if at is None:
            return []
        count = struct.unpack_from("<I", self.data, at)[0]
        slots = [at + 4 + 4 * index for index in range(count)]
        return [Table(self.data, s + struct.unpack_from("<I", self.data, s)[0]) for s in slots]


class Tensor:
    def __init__(self, table, buffers):
        self.shape = [int(size) for size in table.vector(0, "<i4")]
        self.dtype = DTYPES[table.scalar(1, "b")]
        self.bytes = buffers[table.scalar(2, "I")].vector(0, "<u1").tobytes()
        self.scale = self.zero_point = np.zeros(0)
        self.axis = 0
        quantization = table.table(4)
        if quantization is not None:
            self.scale = quantization.vector(2, "<f4").astype(np.float64)
            self.zero_point = quantization.vector(3, "<i8").astype(np.float64)
            self.axis = quantization.scalar(6)

    def raw(self):
        return np.frombuffer(self.bytes, self.dtype).reshape(self.shape)

    def real(self):
        values = self.raw().astype(np.float64)
        if len(self.scale) and self.dtype not in ("<f4", "<f2"):
            shape = [1] * values.ndim
            if len(self.scale) > 1:
                shape[self.axis] = len(self.scale)
            values = (values - self.zero_point.reshape(shape)) * self.scale.reshape(shape)
        return torch.from_numpy(values.astype(np.float32))


class Operator:
    def __init__(self, table, codes):
        self.name = OPERATORS[codes[table.scalar(0, "I")]]
        self.inputs = [int(index) for index in table.vector(1, "<i4")]
        self.outputs = [int(index) for index in table.vector(2, "<i4")]
        self.options = table.table(4)

    def option(self, field, code="i", default=0):
        return default if self.options is None else self.options.scalar(field, code, default)


class Model:
    def __init__(self, data):
        model = Table(data, struct.unpack_from("<I", data, 0)[0])
        codes = [max(c.scalar(0, "b"), c.scalar(3)) for c in model.tables(1)]
        buffers = model.tables(4)
        (graph,) = model.tables(2)
        self.tensors = [Tensor(table, buffers) for table in graph.tables(0)]
        self.input = int(graph.vector(1, "<i4")[0])
        self.output = int(graph.vector(2, "<i4")[0])
        self.operators = [Operator(table, codes) for table in graph.tables(3)]

    def run(self, image):
        """`image [n, h, w, c]` float32 -> every computed value by tensor index (NHWC)."""
        values = {self.input: image}
        for operator in self.operators:
            values[operator.outputs[0]] = run_operator(self, operator, values)
        return values


def activate(values, kind):
    return {0: lambda x: x, 1: functional.relu, 3: functional.relu6}[kind](values)


def pad_same(size, kernel, stride, dilation):
    """TensorFlow's SAME padding of one axis: the odd pixel goes behind."""
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def pad_window(values, same, kernel, stride, dilation=(1, 1), fill=0.0):
    """`values` NCHW."""
    if not same:
        return values
    top, bottom = pad_same(values.shape[2], kernel[0], stride[0], dilation[0])
    left, right = pad_same(values.shape[3], kernel[1], stride[1], dilation[1])
    return functional.pad(values, (left, right, top, bottom), value=fill)


def to_nchw(values):
    return values.permute(0, 3, 1, 2)


def to_nhwc(values):
    return values.permute(0, 2, 3, 1)


def run_convolution(operator, values, weights, bias):
    """`weights`: CONV_2D [out, h, w, in]; DEPTHWISE_CONV_2D [1, h, w, out]."""
    depthwise = operator.name == "DEPTHWISE_CONV_2D"
    extra = 1 if depthwise else 0
    same = operator.option(0, "b") == 0
    stride = (operator.option(2), operator.option(1))
    activation = operator.option(3 + extra, "b")
    dilation = (operator.option(5 + extra, "i", 1), operator.option(4 + extra, "i", 1))
    kernel = weights.permute(3, 0, 1, 2) if depthwise else weights.permute(0, 3, 1, 2)
    padded = pad_window(to_nchw(values), same, kernel.shape[2:], stride, dilation)
    groups = values.shape[3] if depthwise else 1
    out = functional.conv2d(padded, kernel, bias, stride, 0, dilation, groups)
    return activate(to_nhwc(out), activation)


def run_pool(operator, values):
    same = operator.option(0, "b") == 0
    stride = (operator.option(2), operator.option(1))
    window = (operator.option(4), operator.option(3))
    image = to_nchw(values)
    if operator.name == "MAX_POOL_2D":
        padded = pad_window(image, same, window, stride, fill=-torch.inf)
        out = functional.max_pool2d(padded, window, stride)
    else:
        # Padding does not count: the sum is divided by the number of real pixels.
        sums = functional.avg_pool2d(pad_window(image, same, window, stride), window, stride)
        ones = pad_window(torch.ones_like(image), same, window, stride)
        out = sums / functional.avg_pool2d(ones, window, stride)
    return activate(to_nhwc(out), operator.option(5, "b"))


def run_operator(model, operator, values):
    def tensor(position):
        index = operator.inputs[position] if position < len(operator.inputs) else -1
        if index < 0:
            return None
        return values[index] if index in values else model.tensors[index].real()

    name, x = operator.name, tensor(0)
    if name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        return run_convolution(operator, x, tensor(1), tensor(2))
    if name == "FULLY_CONNECTED":
        weights = tensor(1)
        out = functional.linear(x.reshape(-1, weights.shape[1]), weights, tensor(2))
        return activate(out, operator.option(0, "b"))
    if name in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
        return run_pool(operator, x)
    if name == "ADD":
        return activate(x + tensor(1), operator.option(0, "b"))
    if name == "MUL":
        return activate(x * tensor(1), operator.option(0, "b"))
    if name == "MEAN":
        axes = [int(axis) for axis in model.tensors[operator.inputs[1]].raw().flatten()]
        return x.mean(axes, keepdim=bool(operator.option(0, "b")))
    if name == "CONCATENATION":
        parts = [tensor(position) for position in range(len(operator.inputs))]
        return activate(torch.cat(parts, operator.option(0)), operator.option(1, "b"))
    if name == "PAD":
        pairs = model.tensors[operator.inputs[1]].raw().tolist()
        return functional.pad(x, [int(size) for pair in reversed(pairs) for size in pair])
    if name in ("RESHAPE", "SQUEEZE"):
        shape = model.tensors[operator.outputs[0]].shape
        return x.reshape([x.shape[0]] + (shape[1:] if len(shape) > 1 else shape))
    if name == "SOFTMAX":
        return torch.softmax(x * operator.option(0, "f"), -1)
    if name in ("QUANTIZE", "DEQUANTIZE"):
        return x
    return {"RELU": functional.relu, "RELU6": functional.relu6,
            "HARD_SWISH": functional.hardswish}[name](x)


def find_ends(model, values):
    """The logits (before a final softmax) and the input of the last dense layer, or the logits."""
    producers = {operator.outputs[0]: operator for operator in model.operators}

    def skip(index, names):
        while index in producers and producers[index].name in names:
            index = producers[index].inputs[0]
        return index

    renamed = ("QUANTIZE", "DEQUANTIZE")
    reshaped = renamed + ("RESHAPE", "SQUEEZE")
    logits = model.output
    last = producers.get(skip(logits, reshaped))
    if last is not None and last.name == "SOFTMAX":
        logits = last.inputs[0]
    logits = skip(logits, renamed)
    last = producers.get(skip(logits, reshaped))
    ends_dense = last is not None and (
        last.name == "FULLY_CONNECTED"
        or (last.name == "CONV_2D" and values[last.inputs[0]].shape[1:3] == (1, 1))
    )
    features = last.inputs[0] if ends_dense else logits
    return values[logits], values[features]
