#include "compiler/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/graph/interpret.h"
#include "compiler/graph/passes.h"

namespace tandem::graph {
namespace {

/// The structure of a graph's text, without the constants.
constexpr const char* kSmall = R"(graph "small" rule single
tensor "x" [1, 2, 4, 4] scale 2^-6
tensor "y" [1, 2, 4, 4] scale 2^-3
tensor "s \"q\"" [1, 2, 4, 4]
tensor "p" [1, 2, 2, 2]
tensor "c" [1, 2, 2, 2]
input "x" [1, 2, 4, 4]
layer "conv" conv2d("x") -> "y" kernel 1x1 stride 1x1 pad 0,0,0,0 shift 1 clamp -128..127
layer "sum" add("x", "y") -> "s \"q\"" left_shift 0,3 shift -1 clamp 0..100
layer "pool" max_pool("s \"q\"") -> "p" kernel 2x2 stride 2x2 pad 0,0,0,0
layer "clip" clip("p") -> "c" clamp 3..90
output "c" [1, 8]
weight "conv" i8 [2, 2, 1, 1]
  01ff0280
bias "conv" i32 [2]
  05000000ffffffff
)";

Graph small() {
  Result<Graph> graph = parse_graph(kSmall, "small.graph");
  EXPECT_TRUE(graph.ok()) << render(graph.error());
  return *graph;
}

std::string without_constants(const Graph& graph) {
  const std::string text = to_text(graph);
  return text.substr(0, text.find("weight "));
}

/// The error of parsing `kSmall` with `from` replaced by `to`.
std::string error_of(const std::string& from, const std::string& to) {
  std::string text = kSmall;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  text.replace(at, from.size(), to);
  const Result<Graph> graph = parse_graph(text, "small.graph");
  return graph.ok() ? "no error" : render(graph.error());
}

TEST(GraphTextTest, PrintsWhatItReads) { EXPECT_EQ(to_text(small()), kSmall); }

/// `kSmall` whose convolution has a zero point and requantises each channel by itself.
std::string small_per_channel() {
  std::string text = kSmall;
  const auto replace = [&](const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
  };
  replace("shift 1 clamp -128..127", "pad_value -5 channels tflite");
  replace("i32 [2]\n  05000000ffffffff",
          "i32 [2, 4]\n  05000000000000400001000000807f00ffffffff000000400001000000807f00");
  return text;
}

TEST(GraphTextTest, PrintsChannelsOfTheirOwn) {
  const Result<Graph> graph = parse_graph(small_per_channel(), "small.graph");
  ASSERT_TRUE(graph.ok()) << render(graph.error());
  EXPECT_EQ(to_text(*graph), small_per_channel());
  std::string text = small_per_channel();
  text.replace(text.find("tflite"), 6, "tflit");
  EXPECT_EQ(render(parse_graph(text, "small.graph").error()),
            "small.graph:8:89: error: unknown rounding rule 'tflit'\n  legal: single, tflite\n  hint: did you mean "
            "'tflite'?");
}

TEST(GraphTextTest, ErrorsNamePlaceAndChoices) {
  EXPECT_EQ(error_of("rule single", "rule singel"),
            "small.graph:1:20: error: unknown rounding rule 'singel'\n  legal: single, tflite\n  hint: did you mean "
            "'single'?");
  EXPECT_EQ(error_of("max_pool(\"s", "maxpool(\"s"),
            "small.graph:10:14: error: unknown operator 'maxpool'\n  legal: conv2d, max_pool, add, clip, im2col, "
            "average_pool\n  hint: did you "
            "mean 'max_pool'?");
  EXPECT_EQ(error_of("add(\"x\"", "add(\"z\""),
            "small.graph:9:17: error: unknown tensor 'z'\n  legal: x, y, s \"q\", p, c\n  hint: did you mean 'x'?");
  EXPECT_EQ(error_of("kernel 2x2", "kernel 5x2"),
            "small.graph:10:41: error: max_pool 1x2x4x4, 5x2 stride 2x2 pad 0,0,0,0: the kernel 5x2 is larger than the "
            "padded input 4x4, so there is no output");
  EXPECT_EQ(error_of("clamp 3..90", "clamp 3..900"), "small.graph:11:37: error: clamp 3..900 is no range of int8");
  EXPECT_EQ(error_of("01ff0280", "01ff02"),
            "small.graph:15:1: error: expected hexadecimal bytes (3 of 4 read), found 'bias'");
  EXPECT_EQ(error_of("[1, 2, 4, 4] scale", "[1, 2, 0, 4] scale"),
            "small.graph:2:19: error: expected a positive extent, found '0'");
  EXPECT_EQ(error_of("graph \"small\"", "graph small"),
            "small.graph:1:7: error: expected a name in quotes, found 'small'");
  EXPECT_EQ(
      error_of("layer \"clip\"", "leyer \"clip\""),
      "small.graph:11:1: error: unknown statement 'leyer'\n  legal: tensor, input, output, layer, weight, bias\n  "
      "hint: did you mean 'layer'?");
}

TEST(GraphTextTest, RefusesUnsoundGraphs) {
  EXPECT_EQ(error_of("tensor \"p\" [1, 2, 2, 2]", "tensor \"p\" [1, 2, 2, 3]"),
            "small.graph: error: layer 'pool' gives [1, 2, 2, 2], but 'p' has shape [1, 2, 2, 3]");
  EXPECT_EQ(error_of("add(\"x\", \"y\")", "add(\"x\")"), "small.graph: error: layer 'sum' has 1 inputs, not 2");
  EXPECT_EQ(error_of("add(\"x\", \"y\")", "add(\"x\", \"c\")"),
            "small.graph: error: layer 'sum' reads 'c' before it is computed");
  EXPECT_EQ(error_of("output \"c\" [1, 8]", "output \"c\" [1, 9]"),
            "small.graph: error: port [1, 9] has not as many elements as 'c' [1, 2, 2, 2]");
  EXPECT_EQ(error_of("layer \"pool\"", "layer \"sum\""), "small.graph: error: two layers are named 'sum'");
}

TEST(GraphPassTest, FusesAClipIntoTheLayerBeforeIt) {
  std::string text = kSmall;
  text.replace(text.find("layer \"pool\""), std::string("layer \"pool\"").size(),
               "layer \"again\" clip(\"s \\\"q\\\"\") -> \"d\" clamp 5..127\nlayer \"pool\"");
  text.replace(text.find("max_pool(\"s \\\"q\\\"\""), std::string("max_pool(\"s \\\"q\\\"\"").size(), "max_pool(\"d\"");
  text.replace(text.find("input \"x\""), 9, "tensor \"d\" [1, 2, 4, 4]\ninput \"x\"");
  const Result<Graph> graph = parse_graph(text, "small.graph");
  ASSERT_TRUE(graph.ok()) << render(graph.error());
  const Graph fused = fuse_clips(*graph);
  EXPECT_EQ(without_constants(fused), R"(graph "small" rule single
tensor "x" [1, 2, 4, 4] scale 2^-6
tensor "y" [1, 2, 4, 4] scale 2^-3
tensor "p" [1, 2, 2, 2]
tensor "c" [1, 2, 2, 2]
tensor "d" [1, 2, 4, 4]
input "x" [1, 2, 4, 4]
layer "conv" conv2d("x") -> "y" kernel 1x1 stride 1x1 pad 0,0,0,0 shift 1 clamp -128..127
layer "sum" add("x", "y") -> "d" left_shift 0,3 shift -1 clamp 5..100
layer "pool" max_pool("d") -> "p" kernel 2x2 stride 2x2 pad 0,0,0,0
layer "clip" clip("p") -> "c" clamp 3..90
output "c" [1, 8]
)");
  Tensor x(DType::kI8, {1, 2, 4, 4});
  for (int i = 0; i < 32; ++i) x.as<int8_t>()[i] = static_cast<int8_t>(i * 37 - 90);
  const auto before = interpret(*graph, {x});
  const auto after = interpret(fused, {x});
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_EQ(*before, *after);
}

TEST(GraphPassTest, KeepsAClipWhoseInputIsReadElsewhere) {
  std::string text = kSmall;
  text.replace(text.find("output \"c\""), 10, "output \"p\" [1, 8]\noutput \"c\"");
  EXPECT_EQ(to_text(fuse_clips(*parse_graph(text, "small.graph"))), text);
}

TEST(GraphPassTest, BatchReachesEveryShape) {
  const Graph graph = with_batch(small(), 3);
  EXPECT_EQ(broken_rule(graph), "");
  EXPECT_EQ(graph.outputs[0].shape, (Shape{3, 8}));
  EXPECT_EQ(graph.tensors[0].shape, (Shape{3, 2, 4, 4}));
  EXPECT_EQ(std::get<ops::Conv2d>(graph.layers[0].op).n, 3);
}

TEST(GraphPassTest, SingleLayerStandsAlone) {
  const Result<Graph> sum = single_layer(small(), "sum");
  ASSERT_TRUE(sum.ok()) << render(sum.error());
  EXPECT_EQ(to_text(*sum), R"(graph "small.sum" rule single
tensor "x" [1, 2, 4, 4] scale 2^-6
tensor "y" [1, 2, 4, 4] scale 2^-3
tensor "s \"q\"" [1, 2, 4, 4]
input "x" [1, 2, 4, 4]
input "y" [1, 2, 4, 4]
layer "sum" add("x", "y") -> "s \"q\"" left_shift 0,3 shift -1 clamp 0..100
output "s \"q\"" [1, 2, 4, 4]
)");
  EXPECT_EQ(render(single_layer(small(), "sums").error()),
            "error: unknown layer 'sums'\n  legal: conv, sum, pool, clip\n  hint: did you mean 'sum'?");
}

/// A convolution with few channels.
Graph small_first_layer() {
  ops::Conv2d op;
  op.c = 2, op.h = op.w = 6, op.o = 3, op.kernel_h = op.kernel_w = 3, op.stride_h = op.stride_w = 2;
  op.pad_top = op.pad_left = 1;
  op.requantize.shift = 5;
  Graph graph;
  graph.name = "first";
  graph.tensors = {{"x", input_shape(op), {}}, {"y", output_shape(op), {}}};
  Tensor weight(DType::kI8, {3, 2, 3, 3}), bias(DType::kI32, {3});
  for (int64_t i = 0; i < weight.size(); ++i) weight.as<int8_t>()[i] = static_cast<int8_t>(11 * i);
  graph.layers = {{"conv", op, {0}, 1, weight, bias}};
  graph.inputs = {{0, graph.tensors[0].shape}};
  graph.outputs = {{1, graph.tensors[1].shape}};
  return graph;
}

/// Operators that `small` has not.
constexpr const char* kOthers = R"(graph "others" rule single
tensor "x" [1, 4, 5, 5]
tensor "w" [1, 16, 4, 4]
tensor "d" [1, 16, 4, 4]
tensor "s" [1, 16, 4, 4]
tensor "a" [1, 16, 2, 2]
input "x" [1, 4, 5, 5]
layer "windows" im2col("x") -> "w" kernel 2x2 stride 1x1 pad 0,0,0,0 pad_value 3
layer "depthwise" conv2d("w") -> "d" kernel 2x2 stride 1x1 pad 2,1,0,1 dilation 2x2 groups 16 channels single
layer "sum" add("w", "d") -> "s" channels tflite
layer "mean" average_pool("s") -> "a" kernel 2x2 stride 2x2 pad 0,0,0,0 channels tflite
output "a" [1, 16, 2, 2]
)";

