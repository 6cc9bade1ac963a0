// One declaration for many intrinsics: `for_each` ranges over a table, and $words in the text stand for its entries.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"

namespace tandem::tensorize {

/// The texts of all members of a family, line for line as long as `text`; `text` alone where it is no family.
///
///     for_each: {alu_operation: {extended: false, operands: [a, b]}}
///
/// ranges over the ALU operations of isa.yaml that are (not) extended and use exactly these operands. `$name` is the
/// operation's name, `$value(x, y)` its expression with x for a, y for b, z for c.
Result<std::vector<std::string>> expand_family(const std::string& text, const std::string& file);

}  // namespace tandem::tensorize
