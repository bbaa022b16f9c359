"""Runs a convolutional TensorFlow Lite file in PyTorch, as the teacher from which edge-cnn is distilled.

Reads the flatbuffer with nothing but `struct`, dequantises the weights to float32 and keeps the ranges to which the
quantised activations are clipped, so that the outputs follow the 8-bit model closely. Only what MobileNet files hold:
CONV_2D, DEPTHWISE_CONV_2D, ADD, MEAN, AVERAGE_POOL_2D, FULLY_CONNECTED, RESHAPE, SOFTMAX, QUANTIZE, DEQUANTIZE.
Schema: https://github.com/tensorflow/tensorflow/blob/v2.15.0/tensorflow/lite/schema/schema.fbs
"""

import struct

import numpy as np
import torch
from torch import nn
from torch.nn import functional

ADD, AVERAGE_POOL, CONV, DEPTHWISE, DEQUANTIZE, FULLY_CONNECTED = 0, 1, 3, 4, 6, 9
RESHAPE, SOFTMAX, MEAN, QUANTIZE = 22, 25, 40, 114
KINDS = {0: np.float32, 2: np.int32, 3: np.uint8, 9: np.int8}


class Table:
    """One flatbuffer table; the fields by their number in the schema."""

    def __init__(self, data, position):
        self.data, self.position = data, position
        self.fields = position - struct.unpack_from("<i", data, position)[0]

    def offset(self, field):
        size = struct.unpack_from("<H", self.data, self.fields)[0]
        slot = 4 + 2 * field
        return struct.unpack_from("<H", self.data, self.fields + slot)[0] if slot < size else 0

    def scalar(self, field, form, default=0):
        offset = self.offset(field)
        return struct.unpack_from("<" + form, self.data, self.position + offset)[0] if offset else default

    def indirect(self, field):
        """Where the vector or table of a field starts, or None."""
        offset = self.offset(field)
        if not offset:
            return None
        start = self.position + offset
        return start + struct.unpack_from("<I", self.data, start)[0]

    def table(self, field):
        start = self.indirect(field)
        return None if start is None else Table(self.data, start)

    def tables(self, field):
        start = self.indirect(field)
        places = range(start + 4, start + 4 + 4 * struct.unpack_from("<I", self.data, start)[0], 4)
        return [Table(self.data, place + struct.unpack_from("<I", self.data, place)[0]) for place in places]

    def array(self, field, kind):
        start = self.indirect(field)
        if start is None:
            return np.zeros(0, kind)
        return np.frombuffer(self.data, kind, struct.unpack_from("<I", self.data, start)[0], start + 4)


class QuantizedTensor:
    """Shape, values where it is a constant, and the range that its 8 bits can hold."""

    def __init__(self, table, buffers):
        self.shape = table.array(0, "<i4").tolist()
        self.kind = KINDS[table.scalar(1, "b")]
        quantization = table.table(4)
        scale = quantization.array(2, "<f4") if quantization else np.zeros(0)
        zero = quantization.array(3, "<i8") if quantization else np.zeros(0)
        axis = quantization.scalar(6, "i") if quantization else 0
        self.range = None
        if scale.size == 1 and self.kind in (np.uint8, np.int8):
            limits = np.iinfo(self.kind)
            self.range = [float((limit - zero[0]) * scale[0]) for limit in (limits.min, limits.max)]
        raw = buffers[table.scalar(2, "I")].array(0, np.uint8).tobytes()
        self.values = None
        if raw:
            values = np.frombuffer(raw, self.kind).reshape(self.shape)
            if scale.size:
                along = [-1 if i == axis else 1 for i in range(values.ndim)] if scale.size > 1 else [1] * values.ndim
                values = (values.astype(np.float64) - zero.reshape(along)) * scale.reshape(along)
            self.values = torch.tensor(values.astype(np.int32 if self.kind == np.int32 and not scale.size else np.float32))


