// Whole models, bit for bit: the shipped one and MNIST of the shared data, on every target that is quick enough for all
// their samples.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "compiler/graph/import_onnx.h"
#include "runtime/run.h"
#include "support/environment.h"
#include "support/process.h"

namespace tandem::runtime {
namespace {

Target target_on(const std::string& name) {
  Result<Target> target = make_target(name, {}, {});
  TANDEM_CHECK(target.ok(), render(target.error()));
  return std::move(target).value();
}

ModelRun run_on(const std::string& name, const graph::Graph& graph, const Tensor& input) {
  Target target = target_on(name);
  const Result<CompiledModel> model = target.compile(graph);
  TANDEM_CHECK(model.ok(), render(model.error()));
  Result<ModelRun> result = run(*model, target, input);
  TANDEM_CHECK(result.ok(), render(result.error()));
  return std::move(result).value();
}

int64_t right_answers(const Tensor& output, const uint8_t* labels) {
  const int64_t samples = output.shape[0], classes = output.size() / samples;
  int64_t right = 0;
  for (int64_t i = 0; i < samples; ++i) {
    const int8_t* scores = output.as<int8_t>() + i * classes;
    right += std::max_element(scores, scores + classes) - scores == labels[i] ? 1 : 0;
  }
  return right;
}

/// The bytes of an IDX file (http://yann.lecun.com/exdb/mnist), unzipped, without its header.
std::string idx_bytes(const std::string& path, size_t header) {
  const Result<ProcessResult> unzipped = run_process({"gzip", "-dc", path});
  TANDEM_CHECK(unzipped.ok() && unzipped->exit_code == 0, path);
  return unzipped->output.substr(header);
}

class Mnist : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (access(shared_data_path("models/README.md").c_str(), R_OK) != 0) GTEST_SKIP() << "../shared/models is absent";
  }
  static graph::Graph graph() {
    return graph::import_onnx(shared_data_path("models/onnx/mnist8_int8_pow2_qop.onnx")).value();
  }
  static Tensor reference(const std::string& file) {
    return read_npy(shared_data_path("models/ref/mnist8_int8_pow2/" + file)).value();
  }
};

TEST_P(Mnist, AllReferenceSamplesAreExact) {
  EXPECT_EQ(run_on(GetParam(), graph(), reference("input.npy")).output, reference("out_single_round.npy"));
}
INSTANTIATE_TEST_SUITE_P(Targets, Mnist, testing::Values("functional", "cpu"));

using MnistRtl = Mnist;
TEST_P(MnistRtl, TwentyReferenceSamplesAreExact) {
  const ModelRun result = run_on(GetParam(), graph(), slice_first_axis(reference("input.npy"), 0, 20));
  EXPECT_EQ(result.output, slice_first_axis(reference("out_single_round.npy"), 0, 20));
  uint64_t cycles = 0;
  for (const LayerCost& layer : result.layers) {
    EXPECT_GT(layer.cycles, 0u);
    cycles += layer.cycles;
  }
  EXPECT_EQ(cycles, result.cycles) << "the layers' cycles sum to the run's";
}
INSTANTIATE_TEST_SUITE_P(Targets, MnistRtl, testing::Values("rtl"));

using MnistAccuracy = Mnist;
TEST_P(MnistAccuracy, OnTheFirstTestImages) {
  const std::string pixels = idx_bytes(shared_data_path("models/eval/mnist/t10k-images-idx3-ubyte.gz"), 16);
  const std::string labels = idx_bytes(shared_data_path("models/eval/mnist/t10k-labels-idx1-ubyte.gz"), 8);
  Tensor input(DType::kF32, {2000, 1, 28, 28});  // the model's scale of 2 halves it, rounding half to even
  for (int64_t i = 0; i < input.size(); ++i) {
    input.as<float>()[i] = static_cast<float>(static_cast<uint8_t>(pixels[static_cast<size_t>(i)]));
  }
  const ModelRun result = run_on(GetParam(), graph(), input);
  EXPECT_EQ(right_answers(result.output, reinterpret_cast<const uint8_t*>(labels.data())), 1966) << "98.3 %";
}

INSTANTIATE_TEST_SUITE_P(Targets, MnistAccuracy, testing::Values("functional"));

TEST(Digits, SameBitsAndAccuracyEverywhere) {
  const graph::Graph graph = graph::import_onnx(checkout_path("models/digits/digits.onnx")).value();
  const Tensor images = read_npy(checkout_path("models/digits/test_images.npy")).value();
  const Tensor labels = read_npy(checkout_path("models/digits/test_labels.npy")).value();
  const Tensor expected = read_npy(checkout_path("models/digits/expected.npy")).value();
  for (const char* name : {"functional", "cpu", "rtl"}) {
    const ModelRun result = run_on(name, graph, images);
    EXPECT_EQ(result.output, expected) << name;
    EXPECT_EQ(right_answers(result.output, labels.as<uint8_t>()), 357) << name << ": 99.2 % of 360";
  }
}

}  // namespace
}  // namespace tandem::runtime
