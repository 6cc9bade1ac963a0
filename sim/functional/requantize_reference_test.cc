// REQUANTIZE against TFLite: the accumulators of a real model's first sample, layer by layer, must give the tensors
// that TFLite-Micro computed (../shared/models).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "isa/assembly.h"
#include "sim/functional/machine.h"
#include "support/environment.h"
#include "support/tensor.h"
#include "support/yaml.h"

namespace tandem::sim {
namespace {

struct Layer {
  int64_t index = 0;
  int64_t out_tensor = 0;
  int64_t zero_point = 0;
  int64_t lo = -128, hi = 127;
  std::vector<int64_t> multiplier, shift;  // per channel, or one for all
};

std::vector<int64_t> integers(const YamlNode& node, const std::string& key) {
  std::vector<int64_t> values;
  for (const YamlNode& item : node.at(key).value().items()) values.push_back(item.integer().value());
  return values;
}

/// The layers that have multipliers.
std::vector<Layer> layers_of(const std::string& model) {
  std::vector<Layer> layers;
  const YamlNode root = YamlNode::load(shared_data_path("models/layers/" + model + ".json")).value();
  for (const YamlNode& node : root.at("layers").value().items()) {
    if (!node.has("mult_i32")) continue;
    Layer layer;
    layer.index = node.at("idx").value().integer().value();
    layer.out_tensor = node.at("out_tensor").value().integer().value();
    layer.zero_point = node.at("out_zp").value().integer().value();
    const std::vector<int64_t> clamp = integers(node, "clamp");
    layer.lo = clamp.at(0);
    layer.hi = clamp.at(1);
    layer.multiplier = integers(node, "mult_i32");
    layer.shift = integers(node, "shift");
    layers.push_back(layer);
  }
  return layers;
}

void put(Bytes& dram, size_t address, int64_t value, size_t size) {
  for (size_t byte = 0; byte < size; ++byte) {
    dram[address + byte] = static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * byte));
  }
}

/// A layer's accumulators, [pixel][channel], through LOAD, REQUANTIZE and STORE, a block of channels at a time.
std::vector<int8_t> requantized(const Layer& layer, const std::vector<int32_t>& acc, size_t channels) {
  const isa::HwConfig hardware;
  const auto block = static_cast<size_t>(hardware.block_out);
  const size_t pixels = acc.size() / channels;
  constexpr size_t kPrm = 0x100000, kOut = 0x200000;
  Bytes dram(0x300000);
  Machine machine(hardware, {dram.data(), dram.size()});
  const isa::Codec codec(hardware);
  const auto run = [&](const std::string& text) {
    const auto failure = machine.execute(isa::parse_instruction(codec, text, {}).value());
    EXPECT_FALSE(failure.has_value()) << failure->what;
  };
  std::vector<int8_t> result(acc.size());
  for (size_t first = 0; first < channels; first += block) {
    const size_t count = std::min(block, channels - first);
    for (size_t lane = 0; lane < count; ++lane) {
      const size_t channel = layer.multiplier.size() == 1 ? 0 : first + lane;
      const int64_t shift = layer.shift[channel];
      put(dram, kPrm + 16 * lane + 4, layer.multiplier[channel], 4);
      put(dram, kPrm + 16 * lane + 8, std::max<int64_t>(shift, 0), 1);
      put(dram, kPrm + 16 * lane + 9, std::max<int64_t>(-shift, 0), 1);
      put(dram, kPrm + 16 * lane + 12, layer.zero_point, 1);
      put(dram, kPrm + 16 * lane + 13, layer.lo, 1);
      put(dram, kPrm + 16 * lane + 14, layer.hi, 1);
      for (size_t pixel = 0; pixel < pixels; ++pixel) {
        put(dram, 4 * (pixel * block + lane), acc[pixel * channels + first + lane], 4);
      }
    }
    run(fmt::format("load prm sram=3 dram={} y=1 x=1 stride=1", kPrm / (16 * block)));
    run(fmt::format("load acc sram=0 dram=0 y=1 x={} stride=1", pixels));
    run(fmt::format("requantize tflite iter=(1,{}) dst=0+(0,1) src=0+(0,1) prm=3+0", pixels));
    run(fmt::format("store out sram=0 dram={} y=1 x={} stride=1", kOut / block, pixels));
    for (size_t pixel = 0; pixel < pixels; ++pixel) {
      for (size_t lane = 0; lane < count; ++lane) {
        result[pixel * channels + first + lane] = static_cast<int8_t>(dram[kOut + pixel * block + lane]);
      }
    }
  }
  return result;
}

template <typename T>
std::vector<T> values_of(const Tensor& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::copy_n(tensor.data.data(), tensor.data.size(), reinterpret_cast<uint8_t*>(values.data()));
  return values;
}

TEST(RequantizeReference, ResNet8LayersEqualTfliteMicro) {
  const std::string trace = shared_data_path("models/ref/resnet8_cifar10/trace/");
  if (!std::filesystem::exists(trace)) GTEST_SKIP() << "no shared models at " << trace;
  int layers = 0;
  for (const Layer& layer : layers_of("resnet8_cifar10")) {
    const std::string path = trace + fmt::format("acc{}.npy", layer.index);
    if (!std::filesystem::exists(path)) continue;
    const Tensor acc = read_npy(path).value();
    const Tensor expected = read_npy(trace + fmt::format("t{}.npy", layer.out_tensor)).value();
    ASSERT_EQ(acc.type, DType::kI32);
    ASSERT_EQ(expected.type, DType::kI8);
    const auto channels = static_cast<size_t>(acc.shape.back());
    EXPECT_EQ(requantized(layer, values_of<int32_t>(acc), channels), values_of<int8_t>(expected)) << layer.index;
    ++layers;
  }
  EXPECT_EQ(layers, 10);
}

}  // namespace
}  // namespace tandem::sim
