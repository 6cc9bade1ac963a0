// Who lives where in the scratchpads while a kernel is lowered, and which elements have been written since.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/codegen/accel/step.h"
#include "compiler/loop/ir.h"
#include "isa/hw_config.h"
#include "support/result.h"

namespace tandem::codegen {

/// A buffer of the kernel in a scratchpad.
struct Place {
  isa::Memory memory = isa::Memory::kInp;
  int64_t base = 0;  // elements
  int64_t elements = 0;
  int64_t lanes = 1;     // values of one element
  Shape shape;           // at most the buffer's
  int64_t reserved = 0;  // elements, with all copies
};

/// Lifetimes are those of `Alloc`, hence nested: each scratchpad is a stack.
class Scratchpads {
 public:
  explicit Scratchpads(const isa::HwConfig& hardware) : hardware_(hardware) {}

  /// Values (int8 or int32, as the scope's buffers hold) of one element of a scope; 1 where there is no such
  /// scratchpad.
  static int64_t lanes(const isa::HwConfig& hardware, const std::string& scope);

  /// `shape`, at most the buffer's, is what this allocation uses. A buffer of several copies takes the next one each
  /// time. Errors: an unknown scope, the wrong type, no whole elements, or no room (with the sizes of all that live).
  Result<void> allocate(const loop::BufferRef& buffer, const Shape& shape);
  void release(const loop::BufferRef& buffer);
  /// Null for buffers that live elsewhere.
  const Place* find(const loop::BufferRef& buffer) const;

  /// Whether the buffer lives in a scratchpad and nothing has been written to it since its allocation.
  bool is_fresh(const loop::BufferRef& buffer) const;
  void mark_written(isa::Memory memory, const std::vector<Run>& runs);
  /// What the runs held is lost.
  void mark_unwritten(isa::Memory memory, const std::vector<Run>& runs);
  /// The first element of the runs that nothing has written since its allocation; -1 where all are written.
  int64_t first_unwritten(isa::Memory memory, const std::vector<Run>& runs) const;

 private:
  struct Stack {
    int64_t used = 0;
    std::vector<loop::BufferRef> live;
    std::vector<bool> written;
  };

  const isa::HwConfig& hardware_;
  std::map<isa::Memory, Stack> stacks_;
  std::map<loop::BufferRef, Place> places_;
  struct History {
    int64_t allocations = 0;
    int64_t largest = 0;  // elements: smaller ones keep its room, so that what is allocated after them does not move
  };
  std::map<loop::BufferRef, History> histories_;
};

}  // namespace tandem::codegen
