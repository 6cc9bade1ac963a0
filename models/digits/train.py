#!/usr/bin/python3
"""Trains the shipped CNN on scikit-learn's optical digits, quantises it to powers of two and writes the files beside this script.

Needs only Debian's python3-numpy, python3-sklearn and python3-onnx. Same seed, same machine: same files. The layers are

    conv1 1->16 3x3, ReLU | conv2 16->32 3x3, ReLU | conv3 32->32 3x3 | add conv2, ReLU | max pool 2x2
    conv4 32->64 3x3, ReLU | conv5 64->64 1x1, ReLU | max pool 2x2 | dense 256->10

on 8x8 images, 1.26 million multiply-accumulates. Training is float32 NumPy (convolutions by im2col, Adam, one-cycle learning rate).
Quantisation: symmetric, zero point 0, int8 weights and activations, int32 biases, one power-of-two scale per tensor, so that every
requantisation is a shift; the rounding rule of the expected outputs is `single` (round half up).
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # where NumPy uses OpenBLAS: one order of additions, hence one result

import argparse
import pathlib

import numpy as np
import onnx
import sklearn.datasets
from onnx import TensorProto, helper, numpy_helper

CONVOLUTIONS = [  # name, in, out, kernel (padded so that the size stays), ReLU within the layer
    ("conv1", 1, 16, 3, True),
    ("conv2", 16, 32, 3, True),
    ("conv3", 32, 32, 3, False),  # the ReLU comes after the residual add
    ("conv4", 32, 64, 3, True),
    ("conv5", 64, 64, 1, True),
]
DENSE = ("dense", 64 * 2 * 2, 10)
INPUT_EXPONENT = -6  # pixel / 16 = integer * 2**-6, so the integer is 4 * pixel
TEST_IMAGES = 360


# ---- float training; activations are [image, row, column, channel] ----------------------------------------------------------


def windows(x, kernel):
    """im2col: [image, row, column, channel] -> [image * row * column, kernel * kernel * channel]."""
    pad = kernel // 2
    n, h, w, c = x.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    columns = np.empty((n, h, w, kernel, kernel, c), np.float32)
    for r in range(kernel):
        for s in range(kernel):
            columns[:, :, :, r, s] = x[:, r : r + h, s : s + w]
    return columns.reshape(n * h * w, kernel * kernel * c)


def windows_gradient(gradient, shape, kernel):
    """The transpose of `windows`: sums every window's gradient into an array of `shape`."""
    n, h, w, c = shape
    pad = kernel // 2
    gradient = gradient.reshape(n, h, w, kernel, kernel, c)
    total = np.zeros((n, h + 2 * pad, w + 2 * pad, c), np.float32)
    for r in range(kernel):
        for s in range(kernel):
            total[:, r : r + h, s : s + w] += gradient[:, :, :, r, s]
    return total[:, pad : pad + h, pad : pad + w]


def pool(x):
    n, h, w, c = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))


def pool_gradient(gradient, x, y):
    wins = x == np.repeat(np.repeat(y, 2, axis=1), 2, axis=2)
    return wins * np.repeat(np.repeat(gradient, 2, axis=1), 2, axis=2)


def forward(weights, x):
    """Every intermediate tensor by name; `weights[name]` is (matrix [kernel * kernel * in, out], bias)."""
    values = {"input": x}

    def conv(name, source, kernel, relu):
        matrix, bias = weights[name]
        columns = windows(values[source], kernel)
        y = (columns @ matrix + bias).reshape(values[source].shape[:3] + (-1,))
        values[name + "_columns"] = columns
        values[name] = np.maximum(y, 0) if relu else y

    conv("conv1", "input", 3, True)
    conv("conv2", "conv1", 3, True)
    conv("conv3", "conv2", 3, False)
    values["add"] = np.maximum(values["conv2"] + values["conv3"], 0)
    values["pool1"] = pool(values["add"])
    conv("conv4", "pool1", 3, True)
    conv("conv5", "conv4", 1, True)
    values["pool2"] = pool(values["conv5"])
    values["flat"] = values["pool2"].transpose(0, 3, 1, 2).reshape(len(x), -1)  # ONNX flattens [channel, row, column]
    matrix, bias = weights["dense"]
    values["dense"] = values["flat"] @ matrix + bias
    return values