/// `kOthers` with constants of zeros.
std::string others() {
  std::string text = kOthers;
  const auto constant = [&](const char* kind, const char* layer, const char* shape, size_t bytes) {
    text += std::string(kind) + " \"" + layer + "\" " + shape + "\n";
    for (size_t i = 0; i < bytes; ++i) text += (i % 56 == 0 ? i == 0 ? "  " : "\n  " : "") + std::string("00");
    text += "\n";
  };
  constant("weight", "depthwise", "i8 [16, 1, 2, 2]", 64);
  constant("bias", "depthwise", "i32 [16, 4]", 256);
  constant("bias", "sum", "i32 [3, 16, 4]", 768);
  constant("weight", "mean", "i8 [16]", 16);
  constant("bias", "mean", "i32 [16, 4]", 256);
  return text;
}

TEST(GraphTextTest, PrintsEveryOperator) {
  const Result<Graph> graph = parse_graph(others(), "others.graph");
  ASSERT_TRUE(graph.ok()) << render(graph.error());
  EXPECT_EQ(to_text(*graph), others());
}

TEST(GraphPassTest, LoweringKeepsNamesAndMeaning) {
  isa::HwConfig plain;
  plain.chosen_depthwise_width = 0;
  for (const isa::HwConfig& hardware : {isa::HwConfig{}, plain}) {
    const Graph graph = small_first_layer();
    const LoweredGraph lowered = lower_layers(graph, hardware);
    EXPECT_EQ(broken_rule(lowered.graph), "");
    ASSERT_EQ(lowered.graph.layers.size(), graph.layers.size() + 1);
    EXPECT_EQ(lowered.graph.layers[0].name, "conv.im2col");
    EXPECT_EQ(lowered.graph.layers[1].name, "conv");
    EXPECT_EQ(lowered.macs[0], 0);
    EXPECT_EQ(lowered.macs[1], ops::macs(graph.layers[0].op));
    EXPECT_EQ(lowered.reasons[1], "2 channels are less than a block of 16: the host makes " +
                                      std::to_string(input_shape(lowered.graph.layers[1].op)[1]) + " of them");
    Tensor x(DType::kI8, {1, 2, 6, 6});
    for (int64_t i = 0; i < x.size(); ++i) x.as<int8_t>()[i] = static_cast<int8_t>(37 * i);
    EXPECT_TRUE(interpret(graph, {x}).value() == interpret(lowered.graph, {x}).value());
  }
}

