// Where and how values are computed: tails of split, tile, kinds of loops, reverse_compute_at, pipeline, rfactor; what
// they make, and the whole text where they refuse. All results are compared with the interpreter.
#include <gtest/gtest.h>

#include "compiler/loop/interpreter.h"
#include "compiler/loop/parser.h"
#include "compiler/loop/random_kernel.h"
#include "compiler/schedule/schedule.h"

namespace tandem::schedule {
namespace {

Schedule start(const std::string& text) {
  const Result<loop::Kernel> kernel = loop::parse_kernel(text, "k.loop");
  EXPECT_TRUE(kernel.ok()) << render(kernel.error());
  return Schedule(*kernel);
}

/// The body on one line where the result is right, else the error.
template <typename T>
std::string after(const std::string& original, const Schedule& schedule, const Result<T>& result) {
  if (!result.ok()) return render(result.error());
  Rng rng(1);
  const loop::Kernel definition = start(original).kernel;
  std::map<std::string, Tensor> expected = loop::random_inputs(definition, rng), buffers = expected;
  EXPECT_TRUE(interpret(definition, expected).ok());
  const Result<void> ran = interpret_logical(schedule.kernel, buffers);
  EXPECT_TRUE(ran.ok()) << render(ran.error()) << to_text(schedule.kernel);
  for (const loop::Param& param : definition.params) {
    EXPECT_TRUE(buffers[param.buffer->name] == expected[param.buffer->name]) << to_text(schedule.kernel);
  }
  std::string text, line;
  for (const char c : to_text(schedule.kernel.body)) {
    if (c != ' ' && c != '\n') {
      text += c;
    } else if (!text.empty() && text.back() != ' ') {
      text += ' ';
    }
  }
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

constexpr char kCopy[] = "kernel k(x: i8[10], out y: i8[10]) {\n  for i in 0..10 { y[i] = max(x[i], 0); }\n}\n";
constexpr char kSum[] =
    "kernel k(x: i8[6, 8], out y: i32[6]) {\n  for i in 0..6 { for j in 0..8 { y[i] = y[i] + i32(x[i, j]); } }\n}\n";

TEST(Split, HasTailsOfFourKinds) {
  Schedule guard = start(kCopy);
  EXPECT_EQ(after(kCopy, guard, split(guard, "i", 4)),
            "for i_outer in 0..3 { for i_inner in 0..4 { if (i_outer * 4 + i_inner < 10) { y[i_outer * 4 + i_inner] = "
            "max(x[i_outer * 4 + i_inner], 0); } } }");
  Schedule padded = start(kCopy);
  EXPECT_EQ(
      after(kCopy, padded, split(padded, "i", 4, "", "", "pad")),
      "for i_outer in 0..3 { for i_inner in 0..4 { y[i_outer * 4 + i_inner] = max(x[i_outer * 4 + i_inner], 0); } "
      "}");
  EXPECT_EQ(padded.kernel.params[1].buffer->shape, (Shape{12}));
  EXPECT_EQ(padded.trace.size(), 1u);
  Schedule shifted = start(kCopy);
  EXPECT_EQ(
      after(kCopy, shifted, split(shifted, "i", 4, "", "", "shift")),
      "for i_outer in 0..3 { for i_inner in 0..4 { y[min(i_outer * 4, 6) + i_inner] = max(x[min(i_outer * 4, 6) + "
      "i_inner], 0); } }");
  Schedule exact = start(kCopy);
  EXPECT_EQ(
      after(kCopy, exact, split(exact, "i", 5, "", "", "exact")),
      "for i_outer in 0..2 { for i_inner in 0..5 { y[i_outer * 5 + i_inner] = max(x[i_outer * 5 + i_inner], 0); } "
      "}");
}

TEST(Split, RefusesTails) {
  Schedule s = start(kCopy);
  EXPECT_EQ(after(kCopy, s, split(s, "i", 4, "", "", "exact")),
            "k.loop:2:3: error: cannot split: 4 does not divide the 10 iterations of 'i'\n    for i in 0..10\n    "
            "^^^^^^^^^^^^^^\n  legal: 1, 2, 5, 10\n  hint: or let the tail be guarded, padded or shifted");
  EXPECT_EQ(after(kCopy, s, split(s, "i", 12, "", "", "shift")),
            "k.loop:2:3: error: cannot split: 'i' has fewer than 12 iterations: no tile fits\n    for i in 0..10\n    "
            "^^^^^^^^^^^^^^\n  legal: 1..10");
  EXPECT_EQ(after(kCopy, s, split(s, "i", 4, "", "", "gaurd")),
            "error: cannot split: unknown tail 'gaurd'\n  legal: guard, pad, shift, exact\n  hint: did you mean "
            "'guard'?");
  Schedule sum = start(kSum);
  EXPECT_EQ(
      after(kSum, sum, split(sum, "i", 4, "", "", "shift")),
      "k.loop:2:3: error: cannot split: iterations of 'i' would run twice, and 'y' would not keep its values\n    "
      "for i in 0..6\n    ^^^^^^^^^^^^^\n  legal: guard, pad");
  EXPECT_EQ(
      after(kSum, sum, split(sum, "j", 3, "", "", "pad")),
      "for i in 0..6 { for j_outer in 0..3 { for j_inner in 0..3 { y[i] = y[i] + i32(x[i, j_outer * 3 + j_inner]); "
      "} } }");
  Schedule parallel_copy = start(kCopy);
  ASSERT_TRUE(parallel(parallel_copy, "i").ok());
  EXPECT_EQ(
      after(kCopy, parallel_copy, split(parallel_copy, "i", 4, "", "", "shift")),
      "k.loop:2:3: error: cannot split: 'i' is parallel, and two tiles would write the same elements\n    parallel "
      "i in 0..10\n    ^^^^^^^^^^^^^^^^^^^\n  legal: guard, pad");
  constexpr char kMost[] = "kernel k(x: i8[7], out y: i8[1]) {\n  for j in 0..7 { y[0] = max(y[0], x[j]); }\n}\n";
  Schedule most = start(kMost);
  EXPECT_EQ(after(kMost, most, split(most, "j", 4, "", "", "pad")),
            "k.loop:2:3: error: cannot split: new iterations would change 'y': no axis of extent 7 is indexed by 'j', "
            "and no factor that is added is known to be zero there\n    for j in 0..7\n    ^^^^^^^^^^^^^");
  EXPECT_EQ(most.kernel.params[0].buffer->shape, (Shape{7}));
}

TEST(Tile, SplitsAndReorders) {
  constexpr char kMap[] =
      "kernel k(x: i8[6, 8], out y: i8[6, 8]) {\n  for i in 0..6 { for j in 0..8 { y[i, j] = x[i, j]; } }\n}\n";
  Schedule s = start(kMap);
  EXPECT_EQ(after(kMap, s, tile(s, {"i", "j"}, {3, 4})),
            "for i_outer in 0..2 { for j_outer in 0..2 { for i_inner in 0..3 { for j_inner in 0..4 { y[i_outer * 3 + "
            "i_inner, j_outer * 4 + j_inner] = x[i_outer * 3 + i_inner, j_outer * 4 + j_inner]; } } } }");
  EXPECT_EQ(to_json(s.trace), R"([{"primitive":"tile","loops":["i","j"],"factors":[3,4],"tail":"guard"}])");
  Schedule t = start(kMap);
  EXPECT_EQ(after(kMap, t, tile(t, {"i", "j"}, {3})),
            "error: cannot tile: 2 loops are named and 1 factors\n  hint: give one factor for each loop");
  EXPECT_EQ(after(kMap, t, tile(t, {"i", "j"}, {3, 5}, "exact")),
            "k.loop:2:19: error: cannot tile: cannot split: 5 does not divide the 8 iterations of 'j'\n    for j in "
            "0..8\n    ^^^^^^^^^^^^^\n  legal: 1, 2, 4, 8\n  hint: or let the tail be guarded, padded or shifted");
  EXPECT_TRUE(t.trace.empty());
  EXPECT_EQ(to_text(t.kernel), to_text(start(kMap).kernel));
}

TEST(Kinds, AreGivenWhereIterationsAreIndependent) {
  Schedule s = start(kSum);
  EXPECT_EQ(after(kSum, s, bind(s, "i", "block.x")),
            "block.x i in 0..6 { for j in 0..8 { y[i] = y[i] + i32(x[i, j]); } }");
  EXPECT_EQ(after(kSum, s, unroll(s, "j")), "block.x i in 0..6 { unrolled j in 0..8 { y[i] = y[i] + i32(x[i, j]); } }");
  EXPECT_EQ(after(kSum, s, vectorize(s, "j")),
            "k.loop:2:19: error: cannot vectorize: the iterations of 'j' depend on each other: an iteration reads 'y' "
            "that another one (j later) writes\n    unrolled j in 0..8\n    ^^^^^^^^^^^^^^^^^^\n  hint: rfactor it, or "
            "choose a loop that indexes the sum");
  EXPECT_EQ(after(kSum, s, bind(s, "j", "block.x")),
            "k.loop:2:19: error: cannot bind: a loop around or inside 'j' has the axis block.x\n    unrolled j in "
            "0..8\n    ^^^^^^^^^^^^^^^^^^\n  legal: block.y, block.z, thread.x, thread.y, thread.z");
  EXPECT_EQ(after(kSum, s, bind(s, "j", "blok.x")),
            "error: cannot bind: unknown axis 'blok.x'\n  legal: block.x, block.y, block.z, thread.x, thread.y, "
            "thread.z\n  hint: did you mean 'block.x'?");
  EXPECT_EQ(after(kSum, s, bind(s, "j", "parallel")),
            "error: cannot bind: unknown axis 'parallel'\n  legal: block.x, block.y, block.z, thread.x, thread.y, "
            "thread.z");
}

// What intervals cannot decide, ISL does: divided indices and conditions.
TEST(Kinds, AreDecidedExactly) {
  constexpr char kEvenOdd[] = "kernel k(t: i8[16]) {\n  for i in 0..8 { t[i * 2] = t[i * 2 + 1]; }\n}\n";
  Schedule s = start(kEvenOdd);
  EXPECT_TRUE(parallel(s, "i").ok());
  constexpr char kFused[] =
      "kernel k(x: i8[4, 4], out y: i8[4, 4]) {\n  for f in 0..16 { y[f / 4, f % 4] = x[f / 4, f % 4]; }\n}\n";
  Schedule fused = start(kFused);
  EXPECT_TRUE(parallel(fused, "f").ok());
  constexpr char kGuarded[] = "kernel k(t: i8[16]) {\n  for i in 0..16 { if (i < 8) { t[i + 8] = t[i]; } }\n}\n";
  Schedule guarded = start(kGuarded);
  EXPECT_TRUE(vectorize(guarded, "i").ok());
}

TEST(Pipeline, GivesPlacesToWhatIsFilledAnew) {
  Schedule s = start(kSum);
  EXPECT_EQ(after(kSum, s, pipeline(s, "i", 2)),
            "k.loop:2:3: error: cannot pipeline: no buffer is filled anew in each iteration of 'i'\n    for i in "
            "0..6\n    ^^^^^^^^^^^^^\n  hint: stage or compute_at what it reads first");
  ASSERT_TRUE(stage(s, "x", "near", "i").ok());
  EXPECT_EQ(
      after(kSum, s, pipeline(s, "i", 1)),
      "k.loop:2:3: error: cannot pipeline: 1 stages do not overlap\n    for i in 0..6\n    ^^^^^^^^^^^^^\n  legal: "
      "2, 3");
  EXPECT_EQ(after(kSum, s, pipeline(s, "i", 2)),
            "for i in 0..6 { alloc x_near: i8[1, 8] in near times 2 { for x_near_0 in 0..1 { for x_near_1 in 0..8 { "
            "x_near[x_near_0, x_near_1] = x[i + x_near_0, x_near_1]; } } for j in 0..8 { y[i] = y[i] + "
            "i32(x_near[0, j]); } } }");
}

TEST(Rfactor, SumsInParts) {
  Schedule s = start(kSum);
  ASSERT_TRUE(split(s, "j", 4).ok());
  EXPECT_EQ(after(kSum, s, rfactor(s, "j_inner", "near")),
            "for i in 0..6 { for j_outer in 0..2 { alloc y_near: i32[4, 1] in near { for j_inner in 0..4 { "
            "y_near[j_inner, 0] = y_near[j_inner, 0] + i32(x[i, j_outer * 4 + j_inner]); } for y_near_0 in 0..4 { for "
            "y_near_1 in 0..1 { y[i + y_near_1] = y[i + y_near_1] + y_near[y_near_0, y_near_1]; } } } } }");
  EXPECT_TRUE(vectorize(s, "j_inner").ok());
  EXPECT_EQ(after(kSum, s, rfactor(s, "i", "near")),
            "k.loop:2:3: error: cannot rfactor: this is no perfect nest around one store\n    for i in 0..6\n    "
            "^^^^^^^^^^^^^");
  Schedule t = start(kSum);
  EXPECT_EQ(after(kSum, t, rfactor(t, "i", "near")),
            "k.loop:2:3: error: cannot rfactor: 'i' indexes 'y': nothing is summed over it\n    for i in 0..6\n    "
            "^^^^^^^^^^^^^\n  legal: j");
  Schedule copy = start(kCopy);
  EXPECT_EQ(after(kCopy, copy, rfactor(copy, "i", "near")),
            "k.loop:2:3: error: cannot rfactor: max(x[i], 0) is no sum, product, minimum or maximum with the stored "
            "element\n    for i in 0..10\n    ^^^^^^^^^^^^^^");
  EXPECT_EQ(after(kCopy, copy, rfactor(copy, "i", "n e")),
            "error: cannot rfactor: 'n e' is no name of a memory\n  hint: letters, digits and _");
  constexpr char kFloats[] = "kernel k(x: f32[4], out y: f32[1]) {\n  for i in 0..4 { y[0] = y[0] + x[i]; }\n}\n";
  Schedule floats = start(kFloats);
  EXPECT_EQ(after(kFloats, floats, rfactor(floats, "i", "near")),
            "k.loop:2:3: error: cannot rfactor: 'y' is f32: another order of a sum rounds differently\n    for i in "
            "0..4\n    ^^^^^^^^^^^^^");
  constexpr char kMost[] =
      "kernel k(x: i8[3, 7], out y: i8[3]) {\n  for i in 0..3 { for j in 0..7 { y[i] = max(y[i], x[i, j]); } }\n}\n";
  Schedule most = start(kMost);
  EXPECT_EQ(after(kMost, most, rfactor(most, "j", "near")),
            "for i in 0..3 { alloc y_near: i8[7, 1] in near { for y_near_init_0 in 0..7 { for y_near_init_1 in 0..1 { "
            "y_near[y_near_init_0, y_near_init_1] = -128; } } for j in 0..7 { y_near[j, 0] = max(y_near[j, 0], x[i, "
            "j]); } for y_near_0 in 0..7 { for y_near_1 in 0..1 { y[i + y_near_1] = max(y[i + y_near_1], "
            "y_near[y_near_0, y_near_1]); } } } }");
  constexpr char kAsked[] =
      "kernel k(x: i8[3], out y: i8[1]) {\n  for i in 0..3 { if (y[0] < 5) { y[0] = y[0] + x[i]; } }\n}\n";
  Schedule asked = start(kAsked);
  EXPECT_EQ(after(kAsked, asked, rfactor(asked, "i", "near")),
            "k.loop:2:19: error: cannot rfactor: this condition reads 'y'\n    if (y[0] < 5)\n    ^^^^^^^^^^^^^");
}

TEST(Rfactor, KeepsIterationsIndependent) {
  constexpr char kStrided[] =
      "kernel k(x: i32[4, 3], out y: i32[6]) {\n  for p in 0..2 {\n    for k in 0..4 { for i in 0..3 { y[i * 2 + p] = "
      "y[i "
      "* 2 + p] + x[k, i]; } }\n  }\n}\n";
  Schedule s = start(kStrided);
  ASSERT_TRUE(parallel(s, "p").ok());
  EXPECT_EQ(
      after(kStrided, s, rfactor(s, "k", "near")),
      "k.loop:2:3: error: cannot rfactor: iterations of 'p' would depend on each other: an iteration reads 'y' that "
      "another one (p later) writes\n    parallel p in 0..2\n    ^^^^^^^^^^^^^^^^^^\n  hint: 'p' is parallel: do it "
      "before that");
}

TEST(Stage, RefusesWhatIsAllocatedInside) {
  constexpr char kZeros[] = "kernel k(out y: i8[4]) {\n  for i in 0..4 { alloc t: i8[4] { y[i] = t[i]; } }\n}\n";
  Schedule s = start(kZeros);
  EXPECT_EQ(after(kZeros, s, stage(s, "t", "near", "")), "error: cannot stage: 't' is allocated in the kernel");
  EXPECT_EQ(after(kZeros, s, stage(s, "t", "near", "i")),
            "k.loop:2:3: error: cannot stage: 't' is allocated in 'i'\n    for i in 0..4\n    ^^^^^^^^^^^^^");
}

constexpr char kTwo[] =
    "kernel k(x: i8[10], out y: i8[10]) {\n"
    "  alloc t: i8[10] {\n"
    "    for a in 0..3 { for b in 0..4 { if (a * 4 + b < 10) { t[a * 4 + b] = x[a * 4 + b]; } } }\n"
    "    for q in 0..10 { y[q] = max(t[q], 0); }\n"
    "  }\n"
    "}\n";

TEST(ReverseComputeAt, MovesWhatReads) {
  Schedule s = start(kTwo);
  EXPECT_EQ(after(kTwo, s, reverse_compute_at(s, "q", "a")),
            "for a in 0..3 { alloc t: i8[4] { for b in 0..4 { if (a * 4 + b < 10) { t[b] = x[a * 4 + b]; } } for q in "
            "0..4 { if (a * 4 + q < 10) { y[a * 4 + q] = max(t[q], 0); } } } }");
}

TEST(ReverseComputeAt, Refuses) {
  const auto refusal = [](const std::string& body, const std::string& loop, const std::string& at) {
    const std::string text = "kernel k(x: i8[10], out y: i8[10]) {\n  alloc t: i8[10] {\n" + body + "  }\n}\n";
    Schedule s = start(text);
    return after(text, s, reverse_compute_at(s, loop, at));
  };
  const std::string fill = "    for p in 0..10 { t[p] = x[p]; }\n";
  EXPECT_EQ(refusal(fill + "    for q in 0..10 { y[q] = t[q]; }\n", "p", "q"),
            "k.loop:3:5: error: cannot reverse_compute_at: this nest does not stand after the nest of 'q', under the "
            "same loops\n    for p in 0..10\n    ^^^^^^^^^^^^^^\n  hint: fission or reorder first");
  EXPECT_EQ(refusal(fill + "    for q in 0..10 { y[q] = x[q]; }\n", "q", "p"),
            "k.loop:4:5: error: cannot reverse_compute_at: this nest reads nothing that 'p' computes\n    for q in "
            "0..10\n    ^^^^^^^^^^^^^^");
  EXPECT_EQ(refusal(fill + "    for q in 0..9 { y[q] = t[q + 1]; }\n", "q", "p"),
            "k.loop:4:21: error: cannot reverse_compute_at: axis 0 of 't' is indexed by q + 1, not by a loop of its "
            "own\n    y[q] = t[q + 1]\n    ^^^^^^^^^^^^^^^");
  EXPECT_EQ(refusal(fill + "    for q in 0..9 { y[q] = t[q] + t[q + 1]; }\n", "q", "p"),
            "k.loop:4:21: error: cannot reverse_compute_at: 't' is read in two places\n    y[q] = t[q] + t[q + 1]\n    "
            "^^^^^^^^^^^^^^^^^^^^^^");
  EXPECT_EQ(refusal("    for p in 0..9 { t[p] = x[p]; }\n    for q in 0..10 { y[q] = t[q]; }\n", "q", "p"),
            "k.loop:3:5: error: cannot reverse_compute_at: its iterations do not compute separate tiles of 't' that "
            "cover all that 'q' reads\n    for p in 0..9\n    ^^^^^^^^^^^^^");
  EXPECT_EQ(
      refusal(fill + "    for q in 0..10 { y[0] = max(t[q], x[q]); }\n", "q", "p"),
      "k.loop:4:5: error: cannot reverse_compute_at: parts of this nest depend on each other: both touch 'y'\n    "
      "for q in 0..10\n    ^^^^^^^^^^^^^^");
  EXPECT_EQ(
      refusal(fill + "    for r in 0..10 { x[r] = 0; }\n    for q in 0..10 { y[q] = max(t[q], x[q]); }\n", "q", "p"),
      "k.loop:4:5: error: cannot reverse_compute_at: this stands between the two nests and writes 'x'\n    for r "
      "in 0..10\n    ^^^^^^^^^^^^^^");
  EXPECT_EQ(
      refusal("    for p in 0..9 { t[p] = x[p]; t[p + 1] = x[p]; }\n    for q in 0..10 { y[q] = t[q]; }\n", "q", "p"),
      "k.loop:3:5: error: cannot reverse_compute_at: its iterations do not compute separate tiles of 't' that "
      "cover all that 'q' reads\n    for p in 0..9\n    ^^^^^^^^^^^^^");
  EXPECT_EQ(
      refusal("    for p in 0..10 { t[p] = x[p]; }\n    for q in 0..10 { x[9] = t[q]; }\n", "q", "p"),
      "k.loop:3:5: error: cannot reverse_compute_at: a later iteration reads 'x', which this nest writes\n    for "
      "p in 0..10\n    ^^^^^^^^^^^^^^");
  EXPECT_EQ(
      refusal("    for a in 0..2 { if (a < 1) { for p in 0..10 { t[p] = x[p]; } } }\n"
              "    for q in 0..10 { y[q] = t[q]; }\n",
              "q", "p"),
      "k.loop:3:21: error: cannot reverse_compute_at: 'p' does not always run: this condition is around it\n    if "
      "(a < 1)\n    ^^^^^^^^^^");
}

TEST(Trace, IsMutated) {
  Schedule s = start(kCopy);
  ASSERT_TRUE(split(s, "i", 5, "", "", "exact").ok());
  ASSERT_TRUE(unroll(s, "i_inner").ok());
  const loop::Kernel definition = start(kCopy).kernel;
  const Result<Trace> changed = with_argument(s.trace, 0, "factor", int64_t{2});
  ASSERT_TRUE(changed.ok());
  const Result<Schedule> replayed = replay(definition, *changed, {});
  ASSERT_TRUE(replayed.ok()) << render(replayed.error());
  EXPECT_EQ(after(kCopy, *replayed, Result<void>()),
            "for i_outer in 0..5 { unrolled i_inner in 0..2 { y[i_outer * 2 + i_inner] = max(x[i_outer * 2 + i_inner], "
            "0); } }");
  EXPECT_EQ(
      render(replay(definition, *with_argument(s.trace, 0, "factor", int64_t{3}), {}).error()),
      "k.loop:2:3: error: step 0 of the trace: cannot split: 3 does not divide the 10 iterations of 'i'\n    for i "
      "in 0..10\n    ^^^^^^^^^^^^^^\n  legal: 1, 2, 5, 10\n  hint: or let the tail be guarded, padded or shifted");
  EXPECT_EQ(render(with_argument(s.trace, 2, "factor", int64_t{3}).error()),
            "error: the trace has 2 steps, there is no step 2");
  EXPECT_EQ(
      render(with_argument(s.trace, 0, "facto", int64_t{3}).error()),
      "error: step 0 of the trace: 'split': unknown argument 'facto'\n  legal: loop, factor, outer, inner, tail\n  "
      "hint: did you mean 'factor'?");
  EXPECT_EQ(render(with_argument(s.trace, 0, "factor", std::string("3")).error()),
            "error: step 0 of the trace: argument 'factor' of 'split' is of another type");
}

}  // namespace
}  // namespace tandem::schedule
