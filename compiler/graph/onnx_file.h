// The contents of an ONNX file as plain values, so that one translation unit alone sees protobuf. No interpretation of
// operators.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "support/result.h"
#include "support/tensor.h"

namespace tandem::graph {

using OnnxAttribute = std::variant<int64_t, double, std::string, std::vector<int64_t>, Tensor>;

struct OnnxNode {
  std::string name;  // of the node, or where it has none, of its first output
  std::string domain;
  std::string op_type;
  std::vector<std::string> inputs;  // "" where an optional input is left out
  std::vector<std::string> outputs;
  std::map<std::string, OnnxAttribute> attributes;  // those of other types are in `unread_attributes`
  std::vector<std::string> unread_attributes;
};

struct OnnxValue {
  std::string name;
  std::string type;           // as ONNX names it: "INT8", "FLOAT"
  std::vector<int64_t> dims;  // -1 where symbolic or not given
  bool has_shape = false;
};

struct OnnxModel {
  std::string graph_name;
  std::vector<OnnxNode> nodes;  // in the file's order, which ONNX requires to be topological
  std::map<std::string, Tensor> constants;
  std::map<std::string, std::string> unread_constants;  // name -> why: a type that Tensor has not, data in another file
  std::vector<OnnxValue> inputs;                        // without those that are initializers
  std::vector<OnnxValue> outputs;
};

/// Errors: the file cannot be read, is cut short or damaged, is no ONNX model.
Result<OnnxModel> read_onnx(const std::string& path);

}  // namespace tandem::graph
