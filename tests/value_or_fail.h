// A result's value in a test; where there is none, the test fails with the whole diagnostic and its process goes on.
#pragma once

#include <stdexcept>
#include <utility>

#include "support/result.h"

namespace tandem {

/// GoogleTest turns the exception into a failure of the one test that asked.
template <typename T>
T value_or_fail(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(render(result.error()));
  return std::move(result).value();
}

}  // namespace tandem
