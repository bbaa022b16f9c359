"""Writes TensorFlow.js models (model.json and weights.bin) with no TensorFlow installed.

Layers models carry the recurrent networks, graph models the convolutional ones, in the form that `tf.loadLayersModel` and
`tf.loadGraphModel` of TensorFlow.js 4.22 read. Both writers return the weights as they are after dequantisation, so that
the caller can put them back into its PyTorch model and measure what quantisation costs.

Layouts of the recurrent weights (Keras order; `u` units, `d` inputs; y = x K + h R + b):
  SimpleRNN  kernel [d, u],  recurrent_kernel [u, u],  bias [u]
  LSTM       kernel [d, 4u], recurrent_kernel [u, 4u], bias [4u]; gates i, f, c, o, which is PyTorch's order too
  GRU        kernel [d, 3u], recurrent_kernel [u, 3u], bias [3u]; gates z, r, h; reset_after = false, that is
             h' = tanh(x K_h + (r * h) R_h + b_h), next h = z * h + (1 - z) * h'. TensorFlow.js refuses
             reset_after = true (the form of torch.nn.GRU); ONNX calls this one linear_before_reset = 0.
"""

import base64
import json

import numpy as np

from tfjs_weights import default_kinds, pack_weights

GENERATED_BY = "lastlayer training/export_tfjs.py"


def write_model(folder, topology, weights, kind, **fields):
    """Writes model.json and weights.bin; returns (dequantised weights, bytes of weights)."""
    entries, content, dequantised = pack_weights(weights, kind if callable(kind) else default_kinds(kind))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.bin").write_bytes(content)
    model = {
        "format": fields.pop("format"),
        "generatedBy": GENERATED_BY,
        "convertedBy": None,
        **fields,
        "modelTopology": topology,
        "weightsManifest": [{"paths": ["weights.bin"], "weights": entries}],
    }
    (folder / "model.json").write_text(json.dumps(model) + "\n")
    return dequantised, len(content)


# ------------------------------------------------------------------------------------------------------ layers models
def layer(class_name, name, inputs, **config):
    """One layer of a functional Keras model. `inputs` names (layer, output index) of each call: a list of calls."""
    config = {"name": name, "trainable": True, "dtype": "float32", **config}
    nodes = [[[source, 0, index, {}] for source, index in call] for call in inputs]
    return {"class_name": class_name, "name": name, "config": config, "inbound_nodes": nodes}


def input_layer(name, shape, dtype="float32"):
    """`shape` without the batch; None where any length goes."""
    config = {"batch_input_shape": [None, *shape], "dtype": dtype, "sparse": False}
    return layer("InputLayer", name, [], **config)


def recurrent_layer(class_name, name, inputs, units, **config):
    """SimpleRNN, LSTM or GRU with the plain sigmoid as gate: TensorFlow.js would take hard_sigmoid by default."""
    defaults = {
        "units": units, "activation": "tanh", "use_bias": True, "return_sequences": False, "return_state": False,
        "go_backwards": False, "stateful": False, "unroll": False, "implementation": 2,
        "kernel_initializer": {"class_name": "Zeros", "config": {}},
        "recurrent_initializer": {"class_name": "Zeros", "config": {}},
        "bias_initializer": {"class_name": "Zeros", "config": {}},
    }
    if class_name != "SimpleRNN":
        defaults["recurrent_activation"] = "sigmoid"
    if class_name == "GRU":
        defaults["reset_after"] = False
    if class_name == "LSTM":
        defaults["unit_forget_bias"] = False
    return layer(class_name, name, inputs, **{**defaults, **config})


def dense_layer(name, inputs, units, activation="linear"):
    zeros = {"class_name": "Zeros", "config": {}}
    return layer(
        "Dense", name, inputs, units=units, activation=activation, use_bias=True,
        kernel_initializer=zeros, bias_initializer=zeros,
    )


def embedding_layer(name, inputs, count, width):
    zeros = {"class_name": "Zeros", "config": {}}
    return layer(
        "Embedding", name, inputs, input_dim=count, output_dim=width, mask_zero=False, embeddings_initializer=zeros,
    )


def write_layers_model(folder, name, layers, inputs, outputs, weights, kind, metadata):
    """inputs and outputs: [(layer, node index, output index)]; weights: {"layer/kernel": array}."""
    config = {
        "name": name,
        "layers": layers,
        "input_layers": [list(entry) for entry in inputs],
        "output_layers": [list(entry) for entry in outputs],
    }
    topology = {
        "keras_version": "2.15.0", "backend": "tensorflow",
        "model_config": {"class_name": "Functional", "config": config},
    }
    return write_model(folder, topology, weights, kind, format="layers-model", userDefinedMetadata=metadata)


# ------------------------------------------------------------------------------------------------------- graph models
def text(value):
    return base64.b64encode(value.encode()).decode()


def integers(values):
    return {"list": {"i": [str(value) for value in values]}}


def shape_attribute(shape):
    return {"shape": {"dim": [{"size": str(-1 if size is None else size)} for size in shape]}}


