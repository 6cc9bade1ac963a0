// Values for an intrinsic's operands: what a check of its pattern against its emission tries.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/result.h"
#include "support/rng.h"
#include "support/tensor.h"
#include "tensorize/intrinsic.h"

namespace tandem::verify {

/// The values of each operand of a pattern, row-major: integers, and bits of floats (f32).
using Values = std::vector<std::vector<int64_t>>;

struct Case {
  Values operands;               // by the pattern's parameters
  std::vector<int64_t> scalars;  // by its scalars
};

/// Edges of the types and random values in many mixtures; all of `given` and of the scalars' ranges hold. Scalars come
/// in runs of equal ones.
std::vector<Case> make_cases(const tensorize::IntrinsicDeclaration& declaration, int count, Rng& rng);

/// Moves the values of a case into what the declaration gives.
void keep_given(const tensorize::IntrinsicDeclaration& declaration, Case& values);

Tensor to_tensor(const loop::Buffer& buffer, const std::vector<int64_t>& values);
std::vector<int64_t> from_tensor(const loop::Buffer& buffer, const Tensor& tensor);

/// What the pattern makes of the operands of each case, by the interpreter.
Result<std::vector<Values>> interpret(const tensorize::IntrinsicDeclaration& declaration,
                                      const std::vector<Case>& cases);

/// "dst[0, 3]".
std::string place_name(const loop::Buffer& buffer, size_t position);
/// The value as a person reads it: floats as such.
std::string value_text(loop::Type type, int64_t value);

}  // namespace tandem::verify
