// What each primitive says where it refuses: kernel, call, and the whole text. (schedule_test.cc has the commonest.)
#include <gtest/gtest.h>

#include "compiler/loop/parser.h"
#include "compiler/schedule/schedule.h"

namespace tandem::schedule {
namespace {

struct Refusal {
  const char* kernel;
  const char* trace;  // the last step is the refused one
  const char* text;   // from the cause on
};

std::string refusal_of(const Refusal& given) {
  const Result<loop::Kernel> kernel = loop::parse_kernel(given.kernel, "k.loop");
  if (!kernel.ok()) return render(kernel.error());
  const Result<Schedule> result = replay(*kernel, given.trace, {});
  if (result.ok()) return "no error";
  std::string text = render(result.error());
  // The step's number is the trace's business.
  for (const char* known : {"step 0 of the trace: ", "step 1 of the trace: "}) {
    if (const size_t at = text.find(known); at != std::string::npos) text.erase(at, std::string(known).size());
  }
  return text;
}

void expect_texts(const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) EXPECT_EQ(refusal_of(refusal), refusal.text) << refusal.trace;
}

constexpr char kSum[] = R"(kernel k(x: i8[6, 7], out y: i32[6]) {
  for i in 0..6 {
    for j in 0..7 { y[i] = y[i] + i32(x[i, j]); }
  }
})";

TEST(Refusals, Order) {
  constexpr char kDiagonal[] = R"(kernel k(t: i32[8, 8]) {
  for i in 0..7 {
    parallel j in 0..7 { t[i + 1, j + 1] = t[i, j]; }
  }
})";
  expect_texts({
      {kSum, R"([{"primitive": "reorder", "loops": []}])", R"(error: cannot reorder: no loop is named)"},
      {kDiagonal, R"([{"primitive": "reorder", "loops": ["j", "i"]}])",
       R"(k.loop:2:3: error: cannot reorder: to [j, i]: an iteration writes 't' that another one (i later, j later) reads
    for i in 0..7
    ^^^^^^^^^^^^^
  hint: 'j' is parallel: reorder before that)"},
      {kSum, R"([{"primitive": "fission", "loop": "i"}])",
       R"(k.loop:2:3: error: cannot fission: 'i' is around a single statement
    for i in 0..6
    ^^^^^^^^^^^^^)"},
  });
}

TEST(Refusals, Stage) {
  constexpr char kNarrow[] = R"(kernel k(x: i8[6], out y: i8[6]) {
  for i in 0..6 { y[i] = x[i]; }
})";
  expect_texts({
      {kSum, R"([{"primitive": "set_scope", "buffer": "t", "scope": "acc"}])",
       R"(error: cannot set_scope: unknown local buffer 't')"},
      {kSum, R"([{"primitive": "stage", "buffer": "y", "scope": "acc", "loop": "", "type": ""}])",
       R"(error: cannot stage: 'y' is written in the kernel)"},
      {kSum, R"([{"primitive": "stage", "buffer": "z", "scope": "acc", "loop": "", "type": ""}])",
       R"(error: cannot stage: 'z' is not read in the kernel)"},
      {kNarrow, R"([{"primitive": "stage", "buffer": "x", "scope": "acc", "loop": "", "type": "i32"}])",
       R"(k.loop:2:19: error: cannot stage: not every read of 'x' is converted to i32
    y[i] = x[i]
    ^^^^^^^^^^^
  legal: i8)"},
      {kNarrow, R"([{"primitive": "stage", "buffer": "x", "scope": "acc", "loop": "", "type": "i33"}])",
       R"(error: unknown type 'i33'
  legal: i8, i32, i64, f32
  hint: did you mean 'i32'?)"},
      {kSum, R"([{"primitive": "multi_buffer", "buffer": "t", "copies": 2}])",
       R"(error: cannot multi_buffer: unknown local buffer 't')"},
  });
}

