#include "bench/model_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/graph/import_onnx.h"
#include "support/environment.h"
#include "support/process.h"

namespace tandem::bench {
namespace {

/// The first `size` bytes behind the header of a zipped IDX file (http://yann.lecun.com/exdb/mnist).
Result<std::string> idx_bytes(const std::string& name, size_t header, int64_t size) {
  const std::string path = shared_data_path("models/eval/mnist/" + name);
  TANDEM_ASSIGN(const ProcessResult unzipped, run_process({"gzip", "-dc", path}));
  if (unzipped.exit_code != 0 || unzipped.output.size() < header + static_cast<size_t>(size)) {
    return Diagnostic{{path}, "this is no IDX file with as many samples", {}, ""};
  }
  return unzipped.output.substr(header, static_cast<size_t>(size));
}

Result<graph::Graph> mnist_graph(const std::string& form) {
  return graph::import_onnx(shared_data_path("models/onnx/mnist8_int8_pow2_" + form + ".onnx"));
}

Tensor nchw(const Tensor& nhwc) {
  const Shape& s = nhwc.shape;
  Tensor result(nhwc.type, {s[0], s[3], s[1], s[2]});
  const int64_t pixels = s[1] * s[2], channels = s[3];
  for (int64_t n = 0; n < s[0]; ++n) {
    for (int64_t pixel = 0; pixel < pixels; ++pixel) {
      for (int64_t c = 0; c < channels; ++c) {
        result.as<int8_t>()[(n * channels + c) * pixels + pixel] =
            nhwc.as<int8_t>()[(n * pixels + pixel) * channels + c];
      }
    }
  }
  return result;
}

}  // namespace

const std::vector<Published>& published_models() {
  using ops::Rounding;
  static const std::vector<Published> kModels = {
      {"resnet8_cifar10", Rounding::kTflite, "trace/t36.npy", true},
      {"dscnn_kws", Rounding::kTflite, "trace/t33.npy", true},
      {"mobilenetv1_025_vww", Rounding::kTflite, "trace/t87.npy", true},
      {"autoencoder_ad", Rounding::kTflite, "out_tflite.npy", false},
      {"autoencoder_ad", Rounding::kSingle, "out_single_round.npy", false},
      {"mnist8_int8_asym", Rounding::kTflite, "out_tflite.npy", false},
      {"mnist8_int8_asym", Rounding::kSingle, "out_single_round.npy", false}};
  return kModels;
}

Result<ModelData> load_published(const Published& model, const std::string& form, int64_t samples) {
  const std::string folder = shared_data_path(fmt::format("models/ref/{}/", model.name));
  ModelData data;
  TANDEM_ASSIGN(data.graph, graph::import_onnx(
                                shared_data_path(fmt::format("models/onnx/{}_{}.onnx", model.name, form)), model.rule));
  TANDEM_ASSIGN(const Tensor expected, read_npy(folder + model.expected));
  TANDEM_ASSIGN(const Tensor input, read_npy(folder + "input.npy"));
  const int64_t count = std::min(samples, expected.shape[0]);
  data.expected = slice_first_axis(expected, 0, count);
  data.input = slice_first_axis(model.inputs_are_nhwc ? nchw(input) : input, 0, count);
  return data;
}

Result<ModelData> load_digits() {
  ModelData data;
  TANDEM_ASSIGN(data.graph, graph::import_onnx(checkout_path("models/digits/digits.onnx")));
  TANDEM_ASSIGN(data.input, read_npy(checkout_path("models/digits/test_images.npy")));
  TANDEM_ASSIGN(data.expected, read_npy(checkout_path("models/digits/expected.npy")));
  TANDEM_ASSIGN(data.labels, read_npy(checkout_path("models/digits/test_labels.npy")));
  return data;
}

Result<ModelData> load_mnist(const std::string& form) {
  const std::string folder = shared_data_path("models/ref/mnist8_int8_pow2/");
  ModelData data;
  TANDEM_ASSIGN(data.graph, mnist_graph(form));
  TANDEM_ASSIGN(data.input, read_npy(folder + "input.npy"));
  TANDEM_ASSIGN(data.expected, read_npy(folder + "out_single_round.npy"));
  TANDEM_ASSIGN(data.labels, read_npy(folder + "labels.npy"));
  return data;
}

Result<ModelData> load_mnist_images(int64_t count) {
  ModelData data;
  TANDEM_ASSIGN(data.graph, mnist_graph("qop"));
  TANDEM_ASSIGN(const std::string pixels, idx_bytes("t10k-images-idx3-ubyte.gz", 16, count * 28 * 28));
  TANDEM_ASSIGN(const std::string labels, idx_bytes("t10k-labels-idx1-ubyte.gz", 8, count));
  data.input = Tensor(DType::kF32, {count, 1, 28, 28});  // the model's scale of 2 halves it, rounding half to even
  for (size_t i = 0; i < pixels.size(); ++i) data.input.as<float>()[i] = static_cast<uint8_t>(pixels[i]);
  data.labels = Tensor(DType::kU8, {count});
  data.labels.data.assign(labels.begin(), labels.end());
  return data;
}

}  // namespace tandem::bench
