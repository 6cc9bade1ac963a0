// Reads the text form of the loop IR, which `to_text` prints.
//
//   kernel conv(x: i8[1, 18, 18], w: i8[3, 3], out y: i8[1, 16, 16], imm: i32) {   // buffers and scalars; `out` marks
//   results
//     alloc acc: i32[16, 16] in acc {                  // type, shape and memory scope ("dram" where none is given);
//                                                      // `times 2` after them: two copies, used in turn
//       for p in 0..16 {                               // also: parallel, vectorized, unrolled, and the axes
//                                                      // of a GPU: block.x, thread.y, ...
//         for q in 0..16 {
//           acc[p, q] = 0;                             // a literal takes the type of its place or of its partner
//           if (p < 8 && q != 3) { acc[p, q] = acc[p, q] + i32(x[0, p + 1, q]) * i32(w[0, 0]); }
//           y[0, p, q] = i8(min(max(shift_right(acc[p, q], imm), -128), 127));   // built-ins of isa.yaml are called by
//           name
//           @alu_add(acc[p, q]; i32(3)) { acc[p, q] = acc[p, q] + 3; }           // an intrinsic: operands; scalars {
//           meaning }
//         }
//       }
//     }
//   }
//
// Types: bool, i8, i32, i64 (indices), f32. Expressions, loosest first: || && comparisons + - * / % unary minus; min(a,
// b), max(a, b), select(condition, a, b) or condition ? a : b (loosest of all), type(value) casts, built-in(arguments),
// buffer[indices]. There are no implicit conversions. A packed parameter says how it comes from the tensor of its user:
// `x: i8[1, 2, 8, 8, 1, 16] packs [1, 20, 8, 8] as [0, 1 / 16, 2, 3, 0, 1]`: each axis is index / divisor, modulo the
// extent; `*` marks an axis of copies. Shapes, extents and expressions may use named constants.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "compiler/loop/ir.h"
#include "support/result.h"

namespace tandem::loop {

/// The one kernel of `text`. `constants` are integer names that the text may use (batch, block_in). Errors have file,
/// line and column of the offending word, and "did you mean" for unknown names.
Result<Kernel> parse_kernel(const std::string& text, const std::string& file,
                            const std::map<std::string, int64_t>& constants = {});

}  // namespace tandem::loop