TEST(Refusals, ComputeAtOfProducers) {
  const auto kernel = [](const std::string& producer) {
    return "kernel k(x: i8[8], out y: i8[8], out z: i8[8]) {\n  alloc t: i8[8] {\n    " + producer +
           "\n    for p in 0..8 { y[p] = t[p]; }\n  }\n}";
  };
  const std::string two_buffers = kernel("for i in 0..8 { t[i] = x[i]; z[i] = x[i]; }"),
                    two_places = kernel("for i in 0..4 { t[i] = x[i]; t[i + 4] = x[i]; }"),
                    shifted = kernel("for i in 0..7 { t[i + 1] = x[i]; }"),
                    others = kernel("for i in 0..7 { t[i] = t[i + 1]; }"),
                    read = kernel("alloc u: i8[8] { for i in 0..8 { u[i] = t[i]; } }");
  const char* trace = R"([{"primitive": "compute_at", "buffer": "t", "loop": "p"}])";
  expect_texts({
      {two_buffers.c_str(), trace, R"(k.loop:3:5: error: cannot compute_at: this nest writes 'z' besides 't'
    for i in 0..8
    ^^^^^^^^^^^^^
  hint: fission it first)"},
      {two_places.c_str(), trace, R"(k.loop:3:5: error: cannot compute_at: this nest writes 't' in two places
    for i in 0..4
    ^^^^^^^^^^^^^
  hint: fission it first)"},
      {shifted.c_str(), trace,
       R"(k.loop:3:5: error: cannot compute_at: axis 0 of 't' is indexed by i + 1, not by a loop of its own
    for i in 0..7
    ^^^^^^^^^^^^^
  hint: split the loop and pack the axis alike, or compute_at before the split)"},
      {others.c_str(), trace,
       R"(k.loop:3:5: error: cannot compute_at: this nest reads other elements of 't' than it writes
    for i in 0..7
    ^^^^^^^^^^^^^)"},
      {read.c_str(), trace, R"(k.loop:3:5: error: cannot compute_at: 't' is read here, outside of 'p'
    alloc u: i8[8]
    ^^^^^^^^^^^^^^)"},
  });
}

TEST(Refusals, ComputeAtOfConsumers) {
  constexpr char kElsewhere[] = R"(kernel k(x: i8[8], out y: i8[8], out z: i8[8]) {
  for n in 0..8 { z[n] = x[n]; }
  alloc t: i8[8] {
    for i in 0..8 { t[i] = x[i]; }
    for q in 0..8 { y[q] = x[q]; }
  }
})";
  constexpr char kChanged[] = R"(kernel k(x: i8[8], out y: i8[8]) {
  alloc t: i8[8] {
    for i in 0..8 { t[i] = x[i]; }
    for j in 0..8 { x[j] = 0; }
    for p in 0..8 { y[p] = t[p]; }
  }
})";
  constexpr char kWritten[] = R"(kernel k(x: i8[8], out y: i8[8]) {
  alloc t: i8[8] {
    for i in 0..8 { t[i] = x[i]; }
    for p in 0..8 { y[p] = t[p]; t[p] = 0; }
  }
})";
  constexpr char kTwice[] = R"(kernel k(x: i8[8], out y: i8[8]) {
  alloc t: i8[8] {
    for i in 0..8 { t[i] = x[i]; }
    for p in 0..8 { y[p] = t[p]; for q in 0..8 { y[q] = t[q]; } }
  }
})";
  expect_texts({
      {kElsewhere, R"([{"primitive": "compute_at", "buffer": "s", "loop": "q"}])",
       R"(error: cannot compute_at: unknown local buffer 's'
  legal: t
  hint: did you mean 't'?)"},
      {kElsewhere, R"([{"primitive": "compute_at", "buffer": "t", "loop": "n"}])",
       R"(k.loop:2:3: error: cannot compute_at: 't' is not alive in 'n'
    for n in 0..8
    ^^^^^^^^^^^^^
  hint: choose a loop of a nest that reads it)"},
      {kElsewhere, R"([{"primitive": "compute_at", "buffer": "t", "loop": "q"}])",
       R"(k.loop:5:5: error: cannot compute_at: 't' is not read in 'q'
    for q in 0..8
    ^^^^^^^^^^^^^)"},
      {kChanged, R"([{"primitive": "compute_at", "buffer": "t", "loop": "p"}])",
       R"(k.loop:4:5: error: cannot compute_at: this nest changes 'x', from which 't' is computed
    for j in 0..8
    ^^^^^^^^^^^^^)"},
      {kWritten, R"([{"primitive": "compute_at", "buffer": "t", "loop": "p"}])",
       R"(k.loop:4:5: error: cannot compute_at: 't' is written in the nest that reads it
    for p in 0..8
    ^^^^^^^^^^^^^)"},
      {kTwice, R"([{"primitive": "compute_at", "buffer": "t", "loop": "q"}])",
       R"(k.loop:4:34: error: cannot compute_at: 't' is also read outside of 'q'
    for q in 0..8
    ^^^^^^^^^^^^^)"},
  });
}