class GraphBuilder:
    """Collects nodes in running order; each method returns the name of the value that it adds. NHWC, float32."""

    FLOAT = {"type": "DT_FLOAT"}
    ACTIVATIONS = {"linear": None, "relu": "Relu", "relu6": "Relu6"}

    def __init__(self):
        self.nodes, self.weights, self.inputs, self.outputs = [], {}, {}, {}

    def node(self, op, name, inputs, **attributes):
        self.nodes.append({"name": name, "op": op, "input": inputs, "attr": attributes})
        return name

    def constant(self, name, array):
        array = np.asarray(array)
        kind = {"type": "DT_INT32"} if array.dtype == np.int32 else self.FLOAT
        self.weights[name] = array
        tensor = {"tensor": {"dtype": kind["type"], "tensorShape": shape_attribute(array.shape)["shape"]}}
        return self.node("Const", name, [], dtype=kind, value=tensor)

    def placeholder(self, name, shape):
        self.inputs[name] = shape
        return self.node("Placeholder", name, [], dtype=self.FLOAT, shape=shape_attribute(shape))

    def fused(self, op, name, inputs, activation, **attributes):
        operations = ["BiasAdd"] + ([self.ACTIVATIONS[activation]] if self.ACTIVATIONS[activation] else [])
        return self.node(
            op, name, inputs, T=self.FLOAT, num_args={"i": "1"}, epsilon={"f": 0.0},
            fused_ops={"list": {"s": [text(operation) for operation in operations]}}, **attributes,
        )

    def convolution(self, op, name, source, kernel, bias, stride, activation):
        inputs = [source, self.constant(f"{name}/kernel", kernel), self.constant(f"{name}/bias", bias)]
        return self.fused(
            op, name, inputs, activation,
            strides=integers([1, stride, stride, 1]), dilations=integers([1, 1, 1, 1]),
            padding={"s": text("SAME")}, data_format={"s": text("NHWC")}, explicit_paddings={"list": {}},
        )

    def conv2d(self, name, source, kernel, bias, stride=1, activation="linear"):
        """kernel [height, width, in, out], padding SAME."""
        return self.convolution("_FusedConv2D", name, source, kernel, bias, stride, activation)

    def depthwise_conv2d(self, name, source, kernel, bias, stride=1, activation="linear"):
        """kernel [height, width, channels, 1], padding SAME."""
        return self.convolution("FusedDepthwiseConv2dNative", name, source, kernel, bias, stride, activation)

    def dense(self, name, source, kernel, bias, activation="linear"):
        """source [n, in], kernel [in, out]."""
        inputs = [source, self.constant(f"{name}/kernel", kernel), self.constant(f"{name}/bias", bias)]
        no = {"b": False}
        return self.fused("_FusedMatMul", name, inputs, activation, transpose_a=no, transpose_b=no)

    def add(self, name, left, right):
        return self.node("AddV2", name, [left, right], T=self.FLOAT)

    def relu(self, name, source):
        return self.node("Relu", name, [source], T=self.FLOAT)

    def average_pool(self, name, source, size):
        window = integers([1, size, size, 1])
        return self.node(
            "AvgPool", name, [source], T=self.FLOAT, ksize=window, strides=window,
            padding={"s": text("VALID")}, data_format={"s": text("NHWC")},
        )

    def global_mean(self, name, source):
        """[n, height, width, channels] -> [n, channels]."""
        axes = self.constant(f"{name}/axes", np.array([1, 2], dtype=np.int32))
        return self.node(
            "Mean", name, [source, axes], T=self.FLOAT, Tidx={"type": "DT_INT32"}, keep_dims={"b": False},
        )

    def reshape(self, name, source, shape):
        target = self.constant(f"{name}/shape", np.array(shape, dtype=np.int32))
        return self.node("Reshape", name, [source, target], T=self.FLOAT, Tshape={"type": "DT_INT32"})

    def depth_to_space(self, name, source, size):
        """[n, h, w, size * size * c] -> [n, size * h, size * w, c]; channel (i * size + j) * c + k goes to (i, j, k)."""
        return self.node(
            "DepthToSpace", name, [source], T=self.FLOAT, block_size={"i": str(size)}, data_format={"s": text("NHWC")},
        )

    def softmax(self, name, source):
        return self.node("Softmax", name, [source], T=self.FLOAT)

    def output(self, name, shape):
        self.outputs[name] = shape

    def write(self, folder, kind, metadata):
        """Returns (dequantised weights, bytes of weights)."""
        def describe(values):
            return {
                name: {"name": f"{name}:0", "dtype": "DT_FLOAT", "tensorShape": shape_attribute(shape)["shape"]}
                for name, shape in values.items()
            }
        topology = {"node": self.nodes, "library": {}, "versions": {"producer": 1882}}
        signature = {"inputs": describe(self.inputs), "outputs": describe(self.outputs)}
        return write_model(
            folder, topology, self.weights, kind, format="graph-model", signature=signature,
            userDefinedMetadata=metadata,
        )
