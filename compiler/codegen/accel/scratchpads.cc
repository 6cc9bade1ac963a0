#include "compiler/codegen/accel/scratchpads.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/instruction.h"
#include "support/check.h"

namespace tandem::codegen {
namespace {

/// Scopes have the names of memories; their buffers hold one type.
struct Scope {
  isa::Memory memory;
  loop::Type type;
};
constexpr Scope kScopes[] = {{isa::Memory::kInp, loop::Type::kI8},
                             {isa::Memory::kWgt, loop::Type::kI8},
                             {isa::Memory::kAcc, loop::Type::kI32},
                             {isa::Memory::kOut, loop::Type::kI8},
                             {isa::Memory::kPrm, loop::Type::kI32}};

int64_t values_of(const isa::HwConfig& hardware, const Scope& scope) {
  return hardware.element_bytes(scope.memory) / (scope.type == loop::Type::kI32 ? 4 : 1);
}

}  // namespace

int64_t Scratchpads::lanes(const isa::HwConfig& hardware, const std::string& scope) {
  for (const Scope& known : kScopes) {
    if (scope == isa::info(known.memory).name) return values_of(hardware, known);
  }
  return 1;
}

Result<void> Scratchpads::allocate(const loop::BufferRef& buffer, const Shape& shape) {
  std::vector<std::string> scopes;
  const Scope* scope = nullptr;
  for (const Scope& known : kScopes) {
    scopes.emplace_back(isa::info(known.memory).name);
    if (buffer->scope == scopes.back()) scope = &known;
  }
  if (scope == nullptr) {
    return Diagnostic{
        {},
        fmt::format("buffer '{}' is in scope '{}', which the accelerator does not have", buffer->name, buffer->scope),
        scopes,
        "stage it into one of its scratchpads"};
  }
  const isa::Memory memory = scope->memory;
  if (buffer->type != scope->type) {
    return Diagnostic{{},
                      fmt::format("buffer '{}' is {} in scope '{}', whose lanes are {}", buffer->name,
                                  loop::name(buffer->type), buffer->scope, loop::name(scope->type)),
                      {},
                      ""};
  }
  const int64_t lanes = values_of(hardware_, *scope), count = element_count(buffer->shape);
  if (count % lanes != 0) {
    return Diagnostic{{},
                      fmt::format("buffer '{}' {} is not made of whole elements of '{}', which have {} lanes",
                                  buffer->name, to_string(buffer->shape), buffer->scope, lanes),
                      {},
                      fmt::format("pack it so that its last axes make {}", lanes)};
  }
  Stack& stack = stacks_[memory];
  const int64_t depth = hardware_.depth(memory), used = element_count(shape) / lanes;
  History& history = histories_[buffer];
  history.largest = std::max(history.largest, used);
  const int64_t reserved = buffer->copies * history.largest;
  if (stack.used + reserved > depth) {
    std::string live;
    for (const loop::BufferRef& other : stack.live) {
      live += fmt::format("{}'{}' ({})", live.empty() ? "" : ", ", other->name, places_.at(other).reserved);
    }
    return Diagnostic{{},
                      fmt::format("buffer '{}' needs {} elements of '{}', which has {} ({} bytes); {}", buffer->name,
                                  reserved, buffer->scope, depth, depth * hardware_.element_bytes(memory),
                                  live.empty() ? "nothing else lives there" : "there live already: " + live),
                      {},
                      "choose smaller tiles"};
  }
  const int64_t base = stack.used + history.allocations++ % buffer->copies * history.largest;
  places_[buffer] = {memory, base, used, lanes, shape, reserved};
  stack.written.resize(static_cast<size_t>(depth), false);
  std::fill_n(stack.written.begin() + base, used, false);
  stack.used += reserved;
  stack.live.push_back(buffer);
  return {};
}

void Scratchpads::release(const loop::BufferRef& buffer) {
  const Place& place = places_.at(buffer);
  Stack& stack = stacks_[place.memory];
  TANDEM_CHECK(!stack.live.empty() && stack.live.back() == buffer, "lifetimes are nested");
  stack.live.pop_back();
  stack.used -= place.reserved;
  places_.erase(buffer);
}

const Place* Scratchpads::find(const loop::BufferRef& buffer) const {
  const auto found = places_.find(buffer);
  return found == places_.end() ? nullptr : &found->second;
}

bool Scratchpads::is_fresh(const loop::BufferRef& buffer) const {
  const Place* place = find(buffer);
  if (place == nullptr) return false;
  const auto first = stacks_.at(place->memory).written.begin() + place->base;
  return std::none_of(first, first + place->elements, [](bool written) { return written; });
}

void Scratchpads::mark_written(isa::Memory memory, const std::vector<Run>& runs) {
  std::vector<bool>& written = stacks_[memory].written;
  for (const Run& run : runs) std::fill(written.begin() + run.begin, written.begin() + run.end, true);
}

void Scratchpads::mark_unwritten(isa::Memory memory, const std::vector<Run>& runs) {
  std::vector<bool>& written = stacks_[memory].written;
  const auto size = static_cast<int64_t>(written.size());
  for (const Run& run : runs) {
    std::fill(written.begin() + std::min(run.begin, size), written.begin() + std::min(run.end, size), false);
  }
}

int64_t Scratchpads::first_unwritten(isa::Memory memory, const std::vector<Run>& runs) const {
  const std::vector<bool>& written = stacks_.at(memory).written;
  for (const Run& run : runs) {
    for (int64_t i = run.begin; i < run.end; ++i) {
      if (!written[static_cast<size_t>(i)]) return i;
    }
  }
  return -1;
}

}  // namespace tandem::codegen
