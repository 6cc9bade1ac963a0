#include "isa/access.h"

namespace tandem::isa {
namespace {

template <typename Move>
DramRange move_range(const HwConfig& config, const Move& move) {
  if (move.x_size == 0 || move.y_size == 0) return {};
  const auto element = static_cast<uint64_t>(config.element_bytes(move.mem_type));
  const uint64_t elements = uint64_t{move.y_size - 1} * move.x_stride + move.x_size;
  return {move.dram_base * element, (move.dram_base + elements) * element};
}

}  // namespace

DramRange dram_range(const HwConfig& config, const Instruction& instruction) {
  if (const auto* load = std::get_if<Load>(&instruction)) return move_range(config, *load);
  if (const auto* store = std::get_if<Store>(&instruction)) return move_range(config, *store);
  return {};
}

SramRange sram_range(const Load& load) {
  if (load.x_size == 0 || load.y_size == 0) return {};
  const int64_t width = int64_t{load.x_pad_0} + load.x_size + load.x_pad_1;
  const int64_t height = int64_t{load.y_pad_0} + load.y_size + load.y_pad_1;
  return {load.sram_base, load.sram_base + width * height};
}

SramRange sram_range(const Store& store) {
  if (store.x_size == 0 || store.y_size == 0) return {};
  return {store.sram_base, store.sram_base + int64_t{store.x_size} * store.y_size};
}

int64_t greatest_index(int64_t base, int64_t iter_out, int64_t factor_out, int64_t iter_in, int64_t factor_in) {
  return base + (iter_out - 1) * factor_out + (iter_in - 1) * factor_in;
}

}  // namespace tandem::isa
