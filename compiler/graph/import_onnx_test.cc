#include "compiler/graph/import_onnx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "compiler/graph/interpret.h"
#include "compiler/graph/onnx_importer.h"
#include "support/environment.h"
#include "support/rng.h"

namespace tandem::graph {
namespace {

const std::string kDigits = checkout_path("models/digits/");

std::string shared_models() { return shared_data_path("models/"); }

bool exists(const std::string& path) { return access(path.c_str(), R_OK) == 0; }

std::string without_constants(const Graph& graph) {
  const std::string text = to_text(graph);
  return text.substr(0, text.find("weight "));
}

std::string temporary(const std::string& name) {
  return testing::TempDir() + "import_onnx_" + std::to_string(getpid()) + name;
}

// ---- models made by hand, below the file format ----

Tensor scalar(float value) {
  Tensor tensor(DType::kF32, {});
  std::memcpy(tensor.data.data(), &value, sizeof value);
  return tensor;
}

/// A model of one input "x" int8 [N, 2, 4, 4] and one output "y", with scales "one" (1), "eighth" (2^-3) and zero point
/// "zero".
OnnxModel model_of(std::vector<OnnxNode> nodes) {
  OnnxModel model;
  model.graph_name = "made";
  model.inputs = {{"x", "INT8", {-1, 2, 4, 4}, true}};
  model.outputs = {{"y", "INT8", {}, false}};
  model.constants["one"] = scalar(1);
  model.constants["eighth"] = scalar(0.125f);
  model.constants["third"] = scalar(1.0f / 3);
  model.constants["zero"] = Tensor(DType::kI8, {});
  model.constants["five"] = Tensor(DType::kI8, {});
  model.constants["five"].data[0] = 5;
  model.constants["w"] = Tensor(DType::kI8, {3, 2, 3, 3});
  model.constants["b"] = Tensor(DType::kI32, {3});
  model.nodes = std::move(nodes);
  return model;
}

OnnxNode node(const std::string& type, std::vector<std::string> inputs, const std::string& output,
              std::map<std::string, OnnxAttribute> attributes = {}) {
  OnnxNode result;
  result.name = output;
  const size_t dot = type.rfind('.');
  result.domain = dot == std::string::npos ? "" : type.substr(0, dot);
  result.op_type = dot == std::string::npos ? type : type.substr(dot + 1);
  result.inputs = std::move(inputs);
  result.outputs = {output};
  result.attributes = std::move(attributes);
  return result;
}

using Ints = std::vector<int64_t>;

OnnxNode qconv(const std::string& output, std::map<std::string, OnnxAttribute> attributes) {
  return node("QLinearConv", {"x", "one", "zero", "w", "eighth", "zero", "one", "zero", "b"}, output,
              std::move(attributes));
}

Result<Graph> import(const OnnxModel& model) { return OnnxImporter(model).run("made.onnx"); }

std::string layers_of(const OnnxModel& model) {
  const Result<Graph> graph = import(model);
  if (!graph.ok()) return render(graph.error());
  const std::string text = without_constants(*graph);
  const size_t begin = text.find("layer ");
  return begin == std::string::npos ? text : text.substr(begin);
}

/// Only the reasons: the lines that name nodes.
std::string reasons_of(const OnnxModel& model) {
  const Result<Graph> graph = import(model);
  return graph.ok() ? "no error" : graph.error().what;
}

TEST(ImportOnnxTest, ShippedModel) {
  const Result<Graph> graph = import_onnx(kDigits + "digits.onnx");
  ASSERT_TRUE(graph.ok()) << render(graph.error());
  EXPECT_EQ(without_constants(*graph), R"(graph "digits" rule single
tensor "input" [1, 1, 8, 8] scale 2^-6
tensor "conv1_relu" [1, 16, 8, 8] scale 2^-5
tensor "conv2_relu" [1, 32, 8, 8] scale 2^-5
tensor "conv3" [1, 32, 8, 8] scale 2^-3
tensor "add_relu" [1, 32, 8, 8] scale 2^-4
tensor "pool1" [1, 32, 4, 4] scale 2^-4
tensor "conv4_relu" [1, 64, 4, 4] scale 2^-3
tensor "conv5_relu" [1, 64, 4, 4] scale 2^-3
tensor "pool2" [1, 64, 2, 2] scale 2^-3
tensor "output" [1, 10, 1, 1] scale 2^-2
input "input" [1, 1, 8, 8]
layer "conv1" conv2d("input") -> "conv1_relu" kernel 3x3 stride 1x1 pad 1,1,1,1 shift 7 clamp 0..127
layer "conv2" conv2d("conv1_relu") -> "conv2_relu" kernel 3x3 stride 1x1 pad 1,1,1,1 shift 8 clamp 0..127
layer "conv3" conv2d("conv2_relu") -> "conv3" kernel 3x3 stride 1x1 pad 1,1,1,1 shift 10 clamp -128..127
layer "add" add("conv3", "conv2_relu") -> "add_relu" left_shift 2,0 shift 1 clamp 0..127
layer "pool1" max_pool("add_relu") -> "pool1" kernel 2x2 stride 2x2 pad 0,0,0,0
layer "conv4" conv2d("pool1") -> "conv4_relu" kernel 3x3 stride 1x1 pad 1,1,1,1 shift 9 clamp 0..127
layer "conv5" conv2d("conv4_relu") -> "conv5_relu" kernel 1x1 stride 1x1 pad 0,0,0,0 shift 7 clamp 0..127
layer "pool2" max_pool("conv5_relu") -> "pool2" kernel 2x2 stride 2x2 pad 0,0,0,0
layer "dense" conv2d("pool2") -> "output" kernel 2x2 stride 1x1 pad 0,0,0,0 shift 9 clamp -128..127
output "output" [1, 10]
)");
  const Result<Graph> again = parse_graph(to_text(*graph), "digits.graph");
  ASSERT_TRUE(again.ok()) << render(again.error());
  EXPECT_TRUE(equal(*graph, *again));
  EXPECT_EQ(std::get<ops::Conv2d>(graph->layers[0].op).bias_bits, std::get<ops::Conv2d>(again->layers[0].op).bias_bits);
}

TEST(ImportOnnxTest, ShippedModelInterpretsAsExpected) {
  const Result<Graph> graph = import_onnx(kDigits + "digits.onnx");
  const Result<Tensor> images = read_npy(kDigits + "test_images.npy");
  const Result<Tensor> expected = read_npy(kDigits + "expected.npy");
  ASSERT_TRUE(graph.ok() && images.ok() && expected.ok());
  for (int64_t sample = 0; sample < 2; ++sample) {
    const auto outputs = interpret(*graph, {slice_first_axis(*images, sample, 1)});
    ASSERT_TRUE(outputs.ok()) << render(outputs.error());
    EXPECT_EQ((*outputs)[0], slice_first_axis(*expected, sample, 1)) << "sample " << sample;
  }
}

TEST(ImportOnnxTest, BothFormsOfMnistGiveTheSameArithmetic) {
  if (!exists(shared_models() + "onnx/mnist8_int8_pow2_qop.onnx")) GTEST_SKIP() << "../shared/models is absent";
  const Result<Graph> qop = import_onnx(shared_models() + "onnx/mnist8_int8_pow2_qop.onnx");
  const Result<Graph> qdq = import_onnx(shared_models() + "onnx/mnist8_int8_pow2_qdq.onnx");
  ASSERT_TRUE(qop.ok()) << render(qop.error());
  ASSERT_TRUE(qdq.ok()) << render(qdq.error());
  EXPECT_EQ(without_constants(*qop), R"(graph "mnist8_int8_pow2" rule single
tensor "input" [1, 1, 28, 28] scale 2^1
tensor "W1_r" [1, 8, 28, 28] scale 2^3
tensor "W1_p" [1, 8, 14, 14] scale 2^3
tensor "W2_r" [1, 16, 14, 14] scale 2^5
tensor "W2_p" [1, 16, 4, 4] scale 2^5
tensor "output" [1, 10, 1, 1] scale 2^7
input "input" [1, 1, 28, 28]
layer "W1_q" conv2d("input") -> "W1_r" kernel 5x5 stride 1x1 pad 2,2,2,2 shift 8 clamp 0..127
layer "W1_p" max_pool("W1_r") -> "W1_p" kernel 2x2 stride 2x2 pad 0,0,0,0
layer "W2_q" conv2d("W1_p") -> "W2_r" kernel 5x5 stride 1x1 pad 2,2,2,2 shift 9 clamp 0..127
layer "W2_p" max_pool("W2_r") -> "W2_p" kernel 3x3 stride 3x3 pad 0,0,0,0
layer "output" conv2d("W2_p") -> "output" kernel 4x4 stride 1x1 pad 0,0,0,0 shift 8 clamp -128..127
output "output" [1, 10]
)");
  ASSERT_EQ(qop->layers.size(), qdq->layers.size());
  for (size_t i = 0; i < qop->layers.size(); ++i) {
    EXPECT_EQ(ops::key(qop->layers[i].op), ops::key(qdq->layers[i].op));
    EXPECT_EQ(qop->layers[i].weight, qdq->layers[i].weight);
    EXPECT_EQ(qop->layers[i].bias, qdq->layers[i].bias);
  }
}

TEST(ImportOnnxTest, MnistInterpretsAsTheReference) {
  const std::string reference = shared_models() + "ref/mnist8_int8_pow2/";
  if (!exists(reference + "input.npy")) GTEST_SKIP() << "../shared/models is absent";
  const Result<Graph> graph = import_onnx(shared_models() + "onnx/mnist8_int8_pow2_qdq.onnx");
  const Result<Tensor> images = read_npy(reference + "input.npy");
  const Result<Tensor> expected = read_npy(reference + "out_single_round.npy");
  ASSERT_TRUE(graph.ok() && images.ok() && expected.ok());
  for (int64_t sample = 0; sample < 4; ++sample) {
    const auto outputs = interpret(*graph, {slice_first_axis(*images, sample, 1)});
    ASSERT_TRUE(outputs.ok()) << render(outputs.error());
    EXPECT_EQ((*outputs)[0], slice_first_axis(*expected, sample, 1)) << "sample " << sample;
  }
}

TEST(ImportOnnxTest, PadsAndStrides) {
  EXPECT_EQ(layers_of(model_of({qconv("y", {{"pads", Ints{1, 2, 0, 1}}, {"strides", Ints{2, 1}}})})),
            "layer \"y\" conv2d(\"x\") -> \"y\" kernel 3x3 stride 2x1 pad 1,2,0,1 shift 3 clamp -128..127\n"
            "output \"y\" [1, 3, 2, 5]\n");
  EXPECT_EQ(layers_of(model_of({qconv("y", {{"auto_pad", std::string("SAME_UPPER")}, {"strides", Ints{2, 2}}})})),
            "layer \"y\" conv2d(\"x\") -> \"y\" kernel 3x3 stride 2x2 pad 0,0,1,1 shift 3 clamp -128..127\n"
            "output \"y\" [1, 3, 2, 2]\n");
  EXPECT_EQ(layers_of(model_of({qconv("y", {{"auto_pad", std::string("SAME_LOWER")}, {"strides", Ints{2, 2}}})})),
            "layer \"y\" conv2d(\"x\") -> \"y\" kernel 3x3 stride 2x2 pad 1,1,0,0 shift 3 clamp -128..127\n"
            "output \"y\" [1, 3, 2, 2]\n");
}

TEST(ImportOnnxTest, DenseLayersInBothForms) {
  OnnxModel model =
      model_of({node("Reshape", {"x", "shape"}, "flat"),
                node("QLinearMatMul", {"flat", "one", "zero", "m", "eighth", "zero", "one", "zero"}, "y")});
  model.constants["shape"] = Tensor(DType::kI64, {2});
  model.constants["shape"].as<int64_t>()[1] = -1;
  model.constants["m"] = Tensor(DType::kI8, {32, 2});
  for (int i = 0; i < 64; ++i) model.constants["m"].data[static_cast<size_t>(i)] = static_cast<uint8_t>(i);
  const Result<Graph> graph = import(model);
  ASSERT_TRUE(graph.ok()) << render(graph.error());
  EXPECT_EQ(layers_of(model),
            "layer \"y\" conv2d(\"x\") -> \"y\" kernel 4x4 stride 1x1 pad 0,0,0,0 shift 3 clamp -128..127\n"
            "output \"y\" [1, 2]\n");
  EXPECT_EQ(graph->layers[0].weight.shape, (Shape{2, 2, 4, 4}));
  EXPECT_EQ(graph->layers[0].weight.data[1], 2);   // output 0, feature 1
  EXPECT_EQ(graph->layers[0].weight.data[32], 1);  // output 1, feature 0

  OnnxModel qdq = model_of({node("Flatten", {"x"}, "flat"), node("DequantizeLinear", {"flat", "one", "zero"}, "xd"),
                            node("DequantizeLinear", {"m", "eighth", "zero"}, "md"),
                            node("DequantizeLinear", {"mb", "eighth", "zero"}, "bd"), node("MatMul", {"xd", "md"}, "p"),
                            node("Add", {"bd", "p"}, "s"), node("Clip", {"s", "lo", "hi"}, "c"),
                            node("QuantizeLinear", {"c", "one", "zero"}, "y")});
  qdq.constants["m"] = model.constants["m"];
  qdq.constants["mb"] = Tensor(DType::kI32, {2});
  qdq.constants["mb"].as<int32_t>()[1] = -7;
  qdq.constants["lo"] = scalar(0);
  qdq.constants["hi"] = scalar(6);
  EXPECT_EQ(layers_of(qdq),
            "layer \"p\" conv2d(\"x\") -> \"y\" kernel 4x4 stride 1x1 pad 0,0,0,0 shift 3 clamp 0..6\n"
            "output \"y\" [1, 2]\n");
  EXPECT_EQ(import(qdq)->layers[0].bias, qdq.constants["mb"]);
}

TEST(ImportOnnxTest, AdditionBringsOperandsToTheFinerScale) {
  OnnxNode add = node("com.microsoft.QLinearAdd", {"x", "one", "zero", "x", "eighth", "zero", "one", "zero"}, "s");
  EXPECT_EQ(layers_of(model_of({add, node("Relu", {"s"}, "y")})),
            "layer \"s\" add(\"x\", \"x\") -> \"y\" left_shift 3,0 shift 3 clamp 0..127\noutput \"y\" [1, 2, 4, 4]\n");
}

TEST(ImportOnnxTest, NamesEveryNodeThatItCannotTake) {
  OnnxModel model = model_of({
      qconv("grouped", {{"group", int64_t{2}}, {"dilations", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}}),
      node("Softmax", {"grouped"}, "soft"),
      node("Sigmoid", {"soft"}, "after"),
      node("QLinearConv", {"x", "third", "zero", "w", "per_channel", "zero", "one", "five"}, "conv"),
      node("MaxPool", {"x"}, "pool", {{"kernel_shape", Ints{2, 2}}, {"ceil_mode", int64_t{1}}}),
      node("Flatten", {"pool"}, "y"),
  });
  model.constants["per_channel"] = Tensor(DType::kF32, {3});
  std::fill_n(model.constants["per_channel"].as<float>(), 3, 0.25f);
  model.constants["per_channel"].as<float>()[1] = 0.5f;
  EXPECT_EQ(render(import(model).error()), R"(made.onnx: error: 4 of 6 nodes cannot be imported:
  grouped (QLinearConv): its 2 groups do not divide its 3 output channels
  after (Sigmoid): the operator is not supported
  conv (QLinearConv): scale 'third' is 0.33333334, which is no power of two; scale 'per_channel' differs from channel to channel (0.25 to 0.5); zero point 'five' is 5, not 0
  pool (MaxPool): attribute 'ceil_mode' is 1; 0 is supported
  legal: Add, AveragePool, Clip, Constant, Conv, DequantizeLinear, Dropout, Flatten, Gemm, GlobalAveragePool, Identity, MatMul, MaxPool, Pad, QLinearConv, QLinearMatMul, QuantizeLinear, Relu, Reshape, Softmax, com.microsoft.QGemm, com.microsoft.QLinearAdd, com.microsoft.QLinearAveragePool, com.microsoft.QLinearGlobalAveragePool)");
  // Multipliers take those scales and zero points.
  EXPECT_EQ(import_onnx(model, "made.onnx").error().what, R"(3 of 6 nodes cannot be imported:
  grouped (QLinearConv): its 2 groups do not divide its 3 output channels
  after (Sigmoid): the operator is not supported
  pool (MaxPool): attribute 'ceil_mode' is 1; 0 is supported)");
}

TEST(ImportOnnxTest, MultipliersTakeAnyScaleAndZeroPoint) {
  OnnxModel model = model_of({
      node("Pad", {"x", "pads", "five"}, "padded"),
      node("QLinearConv", {"padded", "third", "five", "w", "per_channel", "zero", "third", "five", "b"}, "conv",
           {{"strides", Ints{2, 2}}}),
      node("com.microsoft.QLinearAdd", {"conv", "third", "five", "conv", "eighth", "zero", "one", "zero"}, "sum"),
      node("com.microsoft.QLinearGlobalAveragePool", {"sum", "one", "zero", "one", "zero"}, "y"),
  });
  model.constants["pads"] = Tensor(DType::kI64, {8});
  model.constants["pads"].as<int64_t>()[6] = model.constants["pads"].as<int64_t>()[7] = 1;
  model.constants["per_channel"] = Tensor(DType::kF32, {3});
  for (int o = 0; o < 3; ++o) model.constants["per_channel"].as<float>()[o] = static_cast<float>(o + 1) / 16;
  std::fill_n(model.constants["w"].as<int8_t>(), model.constants["w"].size(), int8_t{2});
  const Graph graph = import_onnx(model, "made.onnx").value();
  const std::string text = without_constants(graph);
  EXPECT_EQ(text.substr(text.find("layer ")),
            R"(layer "conv" conv2d("x") -> "conv" kernel 3x3 stride 2x2 pad 0,0,1,1 pad_value 5 channels tflite
layer "sum" add("conv", "conv") -> "sum" channels tflite
layer "y" average_pool("sum") -> "y" kernel 2x2 stride 1x1 pad 0,0,0,0 channels tflite
output "y" [1, 3, 1, 1]
)");
  const int32_t* conv = graph.layers[0].bias.as<int32_t>();
  EXPECT_EQ(conv[0], -5 * 2 * 18) << "the zero point times the sum of the weights";
  EXPECT_EQ(conv[1], 1 << 30) << "1/16 is 0.5 * 2^-3";
  EXPECT_EQ(conv[2], 3 << 8) << "to the right";
  EXPECT_EQ(conv[4 + 2], 2 << 8);
  const Graph single = import_onnx(model, "made.onnx", ops::Rounding::kSingle).value();
  EXPECT_EQ(single.rule, "single");
  EXPECT_EQ(std::get<ops::Conv2d>(single.layers[0].op).per_channel, ops::Rounding::kSingle);
  EXPECT_EQ(std::get<ops::Add>(single.layers[1].op).rescaled, ops::Rounding::kSingle);
}

TEST(ImportOnnxTest, APadThatNoConvolutionTakesIn) {
  OnnxModel model = model_of(
      {node("Pad", {"x", "pads"}, "padded"), node("MaxPool", {"padded"}, "y", {{"kernel_shape", Ints{2, 2}}})});
  model.constants["pads"] = Tensor(DType::kI64, {8});
  model.constants["pads"].as<int64_t>()[2] = 1;
  EXPECT_EQ(reasons_of(model),
            "1 of 2 nodes cannot be imported:\n  y (MaxPool): its input is padded by a Pad, which is "
            "supported before a convolution");
}

TEST(ImportOnnxTest, GroupsAndDilations) {
  OnnxModel model =
      model_of({qconv("y", {{"group", int64_t{2}}, {"dilations", Ints{2, 1}}, {"pads", Ints{2, 1, 2, 1}}})});
  model.constants["w"] = Tensor(DType::kI8, {4, 1, 3, 3});
  model.constants["b"] = Tensor(DType::kI32, {4});
  EXPECT_EQ(layers_of(model),
            "layer \"y\" conv2d(\"x\") -> \"y\" kernel 3x3 stride 1x1 pad 2,1,2,1 dilation 2x1 groups 2 shift 3 "
            "clamp -128..127\noutput \"y\" [1, 4, 4, 4]\n");
}

TEST(ImportOnnxTest, ReasonsNameWhatIsMissing) {
  EXPECT_EQ(reasons_of(model_of({qconv("y", {{"pads", Ints{0, 0, 0}}})})),
            "1 of 1 nodes cannot be imported:\n  y (QLinearConv): attribute 'pads' is no list of 4 integers");
  EXPECT_EQ(reasons_of(model_of({node("Conv", {"x", "w"}, "y")})),
            "1 of 1 nodes cannot be imported:\n  y (Conv): its input is not quantised: a QuantizeLinear and a "
            "DequantizeLinear are missing before it");
  EXPECT_EQ(reasons_of(model_of({node("Relu", {"nothing"}, "y")})),
            "1 of 1 nodes cannot be imported:\n  y (Relu): nothing computes its input 'nothing' before it");
  EXPECT_EQ(reasons_of(model_of({node("Clip", {"x", "five", "zero"}, "y")})),
            "1 of 1 nodes cannot be imported:\n  y (Clip): its bounds 5 and 0 leave nothing");
}

TEST(ImportOnnxTest, ModelInterface) {
  OnnxModel model = model_of({node("Relu", {"x"}, "y")});
  model.inputs[0].type = "UINT8";
  EXPECT_EQ(render(import(model).error()),
            "made.onnx: error: input 'x' is UINT8 [-1, 2, 4, 4]; supported are INT8 and FLOAT of [N, C, H, W] or [N, "
            "features], where N is symbolic or 1");
  model.inputs[0] = {"x", "INT8", {-1, 3, -1, -1}, true};
  EXPECT_EQ(render(import(model).error()),
            "made.onnx: error: input 'x' is INT8 [-1, 3, -1, -1]; supported are INT8 and FLOAT of [N, C, H, W] or [N, "
            "features], where N is symbolic or 1");
  model.inputs.push_back(model.inputs[0]);
  EXPECT_EQ(render(import(model).error()),
            "made.onnx: error: the model has 2 inputs and 1 outputs; models with one of each are supported");
  model = model_of({node("DequantizeLinear", {"x", "one", "zero"}, "d"),
                    node("DequantizeLinear", {"w", "one", "zero"}, "wd"), node("Conv", {"d", "wd"}, "y")});
  EXPECT_EQ(render(import(model).error()),
            "made.onnx: error: output 'y' is not quantised\n  hint: the last layer needs a QuantizeLinear after it");
}

TEST(ImportOnnxTest, TruncatedAndForeignFiles) {
  const Result<Bytes> whole = read_file(kDigits + "digits.onnx");
  ASSERT_TRUE(whole.ok());
  const std::string cut = temporary("_cut.onnx");
  ASSERT_TRUE(write_file(cut, Bytes(whole->begin(), whole->begin() + 20000)).ok());
  EXPECT_EQ(
      render(import_onnx(cut).error()),
      cut + ": error: the ONNX model is cut short or damaged (20000 bytes)\n  hint: fetch or export the file again");
  const std::string foreign = temporary("_foreign.onnx");
  const std::string hint = "\n  hint: a model is an .onnx file, or a folder that 'tandem compile -o' wrote";
  ASSERT_TRUE(write_file(foreign, std::string("\x89PNG\r\n\x1a\n and so on")).ok());
  EXPECT_EQ(render(import_onnx(foreign).error()), foreign + ": error: this is no ONNX model (18 bytes)" + hint);
  ASSERT_TRUE(write_file(foreign, std::string()).ok());
  EXPECT_EQ(render(import_onnx(foreign).error()), foreign + ": error: this is no ONNX model (0 bytes)" + hint);
  EXPECT_EQ(render(import_onnx("/nowhere/m.onnx").error()),
            "/nowhere/m.onnx: error: cannot read: No such file or directory");
  unlink(cut.c_str());
  unlink(foreign.c_str());
}

TEST(ImportOnnxTest, ContradictoryModels) {
  OnnxModel model = model_of({qconv("y", {})});
  model.constants["w"] = Tensor(DType::kI8, {0, 2, 3, 3});
  model.constants["b"] = Tensor(DType::kI32, {0});
  EXPECT_EQ(render(import(model).error()),
            "made.onnx: error: the model contradicts itself: conv2d 1x2x4x4 -> 0, 3x3 stride 1x1 pad 0,0,0,0: there "
            "must be at "
            "least 1 output channel");
  model = model_of({node("MaxPool", {"x"}, "y"), node("Relu", {"y"}, "y")});
  EXPECT_EQ(render(import(model).error()), "made.onnx: error: the model contradicts itself: two tensors are named 'y'");
}

TEST(ImportOnnxTest, DamagedModelsAreRefusedOrSound) {
  const Result<Bytes> whole = read_file(kDigits + "digits.onnx");
  ASSERT_TRUE(whole.ok());
  const std::string damaged = temporary("_damaged.onnx");
  const uint64_t seed = 20261121;
  Rng rng(seed);
  for (int i = 0; i < 400; ++i) {
    Bytes bytes = *whole;
    for (int flips = 0; flips < 3; ++flips) {
      // The structure is at the beginning, behind it weights: half of the flips are there.
      const int64_t end = static_cast<int64_t>(bytes.size()) - 1;
      bytes[static_cast<size_t>(rng.uniform(0, rng.chance(0.5) ? 3000 : end))] ^=
          static_cast<uint8_t>(1 << rng.uniform(0, 7));
    }
    ASSERT_TRUE(write_file(damaged, bytes).ok());
    const Result<Graph> graph = import_onnx(damaged);
    if (!graph.ok()) continue;
    EXPECT_EQ(broken_rule(*graph), "") << "seed " << seed << ", model " << i;
  }
  unlink(damaged.c_str());
}

TEST(ImportOnnxTest, EveryPrefixOfAModelIsRefused) {
  const Result<Bytes> whole = read_file(kDigits + "digits.onnx");
  ASSERT_TRUE(whole.ok());
  const std::string cut = temporary("_prefix.onnx");
  for (size_t size = 0; size < whole->size(); size += 997) {
    ASSERT_TRUE(write_file(cut, Bytes(whole->begin(), whole->begin() + static_cast<std::ptrdiff_t>(size))).ok());
    EXPECT_FALSE(import_onnx(cut).ok()) << size;
  }
  unlink(cut.c_str());
}

}  // namespace
}  // namespace tandem::graph
