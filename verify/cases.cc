#include "verify/cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "compiler/loop/interpreter.h"

namespace tandem::verify {
namespace {

/// How the values of one operand are drawn.
enum class Style { kZero, kEdges, kSmall, kRandom, kOneHot, kMixed };

int64_t wrap(loop::Type type, int64_t value) {
  switch (type) {
    case loop::Type::kBool:
      return value & 1;
    case loop::Type::kI8:
      return static_cast<int8_t>(value);
    case loop::Type::kI32:
      return static_cast<int32_t>(value);
    default:
      return value;
  }
}

int64_t float_bits(float value) {
  int32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// Floats are finite and of moderate size: what rounds is compared, what overflows need not be.
int64_t draw_float(Style style, Rng& rng) {
  if (style == Style::kSmall) return float_bits(static_cast<float>(rng.uniform(-9, 9)));
  return float_bits(static_cast<float>((rng.real() - 0.5) * 1000));
}

int64_t draw(loop::Type type, Style style, Rng& rng) {
  if (style == Style::kMixed) style = static_cast<Style>(rng.uniform(1, 3));
  if (style == Style::kZero) return 0;
  if (type == loop::Type::kF32) return draw_float(style, rng);
  if (style == Style::kSmall) return wrap(type, rng.uniform(-40, 40));
  if (style == Style::kRandom) return wrap(type, static_cast<int64_t>(rng.next()));
  if (type == loop::Type::kI8) return rng.pick(std::vector<int64_t>{-128, -127, -1, 0, 1, 64, 126, 127});
  static const std::vector<int64_t> edges = {INT32_MIN, INT32_MIN + 1,
                                             -65536,    -32769,
                                             -32768,    -129,
                                             -128,      -33,
                                             -32,       -31,
                                             -1,        0,
                                             1,         2,
                                             30,        31,
                                             32,        33,
                                             127,       128,
                                             32767,     32768,
                                             65535,     65536,
                                             1 << 30,   INT32_MAX - 1,
                                             INT32_MAX};
  return rng.pick(edges);
}

std::vector<int64_t> draw_operand(const loop::Buffer& buffer, Style style, Rng& rng) {
  std::vector<int64_t> values(static_cast<size_t>(element_count(buffer.shape)), 0);
  if (style == Style::kOneHot) {
    values[static_cast<size_t>(rng.uniform(0, static_cast<int64_t>(values.size()) - 1))] =
        draw(buffer.type, Style::kMixed, rng);
    return values;
  }
  for (int64_t& value : values) value = draw(buffer.type, style, rng);
  return values;
}

int64_t into(int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return value;
  const uint64_t range = static_cast<uint64_t>(high - low) + 1;
  return low + static_cast<int64_t>(static_cast<uint64_t>(value - low) % range);
}

}  // namespace

void keep_given(const tensorize::IntrinsicDeclaration& declaration, Case& values) {
  for (size_t i = 0; i < values.scalars.size(); ++i) {
    const auto range = declaration.scalar_ranges.find(i);
    if (range != declaration.scalar_ranges.end())
      values.scalars[i] = into(values.scalars[i], range->second.first, range->second.second);
  }
  for (const tensorize::ValueRange& given : declaration.given) {
    const int64_t words = declaration.pattern.params[given.param].buffer->shape.back();
    std::vector<int64_t>& operand = values.operands[given.param];
    for (size_t i = 0; i < operand.size(); ++i) {
      if (static_cast<int64_t>(i) % words != given.word) continue;
      if (given.byte < 0) {
        operand[i] = into(operand[i], given.low, given.high);
        continue;
      }
      const int shift = 8 * given.byte;
      const auto byte = static_cast<int8_t>(operand[i] >> shift);
      const auto kept = static_cast<uint8_t>(into(byte, given.low, given.high));
      const auto others = static_cast<uint32_t>(operand[i]) & ~(uint32_t{0xff} << shift);
      operand[i] = static_cast<int32_t>(others | (uint32_t{kept} << shift));
    }
  }
}

std::vector<Case> make_cases(const tensorize::IntrinsicDeclaration& declaration, int count, Rng& rng) {
  constexpr int kRun = 4;
  const std::vector<Style> styles = {Style::kEdges, Style::kSmall, Style::kRandom, Style::kOneHot, Style::kMixed};
  std::vector<Case> cases;
  for (int i = 0; i < count; ++i) {
    Case values;
    for (const loop::Param& param : declaration.pattern.params) {
      const Style style = i == 0 ? Style::kZero : rng.pick(styles);
      values.operands.push_back(draw_operand(*param.buffer, style, rng));
    }
    if (i % kRun != 0) {
      values.scalars = cases.back().scalars;
    } else {
      for (const loop::VarRef& scalar : declaration.pattern.scalars)
        values.scalars.push_back(draw(scalar->type, i == 0 ? Style::kZero : Style::kMixed, rng));
    }
    keep_given(declaration, values);
    cases.push_back(std::move(values));
  }
  return cases;
}

Tensor to_tensor(const loop::Buffer& buffer, const std::vector<int64_t>& values) {
  Tensor tensor(loop::tensor_type(buffer.type), buffer.shape);
  const auto bytes = static_cast<size_t>(size_bytes(tensor.type));
  for (size_t i = 0; i < values.size(); ++i) std::memcpy(tensor.data.data() + i * bytes, &values[i], bytes);
  return tensor;
}

std::vector<int64_t> from_tensor(const loop::Buffer& buffer, const Tensor& tensor) {
  std::vector<int64_t> values(static_cast<size_t>(tensor.size()));
  const auto bytes = static_cast<size_t>(size_bytes(tensor.type));
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t value = 0;
    std::memcpy(&value, tensor.data.data() + i * bytes, bytes);
    values[i] = wrap(buffer.type == loop::Type::kF32 ? loop::Type::kI32 : buffer.type, value);
  }
  return values;
}

Result<std::vector<Values>> interpret(const tensorize::IntrinsicDeclaration& declaration,
                                      const std::vector<Case>& cases) {
  const loop::Kernel& pattern = declaration.pattern;
  std::vector<Values> results;
  for (const Case& values : cases) {
    std::map<std::string, Tensor> buffers;
    for (size_t i = 0; i < pattern.params.size(); ++i) {
      const loop::Buffer& buffer = *pattern.params[i].buffer;
      buffers.emplace(buffer.name, to_tensor(buffer, values.operands[i]));
    }
    std::map<std::string, int64_t> scalars;
    for (size_t i = 0; i < pattern.scalars.size(); ++i) scalars[pattern.scalars[i]->name] = values.scalars[i];
    TANDEM_TRY(loop::interpret(pattern, buffers, scalars));
    Values result;
    for (const loop::Param& param : pattern.params)
      result.push_back(from_tensor(*param.buffer, buffers.at(param.buffer->name)));
    results.push_back(std::move(result));
  }
  return results;
}

std::string place_name(const loop::Buffer& buffer, size_t position) {
  std::string indices;
  auto rest = static_cast<int64_t>(position);
  for (size_t axis = buffer.shape.size(); axis-- > 0;) {
    indices = std::to_string(rest % buffer.shape[axis]) + (indices.empty() ? "" : ", ") + indices;
    rest /= buffer.shape[axis];
  }
  return fmt::format("{}[{}]", buffer.name, indices);
}

std::string value_text(loop::Type type, int64_t value) {
  if (type != loop::Type::kF32) return std::to_string(value);
  const auto bits = static_cast<int32_t>(value);
  float number = 0;
  std::memcpy(&number, &bits, sizeof number);
  return fmt::format("{}", number);
}

}  // namespace tandem::verify
