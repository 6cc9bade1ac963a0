// Each primitive: what it makes of a small kernel, and the whole text of what it says when it refuses.
#include "compiler/schedule/schedule.h"

#include <gtest/gtest.h>

#include "compiler/loop/parser.h"

namespace tandem::schedule {
namespace {

Schedule start(const std::string& text) {
  const Result<loop::Kernel> kernel = loop::parse_kernel(text, "k.loop");
  EXPECT_TRUE(kernel.ok()) << render(kernel.error());
  return Schedule(*kernel);
}

/// The text of the body without spaces and line ends around it, or the error.
template <typename T>
std::string after(const Schedule& schedule, const Result<T>& result) {
  if (!result.ok()) return render(result.error());
  std::string text;
  bool space = false;
  const std::string body = to_text(schedule.kernel.body);
  for (const char c : body) {
    if (c == ' ' || c == '\n') {
      space = !text.empty();
    } else {
      if (space) text += ' ';
      space = false;
      text += c;
    }
  }
  return text;
}

constexpr char kSum[] =
    "kernel k(x: i8[6, 7], out y: i32[6]) {\n"
    "  for i in 0..6 {\n"
    "    for j in 0..7 {\n"
    "      y[i] = y[i] + i32(x[i, j]);\n"
    "    }\n"
    "  }\n"
    "}\n";

TEST(Split, CutsALoop) {
  Schedule s = start(kSum);
  EXPECT_EQ(after(s, split(s, "i", 3)),
            "for i_outer in 0..2 { for i_inner in 0..3 { for j in 0..7 { y[i_outer * 3 + i_inner] = y[i_outer * 3 + "
            "i_inner] + "
            "i32(x[i_outer * 3 + i_inner, j]); } } }");
  EXPECT_EQ(after(s, split(s, "j", 4, "a", "b")),
            "for i_outer in 0..2 { for i_inner in 0..3 { for a in 0..2 { for b in 0..4 { if (a * 4 + b < 7) { "
            "y[i_outer * 3 + i_inner] = "
            "y[i_outer * 3 + i_inner] + i32(x[i_outer * 3 + i_inner, a * 4 + b]); } } } } }");
}

TEST(Split, Refuses) {
  Schedule s = start(kSum);
  EXPECT_EQ(after(s, split(s, "ii", 3)),
            "error: cannot split: unknown loop 'ii'\n  legal: i, j\n  hint: did you mean 'i'?");
  EXPECT_EQ(after(s, split(s, "j", 0)),
            "k.loop:3:5: error: cannot split: factor 0 of 'j' is not positive\n    for j in 0..7\n    ^^^^^^^^^^^^^\n  "
            "legal: 1..7");
}

TEST(Fuse, JoinsTwoLoops) {
  Schedule s = start(kSum);
  EXPECT_EQ(after(s, fuse(s, "i", "j")), "for i_j in 0..42 { y[i_j / 7] = y[i_j / 7] + i32(x[i_j / 7, i_j % 7]); }");
  EXPECT_EQ(after(s, split(s, "i_j", 7)),
            "for i_j_outer in 0..6 { for i_j_inner in 0..7 { y[i_j_outer] = y[i_j_outer] + i32(x[i_j_outer, "
            "i_j_inner]); } }");
  EXPECT_EQ(after(s, fuse(s, "i_j_inner", "i_j_outer")),
            "error: cannot fuse: 'i_j_outer' is not the only statement of 'i_j_inner'\n    for i_j_inner "
            "in 0..7\n"
            "    ^^^^^^^^^^^^^^^^^^^^^\n  hint: reorder or fission first, so that the one is directly in the other");
}

TEST(Reorder, ExchangesLoops) {
  Schedule s = start(kSum);
  EXPECT_EQ(after(s, reorder(s, {"j", "i"})), "for j in 0..7 { for i in 0..6 { y[i] = y[i] + i32(x[i, j]); } }");
}

TEST(Reorder, KeepsDependences) {
  Schedule s =
      start("kernel k(t: i32[8, 8]) {\n  for i in 0..7 {\n    for j in 0..7 { t[i + 1, j] = t[i, j + 1]; }\n  }\n}\n");
  EXPECT_EQ(after(s, reorder(s, {"j", "i"})),
            "k.loop:2:3: error: cannot reorder: to [j, i]: an iteration writes 't' that another one (i later, j "
            "earlier) reads\n"
            "    for i in 0..7\n    ^^^^^^^^^^^^^\n  hint: keep 'i' around 'j'");
  EXPECT_EQ(
      after(s, parallel(s, "i")),
      "k.loop:2:3: error: cannot parallel: the iterations of 'i' depend on each other: an iteration writes 't' that "
      "another one (i later) reads\n"
      "    for i in 0..7\n    ^^^^^^^^^^^^^");
  EXPECT_TRUE(parallel(s, "j").ok());
  EXPECT_EQ(
      after(s, reorder(s, {"j", "j"})),
      "k.loop:3:5: error: cannot reorder: [j, j] are not different loops of one perfect nest\n    parallel j in 0..7\n"
      "    ^^^^^^^^^^^^^^^^^^\n  legal: j\n  hint: fission first, so that each of them is directly in the other");
}

TEST(Fission, SeparatesStatements) {
  Schedule s =
      start("kernel k(x: i8[4], out y: i8[4], out z: i8[4]) {\n  for i in 0..4 { y[i] = x[i]; z[i] = y[i]; }\n}\n");
  EXPECT_EQ(after(s, fission(s, "i")), "for i in 0..4 { y[i] = x[i]; } for i_2 in 0..4 { z[i_2] = y[i_2]; }");
  Schedule t = start("kernel k(x: i8[5], y: i8[5]) {\n  for i in 0..4 { y[i] = x[i]; x[i + 1] = y[i]; }\n}\n");
  EXPECT_EQ(after(t, fission(t, "i")),
            "k.loop:2:3: error: cannot fission: statement 2 writes 'x', which statement 1 reads in a later iteration\n "
            "   for i in 0..4\n"
            "    ^^^^^^^^^^^^^");
}

TEST(Stage, CopiesWhatIsRead) {
  Schedule s = start(kSum);
  EXPECT_EQ(after(s, stage(s, "x", "near", "i", "i32")),
            "for i in 0..6 { alloc x_near: i32[1, 7] in near { for x_near_0 in 0..1 { for x_near_1 in 0..7 { "
            "x_near[x_near_0, x_near_1] = "
            "i32(x[i + x_near_0, x_near_1]); } } for j in 0..7 { y[i] = y[i] + x_near[0, j]; } } }");
  EXPECT_EQ(after(s, stage(s, "y", "near", "j")),
            "k.loop:3:5: error: cannot stage: 'y' is written in 'j'\n    for j in 0..7\n    ^^^^^^^^^^^^^\n  hint: use "
            "compute_at or stage_write");
  EXPECT_EQ(after(s, stage(s, "x", "near", "j")),
            "k.loop:3:5: error: cannot stage: 'x' is not read in 'j'\n    for j in 0..7\n    ^^^^^^^^^^^^^");
}

TEST(StageWrite, ComputesOutputsElsewhere) {
  Schedule s = start(kSum);
  EXPECT_EQ(after(s, stage_write(s, "y", "near")),
            "alloc y_near: i32[6] in near { for i in 0..6 { for j in 0..7 { y_near[i] = y_near[i] + i32(x[i, j]); } } "
            "for y_near_0 in 0..6 "
            "{ y[y_near_0] = y_near[y_near_0]; } }");
  EXPECT_EQ(after(s, stage_write(s, "x", "near")),
            "error: cannot stage_write: unknown output 'x'\n  legal: y\n  hint: did you mean 'y'?");
}

constexpr char kWindow[] =
    "kernel k(x: i8[9], out y: i8[8]) {\n"
    "  alloc t: i8[9] {\n"
    "    for i in 0..9 { t[i] = x[i]; }\n"
    "    for p in 0..4 { for q in 0..2 { y[p * 2 + q] = t[p * 2 + q + 1]; } }\n"
    "  }\n"
    "}\n";

TEST(StageStore, KeepsResultsElsewhere) {
  const std::string text =
      "kernel k(x: i8[4, 3], out y: i8[4, 3], out z: i8[4]) {\n"
      "  for i in 0..4 { for j in 0..3 { y[i, j] = max(x[i, j], 0); } }\n"
      "  for l in 0..4 { for m in 0..3 { z[l] = x[l, m]; } }\n"
      "}\n";
  Schedule s = start(text);
  EXPECT_EQ(
      after(s, stage_store(s, "j", "out")),
      "for i in 0..4 { alloc y_out: i8[1, 3] in out { for j_out in 0..3 { y_out[0, j_out] = max(x[i, j_out], 0); } "
      "for j in 0..3 { y[i, j] = y_out[0, j]; } } } for l in 0..4 { for m in 0..3 { z[l] = x[l, m]; } }");
  EXPECT_EQ(after(s, stage_store(s, "l", "out")),
            "k.loop:3:19: error: cannot stage_store: 'm' does not index 'z': several iterations share an element\n    "
            "for m in 0..3\n"
            "    ^^^^^^^^^^^^^");
  EXPECT_EQ(after(s, stage_store(s, "i", "out")),
            "k.loop:2:3: error: cannot stage_store: this is no perfect nest around one store\n    for i in 0..4\n    "
            "^^^^^^^^^^^^^");
}

TEST(BeginSum, StoresTheFirstTerm) {
  const std::string text =
      "kernel k(x: i8[3, 2, 4], out y: i32[4]) {\n"
      "  alloc t: i32[4] {\n"
      "    for z in 0..4 { t[z] = 0; }\n"
      "    for c in 0..3 { for r in 0..2 { for o in 0..4 { t[o] = t[o] + i32(x[c, r, o]); } } }\n"
      "    for i in 0..4 { y[i] = t[i]; }\n"
      "  }\n"
      "}\n";
  Schedule s = start(text);
  EXPECT_EQ(after(s, begin_sum(s, "i", "o")),
            "k.loop:5:5: error: cannot begin_sum: this nest does not store zeros to a buffer\n    for i in 0..4\n    "
            "^^^^^^^^^^^^^");
  EXPECT_EQ(after(s, begin_sum(s, "z", "c")),
            "k.loop:4:5: error: cannot begin_sum: 'r' sums around 'o', which indexes 't'\n    for c in 0..3\n    "
            "^^^^^^^^^^^^^\n"
            "  hint: reorder, so that summing loops are inside");
  EXPECT_EQ(
      after(s, begin_sum(s, "z", "o")),
      "alloc t: i32[4] { for c in 0..3 { for r in 0..2 { if (c == 0 && r == 0) { for o_first in 0..4 { t[o_first] = "
      "0; t[o_first] = t[o_first] + i32(x[c, r, o_first]); } } if (c > 0 || r > 0) { for o in 0..4 { t[o] = t[o] + "
      "i32(x[c, r, o]); } } } } for i in 0..4 { y[i] = t[i]; } }");
}

TEST(ComputeAt, MovesAndShrinksProducers) {
  Schedule s = start(kWindow);
  EXPECT_EQ(after(s, compute_at(s, "t", "i")),
            "k.loop:3:5: error: cannot compute_at: 't' is also accessed after this loop's nest\n    for i in 0..9\n    "
            "^^^^^^^^^^^^^");
  EXPECT_EQ(after(s, compute_at(s, "t", "p")),
            "for p in 0..4 { alloc t: i8[2] { for i in 0..2 { t[i] = x[p * 2 + i + 1]; } for q in 0..2 { y[p * 2 + q] "
            "= t[q]; } } }");
}

TEST(Pack, SplitsAnAxis) {
  Schedule s = start(kSum);
  EXPECT_EQ(after(s, pack(s, "x", 0, 3)), "for i in 0..6 { for j in 0..7 { y[i] = y[i] + i32(x[i / 3, j, i % 3]); } }");
  EXPECT_EQ(s.kernel.params[0].buffer->shape, (Shape{2, 7, 3}));
  EXPECT_EQ(
      after(s, pack(s, "x", 1, 2)),
      "error: cannot pack: axis 1 of 'x' [2, 7, 3] is no multiple of 2\n  hint: pad the loops that run over it first");
  EXPECT_EQ(after(s, pack(s, "w", 1, 2)),
            "error: cannot pack: unknown buffer 'w'\n  legal: x, y\n  hint: did you mean 'x'?");
}

TEST(Pad, ExtendsLoopsAndAxes) {
  Schedule s = start(kSum);
  EXPECT_EQ(after(s, pad(s, {"j"}, 4)), "for i in 0..6 { for j in 0..8 { y[i] = y[i] + i32(x[i, j]); } }");
  EXPECT_EQ(s.kernel.params[0].buffer->shape, (Shape{6, 8}));
  EXPECT_EQ(s.kernel.params[0].layout.logical_shape, (Shape{6, 7}));
  Schedule t = start("kernel k(x: i8[7], out y: i8[1]) {\n  for j in 0..7 { y[0] = max(y[0], x[j]); }\n}\n");
  EXPECT_EQ(after(t, pad(t, {"j"}, 4)),
            "k.loop:2:3: error: cannot pad: new iterations would change 'y': no axis of extent 7 is indexed by 'j', "
            "and no factor that is "
            "added is known to be zero there\n    for j in 0..7\n    ^^^^^^^^^^^^^");
}

TEST(Replicate, AddsAnAxisOfCopies) {
  Schedule s = start("kernel k(b: i32[4], out y: i32[2, 4]) { for n in 0..2 { for o in 0..4 { y[n, o] = b[o]; } } }");
  EXPECT_EQ(after(s, replicate(s, "b", 0, "n")), "for n in 0..2 { for o in 0..4 { y[n, o] = b[n, o]; } }");
  EXPECT_EQ(s.kernel.params[0].buffer->shape, (Shape{2, 4}));
  EXPECT_EQ(after(s, replicate(s, "y", 0, "n")), "error: cannot replicate: 'y' is no input");
}

TEST(Decompose, UpdatesInPlace) {
  Schedule s = start(
      "kernel k(x: i32[4], out y: i8[4]) {\n  alloc t: i32[4] {\n    for i in 0..4 { t[i] = x[i]; }\n"
      "    for j in 0..4 { y[j] = i8(max(t[j] + x[j], 0)); }\n  }\n}\n");
  EXPECT_EQ(after(s, decompose(s, "j", "t")),
            "alloc t: i32[4] { for i in 0..4 { t[i] = x[i]; } for j_u0 in 0..4 { t[j_u0] = t[j_u0] + x[j_u0]; } for "
            "j_u1 in 0..4 { t[j_u1] "
            "= max(t[j_u1], 0); } for j in 0..4 { y[j] = i8(t[j]); } }");
  EXPECT_EQ(after(s, decompose(s, "i", "t")),
            "k.loop:3:5: error: cannot decompose: the value x[i] is no chain of operations on 't'\n    for i in 0..4\n "
            "   ^^^^^^^^^^^^^");
}

TEST(Widen, HoldsValuesInAWiderType) {
  Schedule s = start(
      "kernel k(x: i8[4], out y: i8[4]) {\n  alloc t: i8[4] {\n    for i in 0..4 { t[i] = max(x[i], 0); }\n"
      "    for j in 0..4 { y[j] = t[j]; }\n  }\n}\n");
  EXPECT_EQ(after(s, widen(s, "t", "i32")),
            "alloc t: i32[4] { for i in 0..4 { t[i] = max(i32(x[i]), 0); } for j in 0..4 { y[j] = i8(t[j]); } }");
  EXPECT_EQ(after(s, widen(s, "t", "i8")), "error: cannot widen: i8 is no integer type wider than the i32 of 't'");
  Schedule t = start("kernel k(x: i8[4]) {\n  alloc t: i8[4] {\n    for i in 0..4 { t[i] = x[i] + 1; }\n  }\n}\n");
  EXPECT_EQ(after(t, widen(t, "t", "i32")),
            "k.loop:3:21: error: cannot widen: x[i] + 1 may wrap in i8\n    t[i] = x[i] + 1\n    ^^^^^^^^^^^^^^^\n  "
            "legal: copies, constants, "
            "min, max and select");
}

TEST(Trace, SaysWhatIsWrong) {
  const loop::Kernel kernel = start(kSum).kernel;
  const auto error = [&](const std::string& json) {
    const Result<Schedule> result = replay(kernel, json, {});
    return result.ok() ? "no error" : render(result.error());
  };
  EXPECT_EQ(
      error(R"([{"primitive": "splt"}])"),
      "error: step 0 of the trace: unknown primitive 'splt'\n  legal: absorb, assume, begin_sum, bind, compute_at, "
      "compute_inline, decompose, fission, fuse, multi_buffer, pack, pad, parallel, pipeline, products_to_shifts, "
      "reassociate, remove_unit_loops, reorder, replicate, reverse_compute_at, rewrite, rfactor, set_scope, "
      "skip_neutral, split, stage, stage_store, stage_write, start_from_zero, tensorize, tile, unfold, unroll, "
      "vectorize, widen\n  "
      "hint: did you mean 'split'?");
  EXPECT_EQ(error(R"([{"primitive": "fission", "lop": "i"}])"),
            "error: step 0 of the trace: step 'fission': unknown argument 'lop'\n  legal: loop\n  hint: did you mean "
            "'loop'?");
  EXPECT_EQ(error(R"([{"primitive": "fission"}])"),
            "error: step 0 of the trace: step 'fission': argument 'loop' is missing\n  legal: loop");
  EXPECT_EQ(error(R"([{"primitive": "fission", "loop": 3}])"),
            "error: step 0 of the trace: step 'fission': argument 'loop' has a wrong type");
  EXPECT_EQ(error("{"), "error: a trace is a JSON list of steps");
  EXPECT_EQ(error("[7]"), "error: step 0 of the trace is no object with a \"primitive\"");
  EXPECT_EQ(error(R"([{"primitive": "tensorize", "loop": "i", "intrinsic": "gemm"}])"),
            "error: step 0 of the trace: cannot tensorize: unknown intrinsic 'gemm'");
}

}  // namespace
}  // namespace tandem::schedule