TEST(Refusals, BuffersOfTheirOwn) {
  constexpr char kOnce[] = R"(kernel k(x: i8[9], out y: i8[8]) {
  alloc t: i8[9] {
    for i in 0..9 { t[i] = x[i]; }
    for p in 0..4 { for q in 0..2 { y[p * 2 + q] = t[p * 2 + q + 1]; } }
  }
})";
  constexpr char kWindow[] = R"(kernel k(x: i8[9], out y: i8[4, 3]) {
  alloc t: i8[9] {
    for i in 0..9 { t[i] = x[i]; }
    for p in 0..4 { for q in 0..3 { if (p * 3 + q < 9) { y[p, q] = t[p * 3 + q]; } } }
  }
})";
  constexpr char kWriter[] = R"(kernel k(x: i8[8], out y: i8[8]) {
  alloc t: i8[9] {
    for i in 0..8 { t[i + 1] = x[i]; }
    for p in 0..4 { for q in 0..2 { y[p * 2 + q] = t[p * 2 + q]; } }
  }
})";
  constexpr char kUnread[] = R"(kernel k(x: i8[8], out y: i8[8]) {
  alloc t: i8[8] { for i in 0..8 { t[i] = x[i]; } }
  for p in 0..4 { for q in 0..2 { y[p * 2 + q] = 0; } }
})";
  expect_texts({
      {kOnce, R"([{"primitive": "multi_buffer", "buffer": "t", "copies": 0}])",
       R"(error: cannot multi_buffer: 't' cannot have 0 copies
  legal: 1, 2)"},
      {kOnce, R"([{"primitive": "multi_buffer", "buffer": "t", "copies": 2}])",
       R"(error: cannot multi_buffer: 't' is allocated once, outside of all loops
  hint: compute_at or stage it in the loop whose iterations are to overlap)"},
      {kOnce, R"([{"primitive": "unfold", "buffer": "t", "axis": 1, "outer": "p", "inner": "q"}])",
       R"(error: cannot unfold: 't' [9] has no axis 1)"},
      {kOnce, R"([{"primitive": "unfold", "buffer": "t", "axis": 0, "outer": "p", "inner": "q"}])",
       R"(k.loop:4:37: error: cannot unfold: axis 0 of 't' is indexed by p * 2 + q + 1, not by 'p' * stride + 'q'
    y[p * 2 + q] = t[p * 2 + q + 1]
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^)"},
      {kWindow, R"([{"primitive": "unfold", "buffer": "t", "axis": 0, "outer": "p", "inner": "q"}])",
       R"(error: cannot unfold: 4 windows of 3 at stride 3 do not lie within the 9 elements of axis 0)"},
      {kWriter, R"([{"primitive": "unfold", "buffer": "t", "axis": 0, "outer": "p", "inner": "q"}])",
       R"(k.loop:3:21: error: cannot unfold: axis 0 of 't' is written at i + 1, not at a loop of its own
    t[i + 1] = x[i]
    ^^^^^^^^^^^^^^^)"},
      {kUnread, R"([{"primitive": "unfold", "buffer": "t", "axis": 0, "outer": "p", "inner": "q"}])",
       R"(error: cannot unfold: 't' is never read)"},
  });
}

TEST(Refusals, PadOfTwoLoopsThatShareAnIndex) {
  expect_texts({{R"(kernel k(x: i8[4], out y: i8[2, 2]) {
  for i in 0..2 { for j in 0..2 { y[i, j] = x[i + j]; } }
})",
                 R"([{"primitive": "pad", "loops": ["i", "j"], "multiple": 3}])",
                 R"(k.loop:2:3: error: cannot pad: axis 0 of 'x' [4] is indexed by i + j, which would leave it
    for i in 0..2
    ^^^^^^^^^^^^^)"}});
}

