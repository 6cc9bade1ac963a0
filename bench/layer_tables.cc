#include "bench/layer_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "support/environment.h"
#include "support/file.h"

namespace tandem::bench {
namespace {

/// TensorFlow's SAME: what is odd of the padding comes after.
void pad_same(int64_t size, int64_t out, int64_t kernel, int64_t stride, int64_t& before, int64_t& after) {
  const int64_t all = std::max<int64_t>(0, (out - 1) * stride + kernel - size);
  before = all / 2;
  after = all - before;
}

ops::Conv2d conv_of(const nlohmann::json& row) {
  ops::Conv2d op;
  op.c = row.at("ic");
  op.o = row.at("oc");
  op.per_channel = ops::Rounding::kTflite;
  if (row.at("op") == "fc") return op;
  op.h = row.at("ih");
  op.w = row.at("iw");
  op.kernel_h = row.at("kh");
  op.kernel_w = row.at("kw");
  op.stride_h = op.stride_w = row.at("stride");
  if (row.at("op") == "dwconv") op.groups = op.c;
  const nlohmann::json pad = row.value("pad", nlohmann::json());
  if (pad.is_array()) {
    op.pad_top = pad[0];
    op.pad_left = pad[1];
    op.pad_bottom = pad[2];
    op.pad_right = pad[3];
  } else if (pad.is_number()) {
    op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = pad;
  } else {
    pad_same(op.h, row.at("oh"), op.kernel_h, op.stride_h, op.pad_top, op.pad_bottom);
    pad_same(op.w, row.at("ow"), op.kernel_w, op.stride_w, op.pad_left, op.pad_right);
  }
  op.pad_value = -12;  // a zero point
  return op;
}

std::string shape_name(const ops::Conv2d& op) {
  if (op.h == 1 && op.kernel_h == 1) return fmt::format("dense_{}_{}", op.c, op.o);
  return fmt::format("{}x{}_{}_{}_{}x{}{}{}", op.h, op.w, op.c, op.o, op.kernel_h, op.kernel_w,
                     op.stride_h > 1 ? fmt::format("s{}", op.stride_h) : "", op.groups > 1 ? "_depthwise" : "");
}

Result<void> add_table(const char* network, const char* file, std::vector<TableLayer>& layers) {
  const std::string path = shared_data_path(std::string("models/tables/") + file);
  TANDEM_ASSIGN(const std::string text, read_text_file(path));
  const auto bad = [&](const std::string& what) {
    return Diagnostic{{path, 0, 0}, "no table of layers: " + what, {}, ""};
  };
  try {
    const nlohmann::json table = nlohmann::json::parse(text);
    bool is_first = true;
    for (const nlohmann::json& row : table.at("layers")) {
      const ops::Conv2d op = conv_of(row);
      if (op.out_h() != row.value("oh", int64_t{1}) || op.out_w() != row.value("ow", int64_t{1}))
        return bad("the output's size does not follow from the others: " + row.dump());
      const bool counts = std::string(network) == "resnet18" && !is_first && row.at("op") == "conv";
      const auto known = std::find_if(layers.begin(), layers.end(),
                                      [&](const TableLayer& l) { return ops::key(l.op) == ops::key(op); });
      if (known != layers.end()) {
        known->resnet18_count += counts ? 1 : 0;
      } else {
        layers.push_back({fmt::format("{}.{}", network, shape_name(op)), op, counts ? 1 : 0, is_first});
      }
      is_first = false;
    }
  } catch (const nlohmann::json::exception& error) {
    return bad(error.what());
  }
  return {};
}

}  // namespace

Result<std::vector<TableLayer>> load_layer_tables() {
  std::vector<TableLayer> layers;
  TANDEM_TRY(add_table("resnet18", "resnet18_224.json", layers));
  TANDEM_TRY(add_table("mobilenet_v1", "mobilenet_v1_1.0_224.json", layers));
  TANDEM_TRY(add_table("resnet50", "resnet50_v1_224.json", layers));
  return layers;
}

}  // namespace tandem::bench
