// Whole models, bit for bit: the shipped one, MNIST and those of MLPerf Tiny of the shared data, on every target that
// is quick enough for all their samples.
#include <gtest/gtest.h>
#include <unistd.h>

#include "bench/model_data.h"
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

class PublishedModel : public testing::TestWithParam<bench::Published> {
 protected:
  void SetUp() override {
    if (access(shared_data_path("models/README.md").c_str(), R_OK) != 0) GTEST_SKIP() << "../shared/models is absent";
  }
};

/// Both forms on the functional simulator and on the CPU, the first on the RTL, too. The Softmax that three of them end
/// with is left out: their references are the traces before it.
TEST_P(PublishedModel, IsExactEverywhere) {
  for (const char* form : {"qdq", "qop"}) {
    const bench::ModelData data = value_or_fail(bench::load_published(GetParam(), form, 3));
    for (const char* target : {"functional", "cpu", "rtl"}) {
      if (target == std::string("rtl") && form == std::string("qop")) continue;
      EXPECT_EQ(run_on(target, data.graph, data.input).output.data, data.expected.data) << form << " on " << target;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Models, PublishedModel, testing::ValuesIn(bench::published_models()), [](const auto& test) {
  return std::string(test.param.name) + "_" + ops::name(test.param.rule);
});

}  // namespace
}  // namespace tandem::runtime
