// The scalar built-ins of isa.yaml by name, for interpreters and code generators; isa/builtins.h has them as C++
// functions.
#pragma once

#include <string>
#include <vector>

#include "isa/scalar.h"

namespace tandem::isa {

struct Builtin {
  std::string name;
  ScalarFunction function;  // argument names and types, result type, and the body as a tree that a backend can walk
  std::string expression;   // the body's text
  std::string doc;

  /// The value for arguments in the ranges of their types.
  int64_t operator()(const std::vector<int64_t>& arguments) const { return evaluate(function.body, arguments); }
};

/// In the order of isa.yaml.
const std::vector<Builtin>& builtins();
/// nullptr where there is none of that name.
const Builtin* find_builtin(const std::string& name);

/// The expression of an ALU operation over a and b, and over c where it is extended, all i32.
const Builtin& alu_function(int64_t code);

}  // namespace tandem::isa
