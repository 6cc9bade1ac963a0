// Random kernels under random traces: whatever the primitives accept must keep the meaning.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "compiler/loop/interpreter.h"
#include "compiler/loop/parser.h"
#include "compiler/loop/random_kernel.h"
#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

class RandomTrace {
 public:
  RandomTrace(Schedule& schedule, Rng& rng) : s_(schedule), rng_(rng) {}

  /// Tries one random call; false where it was refused.
  bool step() {
    switch (rng_.uniform(0, 14)) {
      case 0:
        return split(s_, loop(), rng_.uniform(1, 4)).ok();
      case 1:
        return fuse_some();
      case 2:
      case 3:
        return reorder_some();
      case 4:
        return annotate(s_, loop(), "parallel").ok();
      case 5:
        return fission(s_, loop()).ok();
      case 6:
        return stage(s_, buffer(), "near", rng_.chance(0.2) ? "" : loop()).ok();
      case 7:
        return stage_write(s_, "result", "near").ok();
      case 8:
      case 9:
        return compute_at(s_, buffer(), loop()).ok();
      case 10:
        return multi_buffer(s_, buffer(), 2).ok();
      case 11:
        return pack(s_, buffer(), rng_.uniform(0, 2), rng_.uniform(1, 4)).ok();
      case 12:
        return pad_some();
      case 13:
        return rewrite_some();
      default:
        return rng_.chance(0.5) ? widen(s_, buffer(), "i32").ok() : decompose(s_, loop(), buffer()).ok();
    }
  }

 private:
  /// A few attempts at what is rarely legal.
  template <typename Attempt>
  bool several(Attempt attempt) {
    for (int i = 0; i < 25; ++i) {
      if (attempt()) return true;
    }
    return false;
  }
  std::vector<const loop::For*> loops() {
    std::vector<const loop::For*> result;
    walk(s_.kernel.body, [&](const Path& path) {
      if (as_for(path.back())) result.push_back(as_for(path.back()));
    });
    return result;
  }
  std::string loop() {
    const auto all = loops();
    return all.empty() ? "none" : rng_.pick(all)->var->name;
  }
  std::string buffer() {
    std::vector<std::string> names;
    for (const loop::Param& param : s_.kernel.params) names.push_back(param.buffer->name);
    walk(s_.kernel.body, [&](const Path& path) {
      if (const auto* node = as_alloc(path.back())) names.push_back(node->buffer->name);
    });
    return rng_.pick(names);
  }
  bool fuse_some() {
    const auto all = loops();
    for (int attempt = 0; attempt < 5 && !all.empty(); ++attempt) {
      const loop::For* outer = rng_.pick(all);
      if (const auto* inner = as_for(outer->body)) return fuse(s_, outer->var->name, inner->var->name).ok();
    }
    return false;
  }
  bool rewrite_some() {
    switch (rng_.uniform(0, 6)) {
      case 0:
        return absorb(s_, buffer()).ok();
      case 1:
        return compute_inline(s_, buffer()).ok();
      case 2:
        return unfold(s_, buffer(), rng_.uniform(0, 2), loop(), loop()).ok();
      case 3:
        return start_from_zero(s_, loop()).ok();
      case 4:
        return reassociate(s_, loop()).ok();
      case 5:
        return products_to_shifts(s_, loop()).ok();
      default:
        return skip_neutral(s_, loop()).ok();
    }
  }
  bool reorder_some() {
    std::vector<std::string> chain;
    const auto all = loops();
    if (all.empty()) return false;
    for (const loop::For* node = rng_.pick(all); node; node = as_for(node->body)) chain.push_back(node->var->name);
    for (size_t i = chain.size(); i > 1; --i) {
      std::swap(chain[i - 1], chain[static_cast<size_t>(rng_.uniform(0, static_cast<int64_t>(i) - 1))]);
    }
    return reorder(s_, chain).ok();
  }
  bool pad_some() {
    const auto all = loops();
    if (all.empty()) return false;
    const int64_t extent = rng_.pick(all)->extent;
    std::vector<std::string> names;
    for (const loop::For* node : all) {
      if (node->extent == extent && rng_.chance(0.7)) names.push_back(node->var->name);
    }
    return pad(s_, names, rng_.uniform(2, 4)).ok();
  }

  Schedule& s_;
  Rng& rng_;
};

void check_seed(uint64_t seed, std::map<std::string, int>& accepted) {
  Rng rng(seed);
  const loop::Kernel kernel = loop::random_kernel(rng);
  std::map<std::string, Tensor> expected = loop::random_inputs(kernel, rng), buffers = expected;
  ASSERT_TRUE(interpret(kernel, expected).ok());
  Schedule schedule(kernel);
  RandomTrace trace(schedule, rng);
  for (int step = 0; step < 25; ++step) trace.step();
  for (const Step& step : schedule.trace) ++accepted[step.primitive];
  const std::string text = to_text(schedule.kernel);
  const auto story = [&] {
    return "seed " + std::to_string(seed) + "\n" + to_text(kernel) + to_json(schedule.trace) + "\n" + text;
  };

  const Result<void> ran = interpret_logical(schedule.kernel, buffers);
  ASSERT_TRUE(ran.ok()) << render(ran.error()) << "\n" << story();
  ASSERT_TRUE(buffers["result"] == expected["result"]) << story();
  const Result<loop::Kernel> again = loop::parse_kernel(text, "scheduled.loop");
  ASSERT_TRUE(again.ok()) << render(again.error()) << "\n" << story();
  ASSERT_TRUE(equal(schedule.kernel, *again)) << story();
  const Result<Schedule> replayed = replay(kernel, to_json(schedule.trace), tensorize::IntrinsicSet());
  ASSERT_TRUE(replayed.ok()) << render(replayed.error()) << "\n" << story();
  ASSERT_EQ(to_text(replayed->kernel), text) << story();
}

TEST(ScheduleProperty, RandomTracesKeepTheMeaning) {
  // TANDEM_SEED replays one case, TANDEM_CASES runs more of them.
  const char* cases = std::getenv("TANDEM_CASES");
  const char* seed = std::getenv("TANDEM_SEED");
  std::map<std::string, int> accepted;
  const uint64_t first = seed ? std::strtoull(seed, nullptr, 10) : 0;
  const uint64_t last = seed ? first + 1 : cases ? std::strtoull(cases, nullptr, 10) : 300;
  for (uint64_t i = first; i < last && !::testing::Test::HasFatalFailure(); ++i) check_seed(i, accepted);
  for (const char* primitive : {"split", "fuse", "reorder", "annotate", "fission", "stage", "stage_write", "compute_at",
                                "multi_buffer", "pack", "pad", "widen", "decompose"}) {
    EXPECT_TRUE(seed || accepted[primitive] > 5) << primitive << " was accepted " << accepted[primitive] << " times";
  }
}

}  // namespace
}  // namespace tandem::schedule