TEST(Refusals, Layout) {
  constexpr char kBias[] =
      "kernel k(b: i32[4], out y: i32[2, 4]) { for n in 0..2 { for o in 0..4 { y[n, o] = b[o]; } } }";
  constexpr char kTwice[] = R"(kernel k(b: i32[4], out y: i32[2, 4], out z: i32[4]) {
  for n in 0..2 { for o in 0..4 { y[n, o] = b[o]; } }
  for m in 0..4 { z[m] = b[m]; }
})";
  constexpr char kShifted[] = R"(kernel k(x: i8[8], out y: i8[7]) {
  for i in 0..7 { y[i] = x[i + 1]; }
})";
  expect_texts({
      {kSum, R"([{"primitive": "pack", "buffer": "x", "axis": 2, "factor": 2}])",
       R"(error: cannot pack: 'x' [6, 7] has no axis 2)"},
      {kBias,
       R"([{"primitive": "replicate", "buffer": "b", "axis": 0, "loop": "n"}, {"primitive": "pack", "buffer": "b", "axis": 0, "factor": 2}])",
       R"(error: cannot pack: axis 0 of 'b' holds copies)"},
      {kBias, R"([{"primitive": "replicate", "buffer": "b", "axis": 2, "loop": "n"}])",
       R"(error: cannot replicate: 'b' [4] has no place 2 for an axis)"},
      {kTwice, R"([{"primitive": "replicate", "buffer": "b", "axis": 0, "loop": "n"}])",
       R"(k.loop:2:3: error: cannot replicate: 'b' is also read outside of 'n'
    for n in 0..2
    ^^^^^^^^^^^^^)"},
      {kSum, R"([{"primitive": "pad", "loops": [], "multiple": 4}])", R"(error: cannot pad: no loop is named)"},
      {kSum, R"([{"primitive": "pad", "loops": ["j"], "multiple": 0}])",
       R"(error: cannot pad: the multiple 0 is not positive)"},
      {kSum, R"([{"primitive": "pad", "loops": ["i", "j"], "multiple": 4}])",
       R"(k.loop:3:5: error: cannot pad: 'j' has 7 iterations, 'i' has 6
    for j in 0..7
    ^^^^^^^^^^^^^)"},
      {kShifted, R"([{"primitive": "pad", "loops": ["i"], "multiple": 4}])",
       R"(k.loop:2:3: error: cannot pad: axis 0 of 'x' [8] is indexed by i + 1, which would leave it
    for i in 0..7
    ^^^^^^^^^^^^^)"},
  });
}

TEST(Refusals, Decompose) {
  const auto kernel = [](const std::string& nest) {
    return "kernel k(x: i32[4], out y: i32[4]) {\n  alloc t: i32[4] {\n    for i in 0..4 { t[i] = x[i]; }\n    " +
           nest + "\n  }\n}";
  };
  const std::string condition = kernel("for j in 0..4 { if (t[j] < 0) { y[j] = t[j] + 1; } }"),
                    statements = kernel("for j in 0..4 { y[j] = t[j] + 1; y[j] = 0; }"),
                    shared = kernel("for j in 0..4 { for n in 0..2 { y[j] = t[j] + 1; } }"),
                    around = kernel("for n in 0..2 { for j in 0..4 { y[j] = t[j] + 1; } }"),
                    own = kernel("for j in 0..4 { y[j] = t[j] + y[j]; }"),
                    again = kernel("for j in 0..4 { y[j] = t[j] + 1; } for m in 0..4 { y[m] = t[m]; }");
  const char* trace = R"([{"primitive": "decompose", "loop": "j", "buffer": "t"}])";
  expect_texts({
      {condition.c_str(), trace, R"(k.loop:4:21: error: cannot decompose: this condition reads 't'
    if (t[j] < 0)
    ^^^^^^^^^^^^^)"},
      {statements.c_str(), trace, R"(k.loop:4:5: error: cannot decompose: this is no perfect nest around one store
    for j in 0..4
    ^^^^^^^^^^^^^)"},
      {shared.c_str(), trace,
       R"(k.loop:4:5: error: cannot decompose: 'n' does not index 't': several iterations share an element
    for j in 0..4
    ^^^^^^^^^^^^^)"},
      {around.c_str(), trace,
       R"(k.loop:4:21: error: cannot decompose: the loop 'n' is around the nest but not around 't'
    for j in 0..4
    ^^^^^^^^^^^^^)"},
      {own.c_str(), trace, R"(k.loop:4:5: error: cannot decompose: the value reads 'y', which the nest writes
    for j in 0..4
    ^^^^^^^^^^^^^)"},
      {again.c_str(), trace, R"(k.loop:4:56: error: cannot decompose: 't' is used again here
    y[m] = t[m]
    ^^^^^^^^^^^)"},
  });
}

