// A value or the Diagnostic that says why there is none. For user mistakes; bugs are TANDEM_CHECKs.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "support/check.h"
#include "support/diagnostic.h"

namespace tandem {

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Diagnostic error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// The value; a bug to call on an error.
  const T& value() const& {
    TANDEM_CHECK(ok(), render(std::get<1>(state_)));
    return std::get<0>(state_);
  }
  T& value() & {
    TANDEM_CHECK(ok(), render(std::get<1>(state_)));
    return std::get<0>(state_);
  }
  T&& value() && {
    TANDEM_CHECK(ok(), render(std::get<1>(state_)));
    return std::get<0>(std::move(state_));
  }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  /// The reason; a bug to call on a value.
  const Diagnostic& error() const {
    TANDEM_CHECK(!ok(), "error() of a Result that holds a value");
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Diagnostic> state_;
};

/// Success without a value, or the reason for failure: `return {};` is success.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Diagnostic error) : error_(std::move(error)) {}
  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Diagnostic& error() const {
    TANDEM_CHECK(!ok(), "error() of a successful Result");
    return *error_;
  }

 private:
  std::optional<Diagnostic> error_;
};

#define TANDEM_CONCAT_INNER(a, b) a##b
#define TANDEM_CONCAT(a, b) TANDEM_CONCAT_INNER(a, b)

/// `TANDEM_TRY(expr)` returns the error of a Result from the enclosing function, or goes on.
#define TANDEM_TRY(expr)                                                                \
  do {                                                                                  \
    if (auto tandem_result = (expr); !tandem_result.ok()) return tandem_result.error(); \
  } while (false)

/// `TANDEM_ASSIGN(auto x, expr)` binds the value of a Result, or returns its error from the enclosing function.
#define TANDEM_ASSIGN(declaration, expr) TANDEM_ASSIGN_INNER(TANDEM_CONCAT(tandem_result_, __LINE__), declaration, expr)
#define TANDEM_ASSIGN_INNER(result, declaration, expr) \
  auto result = (expr);                                \
  if (!result.ok()) return result.error();             \
  declaration = std::move(result).value()

}  // namespace tandem
