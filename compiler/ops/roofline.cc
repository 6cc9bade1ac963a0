// The lower bound on an operator's cycles: the design's Roofline.
#include <algorithm>

#include "compiler/ops/depthwise_plan.h"
#include "compiler/ops/template.h"

namespace tandem::ops {
namespace {

int64_t blocks(int64_t count, int64_t block) { return (count + block - 1) / block; }

/// Rows of the input that some window touches.
int64_t touched_rows(int64_t h, int64_t out_h, int64_t kernel, int64_t dilation, int64_t stride, int64_t pad) {
  std::vector<bool> touched(static_cast<size_t>(h), false);
  for (int64_t p = 0; p < out_h; ++p) {
    for (int64_t r = 0; r < kernel; ++r) {
      const int64_t row = p * stride - pad + r * dilation;
      if (row >= 0 && row < h) touched[static_cast<size_t>(row)] = true;
    }
  }
  return std::count(touched.begin(), touched.end(), true);
}

int64_t elements(int64_t n, int64_t c, int64_t h, int64_t w, int64_t batch, int64_t block) {
  return blocks(n, batch) * blocks(c, block) * h * w;
}

struct Roofline {
  int64_t uops = 0, read_bytes = 0, write_bytes = 0;
};

Roofline roofline(const Operator& op, const isa::HwConfig& hw) {
  using isa::Memory;
  Roofline r;
  if (const auto* o = std::get_if<Conv2d>(&op)) {
    const int64_t taps = o->kernel_h * o->kernel_w;
    const int64_t out = elements(o->n, o->o, o->out_h(), o->out_w(), hw.batch, hw.block_out);
    const int64_t rows = touched_rows(o->h, o->out_h(), o->kernel_h, o->dilation_h, o->stride_h, o->pad_top);
    int64_t weights = 0;  // bytes
    if (runs_depthwise(*o, hw)) {
      r.uops = out * taps / hw.depthwise_width();
      weights = blocks(o->o, hw.block_out) * hw.block_out * taps;
    } else {
      const int64_t c = blocks(o->group_c(), hw.block_in);
      r.uops = out * c * taps;
      weights = o->groups * blocks(o->group_o(), hw.block_out) * c * taps * hw.element_bytes(Memory::kWgt);
    }
    const Memory parameters = o->per_channel ? Memory::kPrm : Memory::kAcc;
    r.read_bytes = elements(o->n, o->c, rows, o->w, hw.batch, hw.block_in) * hw.element_bytes(Memory::kInp) + weights +
                   blocks(o->o, hw.block_out) * hw.element_bytes(parameters);
    r.write_bytes = out * hw.element_bytes(Memory::kOut);
  } else if (const auto* sum = std::get_if<AveragePool>(&op)) {
    const int64_t out = elements(sum->n, sum->c, sum->out_h(), sum->out_w(), hw.batch, hw.block_out);
    const int64_t rows = touched_rows(sum->h, sum->out_h(), sum->kernel_h, 1, sum->stride_h, sum->pad_top);
    r.uops = out * sum->kernel_h * sum->kernel_w;
    r.read_bytes = elements(sum->n, sum->c, rows, sum->w, hw.batch, hw.block_in) * hw.element_bytes(Memory::kInp) +
                   blocks(sum->c, hw.block_out) * (hw.block_out + hw.element_bytes(Memory::kPrm));
    r.write_bytes = out * hw.element_bytes(Memory::kOut);
  } else if (const auto* p = std::get_if<MaxPool>(&op)) {
    const int64_t rows = touched_rows(p->h, p->out_h(), p->kernel_h, 1, p->stride_h, p->pad_top);
    r.read_bytes = elements(p->n, p->c, rows, p->w, hw.batch, hw.block_out) * hw.element_bytes(Memory::kAcc8);
    r.write_bytes =
        elements(p->n, p->c, p->out_h(), p->out_w(), hw.batch, hw.block_out) * hw.element_bytes(Memory::kOut);
  } else if (const auto* a = std::get_if<Add>(&op)) {
    r.write_bytes = elements(a->n, a->c, a->h, a->w, hw.batch, hw.block_out) * hw.element_bytes(Memory::kOut);
    r.read_bytes = 2 * r.write_bytes;
  } else if (const auto* clip = std::get_if<Clip>(&op)) {
    const auto& x = *clip;
    r.read_bytes = r.write_bytes =
        elements(x.n, x.c, x.h, x.w, hw.batch, hw.block_out) * hw.element_bytes(Memory::kOut);
  }
  return r;
}

}  // namespace

int64_t roofline_cycles(const Operator& op, const isa::HwConfig& hardware) {
  const Roofline r = roofline(op, hardware);
  const auto beats = [&](int64_t bytes) { return blocks(bytes, hardware.bus_bytes); };
  return std::max({r.uops, beats(r.read_bytes), beats(r.write_bytes)});
}

}  // namespace tandem::ops