def backward(weights, values, gradient):
    """Gradients of the loss for every weight, given the one for the logits."""
    result = {}

    def conv(name, source, kernel, g):
        g = g.reshape(-1, g.shape[-1])
        result[name] = (values[name + "_columns"].T @ g, g.sum(axis=0))
        if source == "input":
            return None
        return windows_gradient(g @ weights[name][0].T, values[source].shape, kernel)

    result["dense"] = (values["flat"].T @ gradient, gradient.sum(axis=0))
    g = gradient @ weights["dense"][0].T
    n, h, w, c = values["pool2"].shape
    g = g.reshape(n, c, h, w).transpose(0, 2, 3, 1)
    g = pool_gradient(g, values["conv5"], values["pool2"])
    g = conv("conv5", "conv4", 1, g * (values["conv5"] > 0))
    g = conv("conv4", "pool1", 3, g * (values["conv4"] > 0))
    g = pool_gradient(g, values["add"], values["pool1"]) * (values["add"] > 0)
    g = g + conv("conv3", "conv2", 3, g)
    g = conv("conv2", "conv1", 3, g * (values["conv2"] > 0))
    conv("conv1", "input", 3, g * (values["conv1"] > 0))
    return result


def shifted(images, random):
    """Each image moved by -1, 0 or 1 pixels in both directions: the only augmentation."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    moves = random.integers(0, 3, size=(len(images), 2))
    return np.stack([padded[i, r : r + 8, c : c + 8] for i, (r, c) in enumerate(moves)])


def train(images, labels, epochs, random):
    weights = {}
    for name, c, o, kernel, _ in CONVOLUTIONS:
        fan_in = kernel * kernel * c
        weights[name] = (random.normal(0, np.sqrt(2 / fan_in), (fan_in, o)).astype(np.float32), np.zeros(o, np.float32))
    name, c, o = DENSE
    weights[name] = (random.normal(0, np.sqrt(1 / c), (c, o)).astype(np.float32), np.zeros(o, np.float32))

    batch, peak, decay = 32, 3e-3, 1e-3
    first = {name: [np.zeros_like(p) for p in pair] for name, pair in weights.items()}
    second = {name: [np.zeros_like(p) for p in pair] for name, pair in weights.items()}
    steps = epochs * (len(images) // batch)
    step = 0
    for epoch in range(epochs):
        order = random.permutation(len(images))
        loss = 0.0
        for at in range(0, len(order) - batch + 1, batch):
            chosen = order[at : at + batch]
            values = forward(weights, shifted(images[chosen], random))
            logits = values["dense"] - values["dense"].max(axis=1, keepdims=True)
            chance = np.exp(logits)
            chance /= chance.sum(axis=1, keepdims=True)
            loss -= np.log(chance[np.arange(batch), labels[chosen]] + 1e-9).mean()
            gradient = chance.copy()
            gradient[np.arange(batch), labels[chosen]] -= 1
            gradients = backward(weights, values, gradient / batch)
            step += 1
            done = step / steps
            rate = peak * (done / 0.2 if done < 0.2 else 0.5 * (1 + np.cos(np.pi * (done - 0.2) / 0.8)))
            for name, pair in weights.items():
                for i in range(2):
                    g = gradients[name][i]
                    first[name][i] = 0.9 * first[name][i] + 0.1 * g
                    second[name][i] = 0.999 * second[name][i] + 0.001 * g * g
                    m = first[name][i] / (1 - 0.9**step)
                    v = second[name][i] / (1 - 0.999**step)
                    pair[i][...] -= rate * (m / (np.sqrt(v) + 1e-8) + decay * (pair[i] if i == 0 else 0))
        print(f"epoch {epoch + 1}/{epochs}: loss {loss / (len(images) // batch):.4f}", flush=True)
    return weights


# ---- quantisation -----------------------------------------------------------------------------------------------------------


def best_exponent(values):
    """The e for which int8 * 2**e has the least squared error: the smallest that holds every value, or one or two finer that clip."""
    holds = int(np.ceil(np.log2(np.abs(values).max() / 127)))

    def error(e):
        q = np.clip(np.floor(values / 2.0**e + 0.5), -127, 127)
        return np.square(q * 2.0**e - values).mean()

    return min((holds, holds - 1, holds - 2), key=error)


def quantise(weights, images):
    """Integer weights and, for every tensor, the exponent of its scale; activations are calibrated on `images`."""
    values = forward(weights, images)
    exponents = {"input": INPUT_EXPONENT}
    for name in ["conv1", "conv2", "conv3", "add", "conv4", "conv5", "dense"]:
        exponents[name] = best_exponent(values[name])
    sources = {"conv1": "input", "conv2": "conv1", "conv3": "conv2", "conv4": "add", "conv5": "conv4", "dense": "conv5"}
    integers = {}
    for name, source in sources.items():
        matrix, bias = weights[name]
        e = best_exponent(matrix)
        exponents[name + "_weight"] = e
        w = np.clip(np.floor(matrix / 2.0**e + 0.5), -127, 127).astype(np.int8)
        b = np.floor(bias / 2.0 ** (e + exponents[source]) + 0.5).astype(np.int32)
        if name == "dense":
            w = np.ascontiguousarray(w.T)  # [out, in]
        else:
            kernel = 1 if name == "conv5" else 3
            w = np.ascontiguousarray(w.reshape(kernel, kernel, -1, w.shape[-1]).transpose(3, 2, 0, 1))  # [out, in, row, column]
        integers[name] = (w, b)
    return integers, exponents


# ---- the expected outputs: integers only, NCHW, written apart from everything above and from the compiler ----------------------


def requantise(total, shift, low=-128):
    """Rule `single`: one round-half-up shift of the wide sum, then the clamp."""
    total = total.astype(np.int64)
    total = (total + (1 << (shift - 1))) >> shift if shift > 0 else total << -shift
    return np.clip(total, low, 127).astype(np.int8)


def integer_conv(x, weight, bias, shift, low):
    o, c, kernel, _ = weight.shape
    pad = kernel // 2
    n, _, h, w = x.shape
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad))).astype(np.int32)
    total = np.broadcast_to(bias[None, :, None, None], (n, o, h, w)).astype(np.int32)
    for r in range(kernel):
        for s in range(kernel):
            taps = weight[:, :, r, s].astype(np.int32)
            total = total + np.einsum("nchw,oc->nohw", x[:, :, r : r + h, s : s + w], taps, optimize=False)
    return requantise(total, shift, low)


def integer_pool(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))


def integer_model(integers, exponents, x):
    def shift(name, source):
        return exponents[name] - exponents[source] - exponents[name + "_weight"]

    conv1 = integer_conv(x, *integers["conv1"], shift("conv1", "input"), 0)
    conv2 = integer_conv(conv1, *integers["conv2"], shift("conv2", "conv1"), 0)
    conv3 = integer_conv(conv2, *integers["conv3"], shift("conv3", "conv2"), -128)
    fine = min(exponents["conv2"], exponents["conv3"])
    total = (conv2.astype(np.int32) << (exponents["conv2"] - fine)) + (conv3.astype(np.int32) << (exponents["conv3"] - fine))
    pool1 = integer_pool(requantise(total, exponents["add"] - fine, 0))
    conv4 = integer_conv(pool1, *integers["conv4"], shift("conv4", "add"), 0)
    conv5 = integer_conv(conv4, *integers["conv5"], shift("conv5", "conv4"), 0)
    flat = integer_pool(conv5).reshape(len(x), -1).astype(np.int32)
    weight, bias = integers["dense"]
    return requantise(flat @ weight.T.astype(np.int32) + bias, shift("dense", "conv5"))


# ---- ONNX, in QOperator form -------------------------------------------------------------------------------------------------


def make_onnx(integers, exponents):
    nodes, constants = [], []

    def constant(name, array):
        constants.append(numpy_helper.from_array(array, name))
        return name

    def scale(name):
        """Names of the scale and the zero point of a tensor."""
        pair = [name + "_scale", name + "_zero_point"]
        if not any(c.name == pair[0] for c in constants):
            constant(pair[0], np.array(2.0 ** exponents[name], np.float32))
            constant(pair[1], np.array(0, np.int8))
        return pair

    def conv(name, x, x_scale, relu):
        weight, bias = integers[name]
        kernel = weight.shape[2]
        inputs = [x, *scale(x_scale), constant(name + "_weight", weight), *scale(name + "_weight"), *scale(name)]
        nodes.append(helper.make_node("QLinearConv", inputs + [constant(name + "_bias", bias)], [name], name,
                                      kernel_shape=[kernel] * 2, pads=[kernel // 2] * 4, strides=[1, 1]))
        return clip(name) if relu else name

    def clip(x):
        nodes.append(helper.make_node("Clip", [x, scale(x)[1]], [x + "_relu"], x + "_relu"))
        return x + "_relu"

    def max_pool(name, x):
        nodes.append(helper.make_node("MaxPool", [x], [name], name, kernel_shape=[2, 2], strides=[2, 2]))
        return name

    x = conv("conv1", "input", "input", True)
    shortcut = conv("conv2", x, "conv1", True)
    x = conv("conv3", shortcut, "conv2", False)
    nodes.append(helper.make_node("QLinearAdd", [x, *scale("conv3"), shortcut, *scale("conv2"), *scale("add")], ["add"], "add",
                                  domain="com.microsoft"))
    x = max_pool("pool1", clip("add"))
    x = conv("conv4", x, "add", True)
    x = conv("conv5", x, "conv4", True)
    x = max_pool("pool2", x)
    nodes.append(helper.make_node("Flatten", [x], ["flat"], "flatten", axis=1))
    weight, bias = integers["dense"]
    exponents["output"] = exponents["dense"]
    inputs = ["flat", *scale("conv5"), constant("dense_weight", weight), *scale("dense_weight"),
              constant("dense_bias", bias), *scale("output")]
    nodes.append(helper.make_node("QGemm", inputs, ["output"], "dense", domain="com.microsoft", transB=1))
    graph = helper.make_graph(nodes, "digits",
                              [helper.make_tensor_value_info("input", TensorProto.INT8, ["N", 1, 8, 8])],
                              [helper.make_tensor_value_info("output", TensorProto.INT8, ["N", 10])], constants)
    model = helper.make_model(graph, producer_name="tandem models/digits/train.py",
                              opset_imports=[helper.make_opsetid("", 13), helper.make_opsetid("com.microsoft", 1)])
    model.ir_version = 7
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent)
    options = parser.parse_args()

    digits = sklearn.datasets.load_digits()
    random = np.random.default_rng(options.seed)
    order = random.permutation(len(digits.images))
    pixels = digits.images[order].astype(np.float32)[..., None]  # 0 .. 16
    labels = digits.target[order]
    held_out, rest = slice(0, TEST_IMAGES), slice(TEST_IMAGES, None)

    weights = train(pixels[rest] / 16, labels[rest], options.epochs, random)
    in_float = forward(weights, pixels[held_out] / 16)["dense"].argmax(axis=1)
    integers, exponents = quantise(weights, pixels[rest] / 16)
    images = np.ascontiguousarray((pixels[held_out] * 4).astype(np.int8).transpose(0, 3, 1, 2))
    expected = integer_model(integers, exponents, images)
    right = int((expected.argmax(axis=1) == labels[held_out]).sum())
    print(f"held-out images: {TEST_IMAGES}; right in float32: {int((in_float == labels[held_out]).sum())}; in int8: {right} "
          f"({100 * right / TEST_IMAGES:.1f} %)")
    print("exponents:", exponents)

    onnx.save(make_onnx(integers, exponents), str(options.output / "digits.onnx"))
    np.save(options.output / "test_images.npy", images)
    np.save(options.output / "test_labels.npy", labels[held_out].astype(np.uint8))
    np.save(options.output / "expected.npy", expected)


if __name__ == "__main__":
    main()
