// A quantised model as a value: int8 tensors, and operators in the order in which they run, with their weights. No
// framework's types.
//
// All arithmetic is on integers. A tensor's scale only says what its integers stand for (real = integer * 2^exponent)
// and takes no part in any computation: importing has folded scales and zero points into shifts or into multipliers,
// under the rounding rule that the graph names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ops/operator.h"
#include "support/result.h"
#include "support/tensor.h"

namespace tandem::graph {

using TensorId = int;  // index into Graph::tensors

/// An activation, int8, in NCHW with N = 1 in an imported graph; a flat vector of F features is [1, F, 1, 1].
struct ActivationTensor {
  std::string name;  // unique
  Shape shape;
  std::optional<int> exponent;  // of a power-of-two scale without zero point, where it has one that is known
};

/// One operator. `weight` (i8) and `bias` (i32; where channels have requantisations of their own, their parameters) are
/// the constants of the operators that have them (`ops::constant_shapes`) and empty otherwise.
struct Layer {
  std::string name;  // unique; where it can be, the name of the model's node
  ops::Operator op;
  std::vector<TensorId> inputs;  // Add: two; the others: one
  TensorId output = -1;
  Tensor weight;
  Tensor bias;
};

/// A tensor that a user gives or gets, in the shape in which the model declares it (element count as the tensor's).
struct Port {
  TensorId tensor = -1;
  Shape shape;
};

struct Graph {
  std::string name;
  std::string rule = "single";  // of rounding (ops::Rounding); requantisations by a shift have `single`
  std::vector<ActivationTensor> tensors;
  std::vector<Layer> layers;  // each after the layers whose outputs it reads
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  std::vector<std::string> notes;  // what importing left out; no part of the text
};

/// The shape that `op` gives, e.g. [1, 16, 8, 8].
Shape output_shape(const ops::Operator& op);
/// The shape of its activation inputs.
Shape input_shape(const ops::Operator& op);

/// The first rule of the comments above that a graph breaks, in words; empty where it is sound.
std::string broken_rule(const Graph& graph);

/// Text that `parse_graph` reads back to an equal graph: the structure first, then the constants in hexadecimal (little
/// endian).
std::string to_text(const Graph& graph);
/// Errors carry line and column. A graph that breaks a rule is an error too.
Result<Graph> parse_graph(const std::string& text, const std::string& file);

bool equal(const Graph& a, const Graph& b);

}  // namespace tandem::graph
