// The models that the benches and tests run whole, with the samples and outputs that they are held against.
#pragma once

#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "support/result.h"
#include "support/tensor.h"

namespace tandem::bench {

struct ModelData {
  graph::Graph graph;
  Tensor input;     // [samples, ...]
  Tensor expected;  // int8 [samples, ...], as another implementation computed it; none where only labels are known
  Tensor labels;    // [samples]
};

/// The shipped digits model with its held-out images.
Result<ModelData> load_digits();

/// mnist8_int8_pow2 of the shared data in the ONNX form "qop" or "qdq", with its reference samples; rule `single`.
Result<ModelData> load_mnist(const std::string& form);

/// The same model with the first `count` of MNIST's test images; without expected outputs.
Result<ModelData> load_mnist_images(int64_t count);

/// A model of MLPerf Tiny, or another int8 model of the shared data with scales and zero points as trained.
struct Published {
  const char* name;
  ops::Rounding rule;
  const char* expected;  // below ref/NAME/: what the reference computes under the rule, of the first sample or of all
  bool inputs_are_nhwc;  // those of the reference; the model's are NCHW
};
/// Where a model ends with a Softmax, `expected` is its operand.
const std::vector<Published>& published_models();
/// In the ONNX form "qop" or "qdq", with at most `samples` reference samples.
Result<ModelData> load_published(const Published& model, const std::string& form, int64_t samples);

}  // namespace tandem::bench