TEST(Refusals, Rewrite) {
  constexpr char kScale[] = R"(kernel k(x: i32[4], out y: i32[4]) {
  for i in 0..4 { y[i] = x[i] + 1; }
})";
  constexpr char kClamp[] = R"(kernel k(x: i32[4], out y: i32[4]) {
  for i in 0..4 { y[i] = min(max(x[i], -8), 7); }
})";
  expect_texts({
      {kScale, R"([{"primitive": "assume", "buffer": "y", "low": 0, "high": 1}])",
       R"(error: cannot assume: unknown input 'y'
  legal: x
  hint: did you mean 'x'?)"},
      {kScale, R"([{"primitive": "assume", "buffer": "x", "low": 1, "high": 0}])",
       R"(error: cannot assume: no value of 'x' lies in [1, 0])"},
      {kScale, R"([{"primitive": "rewrite", "loop": "i", "operations": ["sub 1"]}])", R"(error: unknown operation 'sub'
  legal: add, mul, min, max, shift_right, rounding_shift_right)"},
      {kScale, R"([{"primitive": "rewrite", "loop": "i", "operations": ["add one"]}])",
       R"(error: cannot rewrite: 'add one' is no operation and a constant
  hint: write e.g. 'add 8')"},
      {kScale, R"([{"primitive": "rewrite", "loop": "i", "operations": ["add 1"]}])",
       R"(error: cannot rewrite: 'add 1' may wrap in i32 for values in [-2147483648, 2147483647]
  hint: clamp before it, or assume less of the inputs)"},
      {kClamp, R"([{"primitive": "rewrite", "loop": "i", "operations": ["mul -1"]}])",
       R"(error: cannot rewrite: 'mul -1' of values in [-2147483648, 2147483647] cannot be compared)"},
      {kScale,
       R"([{"primitive": "assume", "buffer": "x", "low": 0, "high": 100000}, {"primitive": "rewrite", "loop": "i", "operations": ["add 1"]}])",
       R"(error: cannot rewrite: the value takes more than 65536 values: too many to compare
  hint: rewrite together with the clamp after it)"},
      {kClamp, R"([{"primitive": "rewrite", "loop": "i", "operations": ["max -8", "min 6"]}])",
       R"(error: cannot rewrite: of 7 the old operations make 7, the new ones 6)"},
      {kSum, R"([{"primitive": "reassociate", "loop": "i"}])",
       R"(k.loop:2:3: error: cannot reassociate: there is no sum (a + b) + constant in y[i] + i32(x[i, j])
    for i in 0..6
    ^^^^^^^^^^^^^)"},
      {kSum, R"([{"primitive": "products_to_shifts", "loop": "i"}])",
       R"(k.loop:2:3: error: cannot products_to_shifts: there is no i32 product with a power of two in y[i] + i32(x[i, j])
    for i in 0..6
    ^^^^^^^^^^^^^)"},
      {kSum, R"([{"primitive": "skip_neutral", "loop": "i"}])",
       R"(k.loop:2:3: error: cannot skip_neutral: y[i] + i32(x[i, j]) is no min or max of the stored element with a select whose other side is neutral
    for i in 0..6
    ^^^^^^^^^^^^^)"},
  });
}

