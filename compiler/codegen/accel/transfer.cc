#include "compiler/codegen/accel/transfer.h"

#include <algorithm>

#include "support/check.h"

namespace tandem::codegen {
namespace {

class Builder {
 public:
  explicit Builder(const TransferLimits& limits) : limits_(limits) {}

  void emit(int64_t sram, int64_t dram, std::vector<TransferLoop> loops) {
    TransferLoop x, y;
    x.sram_stride = x.dram_stride = 1;
    if (!loops.empty() && loops.back().sram_stride == 1 && loops.back().dram_stride == 1) {
      x = loops.back();
      loops.pop_back();
    }
    y.sram_stride = x.extent;
    if (!loops.empty() && loops.back().sram_stride == x.extent && loops.back().dram_stride >= 0 &&
        loops.back().dram_stride <= limits_.x_stride) {
      y = loops.back();
      loops.pop_back();
    }
    enumerate(sram, dram, loops, 0, true, x, y);
  }

  std::vector<TransferBlock> take() { return std::move(blocks_); }

 private:
  void enumerate(int64_t sram, int64_t dram, const std::vector<TransferLoop>& loops, size_t depth, bool valid,
                 const TransferLoop& x, const TransferLoop& y) {
    if (depth == loops.size()) {
      if (valid) {
        rows(sram, dram, x, y);
      } else {
        zeros(sram, x.extent * y.extent);
      }
      return;
    }
    const TransferLoop& loop = loops[depth];
    for (int64_t i = 0; i < loop.extent; ++i) {
      enumerate(sram + i * loop.sram_stride, dram + i * loop.dram_stride, loops, depth + 1,
                valid && i >= loop.valid_begin && i < loop.valid_end, x, y);
    }
  }

  void zeros(int64_t sram, int64_t count) {
    for (int64_t done = 0; done < count; done += limits_.y_size) {
      TransferBlock block;
      block.sram_base = sram + done;
      block.y_size = std::min(limits_.y_size, count - done);
      block.zero = true;
      blocks_.push_back(block);
    }
  }

  /// A block of y.extent rows, cut where a field would overflow.
  void rows(int64_t sram, int64_t dram, const TransferLoop& x, const TransferLoop& y) {
    const int64_t row = x.extent;
    if (x.valid_begin >= x.valid_end || y.valid_begin >= y.valid_end) return zeros(sram, row * y.extent);
    const int64_t x_before = x.valid_begin, x_after = x.extent - x.valid_end, x_size = x.valid_end - x.valid_begin;
    const int64_t y_before = std::min(y.valid_begin, limits_.y_pad),
                  y_after = std::min(y.extent - y.valid_end, limits_.y_pad);
    zeros(sram, row * (y.valid_begin - y_before));
    zeros(sram + row * (y.valid_end + y_after), row * (y.extent - y.valid_end - y_after));
    if (x_before > limits_.x_pad || x_after > limits_.x_pad || x_size > limits_.x_size) {
      zeros(sram + row * (y.valid_begin - y_before), row * y_before);
      for (int64_t i = y.valid_begin; i < y.valid_end; ++i) single_row(sram + i * row, dram + i * y.dram_stride, x);
      zeros(sram + row * y.valid_end, row * y_after);
      return;
    }
    for (int64_t first = y.valid_begin; first < y.valid_end; first += limits_.y_size) {
      TransferBlock block;
      block.y_size = std::min(limits_.y_size, y.valid_end - first);
      block.y_pad_0 = first == y.valid_begin ? y_before : 0;
      block.y_pad_1 = first + block.y_size == y.valid_end ? y_after : 0;
      block.sram_base = sram + row * (first - block.y_pad_0);
      block.dram_base = dram + first * y.dram_stride + x.valid_begin * x.dram_stride;
      block.x_size = x_size;
      block.x_stride = block.y_size == 1 ? x_size : y.dram_stride;
      block.x_stride = std::min(block.x_stride, limits_.x_stride);
      block.x_pad_0 = x_before;
      block.x_pad_1 = x_after;
      blocks_.push_back(block);
    }
  }

  void single_row(int64_t sram, int64_t dram, const TransferLoop& x) {
    zeros(sram, x.valid_begin);
    for (int64_t first = x.valid_begin; first < x.valid_end; first += limits_.x_size) {
      TransferBlock block;
      block.x_size = std::min(limits_.x_size, x.valid_end - first);
      block.x_stride = std::min(block.x_size, limits_.x_stride);
      block.sram_base = sram + first;
      block.dram_base = dram + first * x.dram_stride;
      blocks_.push_back(block);
    }
    zeros(sram + x.valid_end, x.extent - x.valid_end);
  }

  TransferLimits limits_;
  std::vector<TransferBlock> blocks_;
};

}  // namespace

std::vector<TransferBlock> transfer_blocks(int64_t sram_base, int64_t dram_base, std::vector<TransferLoop> loops,
                                           const TransferLimits& limits) {
  for (const TransferLoop& loop : loops) {
    if (loop.extent == 0) return {};
    TANDEM_CHECK(loop.extent == 1 || loop.sram_stride > 0, "a copy visits an element of the scratchpad twice");
  }
  // A loop of one iteration only says whether it is a pad.
  bool valid = true;
  std::vector<TransferLoop> kept;
  for (const TransferLoop& loop : loops) {
    if (loop.extent > 1) {
      kept.push_back(loop);
    } else {
      valid = valid && loop.valid_begin <= 0 && loop.valid_end >= 1;
    }
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [](const TransferLoop& a, const TransferLoop& b) { return a.sram_stride > b.sram_stride; });
  if (!valid) {
    for (TransferLoop& loop : kept) loop.valid_end = loop.valid_begin;
    if (kept.empty()) kept.push_back({1, 1, 1, 0, 0});
  }
  // Neighbours without pads that count on are one loop.
  for (size_t i = 0; i + 1 < kept.size();) {
    TransferLoop &outer = kept[i], &inner = kept[i + 1];
    if (!outer.padded() && !inner.padded() && outer.sram_stride == inner.extent * inner.sram_stride &&
        outer.dram_stride == inner.extent * inner.dram_stride) {
      inner.extent *= outer.extent;
      inner.valid_end = inner.extent;
      kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(i));
      if (i > 0) --i;
    } else {
      ++i;
    }
  }
  Builder builder(limits);
  builder.emit(sram_base, dram_base, std::move(kept));
  return builder.take();
}

}  // namespace tandem::codegen