TEST(GraphInterpreterTest, ComputesByHand) {
  Tensor x(DType::kI8, {1, 2, 4, 4});
  std::fill(x.data.begin(), x.data.begin() + 16, 10);  // channel 0; channel 1 is 0
  // y = (5 + 10 - 0 + 1) >> 1 = 8 and (-1 + 2 * 10 + 1) >> 1 = 10; sum = 2 * (x + 8 * y), at most 100; clip to 90.
  const auto outputs = interpret(small(), {x});
  ASSERT_TRUE(outputs.ok()) << render(outputs.error());
  EXPECT_EQ((*outputs)[0].shape, (Shape{1, 8}));
  EXPECT_THAT((*outputs)[0].data, testing::Each(90));
  // For -20: y = (5 - 20 + 20 + 1) >> 1 = 3 and 127 (saturated); sum = 2 * (-20 + 24) = 8 and 100.
  x.data.assign(32, static_cast<uint8_t>(-20));
  const auto low = interpret(small(), {x});
  EXPECT_THAT((*low)[0].data, testing::ElementsAre(8, 8, 8, 8, 90, 90, 90, 90));
}

TEST(GraphInterpreterTest, RefusesWrongInputs) {
  EXPECT_EQ(render(interpret(small(), {}).error()), "error: graph 'small' has 1 inputs, 0 are given");
  EXPECT_EQ(render(interpret(small(), {Tensor(DType::kU8, {1, 2, 4, 4})}).error()),
            "error: input 0 of graph 'small' is u8 [1, 2, 4, 4], not i8 [1, 2, 4, 4]");
}

}  // namespace
}  // namespace tandem::graph