class Teacher(nn.Module):
    """forward(images [n, 3, side, side] in [-1, 1]) -> (logits [n, classes], features [n, channels])."""

    def __init__(self, path):
        super().__init__()
        data = path.read_bytes()
        model = Table(data, struct.unpack_from("<I", data, 0)[0])
        codes = [max(code.scalar(0, "b"), code.scalar(3, "i")) for code in model.tables(1)]
        graph, buffers = model.tables(2)[0], model.tables(4)
        tensors = [QuantizedTensor(table, buffers) for table in graph.tables(0)]
        self.input, self.steps = int(graph.array(1, "<i4")[0]), []
        for operator in graph.tables(3):
            code = codes[operator.scalar(0, "I")]
            inputs, outputs = operator.array(1, "<i4").tolist(), operator.array(2, "<i4").tolist()
            if code not in (ADD, AVERAGE_POOL, CONV, DEPTHWISE, DEQUANTIZE, FULLY_CONNECTED, RESHAPE, SOFTMAX, MEAN, QUANTIZE):
                raise ValueError(f"Cannot run the teacher as operator {code} is not supported")
            self.steps.append((code, inputs, outputs[0], self.options(code, operator.table(4), tensors[outputs[0]])))
            for place, index in enumerate(inputs):
                if index >= 0 and tensors[index].values is not None:
                    self.register_buffer(f"constant_{index}", self.arrange(code, place, tensors[index].values))

    @staticmethod
    def arrange(code, place, values):
        """Filters from TensorFlow Lite's layout to PyTorch's."""
        if code == CONV and place == 1:
            return values.permute(0, 3, 1, 2).contiguous()
        if code == DEPTHWISE and place == 1:
            return values.permute(3, 0, 1, 2).contiguous()
        return values

    @staticmethod
    def options(code, table, output):
        options = {"range": output.range}
        if code in (CONV, DEPTHWISE):
            options["stride"] = table.scalar(1, "i", 1)
            options["valid"] = table.scalar(0, "b") == 1
        activation = table.scalar({CONV: 3, DEPTHWISE: 4, ADD: 0, FULLY_CONNECTED: 0}.get(code, 99), "b") if table else 0
        if activation in (1, 3):
            low, high = output.range or (0.0, float("inf"))
            options["range"] = [max(0.0, low), min(high, 6.0 if activation == 3 else high)]
        return options

    def convolve(self, code, x, inputs, options):
        kernel = getattr(self, f"constant_{inputs[1]}").to(x.dtype)
        bias = getattr(self, f"constant_{inputs[2]}").to(x.dtype)
        if not options["valid"]:
            total = [max((-(-size // options["stride"]) - 1) * options["stride"] + k - size, 0)
                     for size, k in zip(x.shape[2:], kernel.shape[2:])]
            if any(total):
                x = functional.pad(x, [total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2])
        return functional.conv2d(x, kernel, bias, options["stride"], groups=x.shape[1] if code == DEPTHWISE else 1)

    def forward(self, images):
        values, features = {self.input: images}, None
        for code, inputs, output, options in self.steps:
            x = values.get(inputs[0])
            if code in (CONV, DEPTHWISE):
                if x.shape[2:] == (1, 1):  # the last layer, written as a convolution over one position
                    features = x.flatten(1)
                x = self.convolve(code, x, inputs, options)
            elif code == ADD:
                x = x + values[inputs[1]]
            elif code in (MEAN, AVERAGE_POOL):
                x = x.mean((2, 3), keepdim=True)
            elif code == FULLY_CONNECTED:
                features = x.flatten(1)
                kernel, bias = (getattr(self, f"constant_{index}").to(x.dtype) for index in inputs[1:3])
                x = functional.linear(features, kernel, bias)
            elif code == RESHAPE:
                x = x.flatten(1)
            elif code == SOFTMAX:
                return values[inputs[0]], features
            if options["range"] and code != RESHAPE:
                x = x.clamp(*options["range"])
            values[output] = x
        return x.flatten(1), features
