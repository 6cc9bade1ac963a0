// Whole models, bit for bit: the shipped one, MNIST and those of MLPerf Tiny of the shared data, on every target that
// is quick enough for all their samples.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "bench/model_data.h"
#include "compiler/graph/import_onnx.h"
#include "runtime/outputs.h"
#include "runtime/run.h"
#include "support/environment.h"
#include "tests/value_or_fail.h"

namespace tandem::runtime {
namespace {

ModelRun run_on(const std::string& name, const graph::Graph& graph, const Tensor& input) {
  Target target = value_or_fail(make_target(name, {}, {}));
  const CompiledModel model = value_or_fail(target.compile(graph));
  return value_or_fail(run(model, target, input));
}

class Mnist : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (access(shared_data_path("models/README.md").c_str(), R_OK) != 0) GTEST_SKIP() << "../shared/models is absent";
  }
};
constexpr auto kTargetName = [](const auto& test) { return std::string(test.param); };

TEST_P(Mnist, AllReferenceSamplesAreExact) {
  const bench::ModelData data = value_or_fail(bench::load_mnist("qop"));
  EXPECT_EQ(run_on(GetParam(), data.graph, data.input).output, data.expected);
}
INSTANTIATE_TEST_SUITE_P(Targets, Mnist, testing::Values("functional", "cpu"), kTargetName);

using MnistRtl = Mnist;
TEST_P(MnistRtl, TwentyReferenceSamplesAreExact) {
  const bench::ModelData data = value_or_fail(bench::load_mnist("qop"));
  const ModelRun result = run_on(GetParam(), data.graph, slice_first_axis(data.input, 0, 20));
  EXPECT_EQ(result.output, slice_first_axis(data.expected, 0, 20));
  uint64_t cycles = 0;
  for (const LayerCost& layer : result.layers) {
    EXPECT_NE(layer.cycles > 0, layer.seconds > 0) << "each runs on the accelerator or on the host";
    cycles += layer.cycles;
  }
  EXPECT_EQ(cycles, result.cycles) << "the layers' cycles sum to the run's";
}
INSTANTIATE_TEST_SUITE_P(Targets, MnistRtl, testing::Values("rtl"), kTargetName);

using MnistAccuracy = Mnist;
TEST_P(MnistAccuracy, OnTheFirstTestImages) {
  const bench::ModelData data = value_or_fail(bench::load_mnist_images(2000));
  EXPECT_EQ(count_right(data.labels, run_on(GetParam(), data.graph, data.input).output), 1966) << "98.3 %";
}
INSTANTIATE_TEST_SUITE_P(Targets, MnistAccuracy, testing::Values("functional"), kTargetName);

TEST(Digits, SameBitsAndAccuracyEverywhere) {
  const bench::ModelData data = value_or_fail(bench::load_digits());
  for (const char* name : {"functional", "cpu", "rtl"}) {
    const ModelRun result = run_on(name, data.graph, data.input);
    EXPECT_EQ(result.output, data.expected) << name;
    EXPECT_EQ(count_right(data.labels, result.output), 357) << name << ": 99.2 % of 360";
  }
}

/// A model of MLPerf Tiny, or another of the shared ones, with what its reference has to compare.
struct Published {
  const char* name;
  const char* expected;  // below ref/NAME/: of the first sample, or of all
  ops::Rounding rule;
  bool inputs_are_nhwc;
};

Tensor nchw(const Tensor& nhwc) {
  const Shape& s = nhwc.shape;
  Tensor result(nhwc.type, {s[0], s[3], s[1], s[2]});
  for (int64_t n = 0; n < s[0]; ++n) {
    for (int64_t pixel = 0; pixel < s[1] * s[2]; ++pixel) {
      for (int64_t c = 0; c < s[3]; ++c) {
        result.as<int8_t>()[(n * s[3] + c) * s[1] * s[2] + pixel] =
            nhwc.as<int8_t>()[(n * s[1] * s[2] + pixel) * s[3] + c];
      }
    }
  }
  return result;
}

class PublishedModel : public testing::TestWithParam<Published> {
 protected:
  void SetUp() override {
    if (access(shared_data_path("models/README.md").c_str(), R_OK) != 0) GTEST_SKIP() << "../shared/models is absent";
  }
};

/// Both forms on the functional simulator and on the CPU, the first on the RTL, too. The Softmax that three of them end
/// with is left out: their references are the traces before it.
TEST_P(PublishedModel, IsExactEverywhere) {
  const Published& published = GetParam();
  const std::string folder = shared_data_path(std::string("models/ref/") + published.name + "/");
  const Tensor expected = value_or_fail(read_npy(folder + published.expected));
  Tensor inputs = value_or_fail(read_npy(folder + "input.npy"));
  if (published.inputs_are_nhwc) inputs = nchw(inputs);
  const int64_t samples = std::min<int64_t>(expected.shape[0], 3);
  inputs = slice_first_axis(inputs, 0, samples);
  for (const char* form : {"qdq", "qop"}) {
    const std::string path = shared_data_path(std::string("models/onnx/") + published.name + "_" + form + ".onnx");
    const graph::Graph graph = value_or_fail(graph::import_onnx(path, published.rule));
    for (const char* target : {"functional", "cpu", "rtl"}) {
      if (target == std::string("rtl") && form == std::string("qop")) continue;
      EXPECT_EQ(run_on(target, graph, inputs).output.data, slice_first_axis(expected, 0, samples).data)
          << form << " on " << target;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(
    Models, PublishedModel,
    testing::Values(Published{"resnet8_cifar10", "trace/t36.npy", ops::Rounding::kTflite, true},
                    Published{"dscnn_kws", "trace/t33.npy", ops::Rounding::kTflite, true},
                    Published{"mobilenetv1_025_vww", "trace/t87.npy", ops::Rounding::kTflite, true},
                    Published{"autoencoder_ad", "out_tflite.npy", ops::Rounding::kTflite, false},
                    Published{"autoencoder_ad", "out_single_round.npy", ops::Rounding::kSingle, false},
                    Published{"mnist8_int8_asym", "out_tflite.npy", ops::Rounding::kTflite, false},
                    Published{"mnist8_int8_asym", "out_single_round.npy", ops::Rounding::kSingle, false}),
    [](const auto& test) { return std::string(test.param.name) + "_" + ops::name(test.param.rule); });

}  // namespace
}  // namespace tandem::runtime