TEST(Refusals, Fills) {
  constexpr char kPart[] = R"(kernel k(x: i32[4], out y: i32[4]) {
  alloc t: i32[4] {
    for i in 0..3 { t[i] = 0; }
    for j in 0..4 { y[j] = t[j]; }
  }
})";
  constexpr char kTwoWays[] = R"(kernel k(x: i32[4], out y: i32[4]) {
  alloc t: i32[4] {
    for i in 0..4 { t[i] = x[i]; }
    for j in 0..4 { y[j] = max(t[j], 0) + t[j]; }
  }
})";
  constexpr char kChanges[] = R"(kernel k(x: i32[4], out y: i32[4]) {
  alloc t: i32[4] {
    for i in 0..4 { t[i] = x[i]; }
    for j in 0..4 { x[j] = 0; }
    for m in 0..4 { y[m] = t[m]; }
  }
})";
  constexpr char kZeros[] = R"(kernel k(x: i32[4], out y: i32[4]) {
  for i in 0..4 { y[i] = 7; }
})";
  expect_texts({
      {kPart, R"([{"primitive": "absorb", "buffer": "t"}])",
       R"(k.loop:2:3: error: cannot absorb: 't' is not filled by one nest at the start
    alloc t: i32[4]
    ^^^^^^^^^^^^^^^)"},
      {kTwoWays, R"([{"primitive": "absorb", "buffer": "t"}])",
       R"(k.loop:2:3: error: cannot absorb: not every read of 't' is the operand of one and the same operation with a constant
    alloc t: i32[4]
    ^^^^^^^^^^^^^^^)"},
      {kTwoWays, R"([{"primitive": "start_from_zero", "loop": "i"}])",
       R"(k.loop:3:5: error: cannot start_from_zero: the value x[i] is no integer constant
    for i in 0..4
    ^^^^^^^^^^^^^)"},
      {kZeros, R"([{"primitive": "start_from_zero", "loop": "i"}])",
       R"(k.loop:2:3: error: cannot start_from_zero: 'y' is a parameter
    for i in 0..4
    ^^^^^^^^^^^^^
  hint: stage_write it first: outputs are never read)"},
      {kPart, R"([{"primitive": "start_from_zero", "loop": "i"}])",
       R"(k.loop:3:5: error: cannot start_from_zero: this nest does not write all of 't'
    for i in 0..3
    ^^^^^^^^^^^^^)"},
      {kPart, R"([{"primitive": "compute_inline", "buffer": "t"}])",
       R"(k.loop:2:3: error: cannot compute_inline: 't' is not filled by one nest at the start
    alloc t: i32[4]
    ^^^^^^^^^^^^^^^)"},
      {kChanges, R"([{"primitive": "compute_inline", "buffer": "t"}])",
       R"(k.loop:4:21: error: cannot compute_inline: this changes 'x'
    x[j] = 0
    ^^^^^^^^)"},
  });
}

// What an intrinsic takes has its layout and its place.
TEST(Refusals, Operands) {
  constexpr char kCopied[] = R"(kernel k(x: i8[8], out y: i8[8]) {
  alloc t: i8[8] {
    for i in 0..8 { t[i] = x[i]; }
    for p in 0..4 { for q in 0..2 { @take(t[p * 2 + q]) { y[p * 2 + q] = t[p * 2 + q]; } } }
  }
})";
  expect_texts({
      {kCopied, R"([{"primitive": "pack", "buffer": "t", "axis": 0, "factor": 2}])",
       R"(error: cannot pack: 't' is an operand of an intrinsic already
  hint: pack before tensorize)"},
      {kCopied, R"([{"primitive": "unfold", "buffer": "t", "axis": 0, "outer": "p", "inner": "q"}])",
       R"(k.loop:4:59: error: cannot unfold: 't' is an operand here
    y[p * 2 + q] = t[p * 2 + q]
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: unfold before tensorize)"},
      {kCopied, R"([{"primitive": "widen", "buffer": "t", "type": "i32"}])",
       R"(k.loop:4:59: error: cannot widen: 't' is an operand here
    y[p * 2 + q] = t[p * 2 + q]
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: widen before tensorize)"},
      {kCopied, R"([{"primitive": "compute_inline", "buffer": "t"}])",
       R"(k.loop:4:59: error: cannot compute_inline: 't' is an operand here
    y[p * 2 + q] = t[p * 2 + q]
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^)"},
      {kCopied, R"([{"primitive": "pad", "loops": ["q"], "multiple": 4}])",
       R"(k.loop:4:21: error: cannot pad: 'q' is around an intrinsic
    for q in 0..2
    ^^^^^^^^^^^^^
  hint: pad before tensorize)"},
  });
}

TEST(Refusals, Arguments) {
  expect_texts({
      {kSum, R"([{"primitive": "split", "loop": "i", "factor": 1.5}])",
       R"(error: argument 'factor' of a trace's step is no integer, text, or list of one of them)"},
      {kSum, R"([{"primitive": "parallel", "loop": "z"}])",
       R"(error: cannot parallel: unknown loop 'z'
  legal: i, j
  hint: did you mean 'i'?)"},
  });
}

}  // namespace
}  // namespace tandem::schedule
