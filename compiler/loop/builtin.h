// The typed scalar built-ins of isa.yaml seen from the loop IR: their types.
#pragma once

#include "compiler/loop/ir.h"
#include "isa/builtin.h"

namespace tandem::loop {

inline Type type_of(isa::ScalarType type) {
  switch (type) {
    case isa::ScalarType::kI1:
      return Type::kBool;
    case isa::ScalarType::kI8:
      return Type::kI8;
    case isa::ScalarType::kI32:
      return Type::kI32;
    case isa::ScalarType::kI64:
      return Type::kI64;
  }
  return Type::kI64;
}

}  // namespace tandem::loop
