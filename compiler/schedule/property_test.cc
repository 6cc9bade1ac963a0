// Random kernels under random traces: whatever the primitives accept must keep the meaning. Loops whose iterations may
// run at the same time are interpreted in both orders. A failure prints its seed and a shrunk trace that still fails.
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

  /// Tries one random call; a refusal leaves the schedule as it is.
  void step() {
    switch (rng_.uniform(0, 20)) {
      case 0:
      case 1:
        return ignore(split(s_, loop(), rng_.uniform(1, 4), "", "",
                            rng_.pick<std::string>({"guard", "guard", "pad", "shift", "exact"})));
      case 2:
        return fuse_some();
      case 3:
      case 4:
        return reorder_some();
      case 5:
        return give_a_kind();
      case 6:
        return ignore(fission(s_, loop()));
      case 7:
        return ignore(stage(s_, buffer(), "near", rng_.chance(0.2) ? "" : loop()));
      case 8:
        return ignore(rng_.chance(0.5) ? stage_write(s_, "result", "near") : stage_store(s_, loop(), "near"));
      case 9:
      case 10:
        return several([&] { return compute_at(s_, local_buffer(), loop()).ok(); }, 4);
      case 11:
        return several([&] { return reverse_compute_at(s_, loop(), loop()).ok(); }, 12);
      case 12:
        return ignore(rng_.chance(0.5) ? multi_buffer(s_, local_buffer(), 2) : pipeline(s_, loop(), 2));
      case 13:
        return ignore(pack(s_, buffer(), rng_.uniform(0, 2), rng_.uniform(1, 4)));
      case 14:
        return pad_some();
      case 15:
        return several([&] { return rfactor(s_, loop(), "part").ok(); }, 4);
      case 16:
        return tile_some();
      case 17:
      case 18:
        return several([&] { return rewrite_some(); }, 8);
      case 19:
        return ignore(rng_.chance(0.5) ? widen(s_, local_buffer(), "i32") : decompose(s_, loop(), local_buffer()));
      default:
        return ignore(rng_.chance(0.3)   ? remove_unit_loops(s_)
                      : rng_.chance(0.5) ? set_scope(s_, local_buffer(), "far")
                                         : replicate(s_, buffer(), rng_.uniform(0, 2), loop()));
    }
  }

 private:
  template <typename T>
  static void ignore(const Result<T>&) {}
  /// A few attempts at what is rarely legal.
  template <typename Attempt>
  static void several(Attempt attempt, int attempts) {
    for (int i = 0; i < attempts; ++i) {
      if (attempt()) return;
    }
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
  std::vector<std::string> local_buffers() {
    std::vector<std::string> names;
    walk(s_.kernel.body, [&](const Path& path) {
      if (const auto* node = as_alloc(path.back())) names.push_back(node->buffer->name);
    });
    return names;
  }
  std::string local_buffer() {
    const std::vector<std::string> names = local_buffers();
    return names.empty() ? "none" : rng_.pick(names);
  }
  std::string buffer() {
    std::vector<std::string> names = local_buffers();
    for (const loop::Param& param : s_.kernel.params) names.push_back(param.buffer->name);
    return rng_.pick(names);
  }
  /// The names of directly nested loops, from a random one on.
  std::vector<std::string> chain() {
    std::vector<std::string> names;
    const auto all = loops();
    if (all.empty()) return names;
    for (const loop::For* node = rng_.pick(all); node; node = as_for(node->body)) names.push_back(node->var->name);
    return names;
  }

  void fuse_some() {
    for (int attempt = 0; attempt < 5; ++attempt) {
      const std::vector<std::string> names = chain();
      if (names.size() > 1) return ignore(fuse(s_, names[0], names[1]));
    }
  }
  void reorder_some() {
    std::vector<std::string> names = chain();
    for (size_t i = names.size(); i > 1; --i) {
      std::swap(names[i - 1], names[static_cast<size_t>(rng_.uniform(0, static_cast<int64_t>(i) - 1))]);
    }
    if (!names.empty()) ignore(reorder(s_, names));
  }
  void tile_some() {
    std::vector<std::string> names = chain();
    if (names.size() > 2) names.resize(2);
    std::vector<int64_t> factors;
    for (size_t i = 0; i < names.size(); ++i) factors.push_back(rng_.uniform(1, 4));
    ignore(tile(s_, names, factors, rng_.pick<std::string>({"guard", "pad", "shift"})));
  }
  void give_a_kind() {
    const std::string name = loop();
    switch (rng_.uniform(0, 3)) {
      case 0:
        return ignore(parallel(s_, name));
      case 1:
        return ignore(vectorize(s_, name));
      case 2:
        return ignore(unroll(s_, name));
      default:
        return ignore(bind(s_, name, rng_.pick<std::string>({"block.x", "block.y", "thread.x"})));
    }
  }
  bool rewrite_some() {
    switch (rng_.uniform(0, 8)) {
      case 0:
        return absorb(s_, local_buffer()).ok();
      case 1:
        return compute_inline(s_, local_buffer()).ok();
      case 2:
        several([&] { return unfold(s_, local_buffer(), rng_.uniform(0, 2), loop(), loop()).ok(); }, 30);
        return true;
      case 3:
        return start_from_zero(s_, loop()).ok();
      case 4:
        return reassociate(s_, loop()).ok();
      case 5:
        return products_to_shifts(s_, loop()).ok();
      case 6:
        several([&] { return begin_sum(s_, loop(), loop()).ok(); }, 10);
        return true;
      case 7:
        return rewrite(s_, loop(), operations()).ok();
      default:
        return skip_neutral(s_, loop()).ok();
    }
  }
  std::vector<std::string> operations() {
    std::vector<std::string> list;
    for (int64_t count = rng_.uniform(1, 2); count > 0; --count) {
      list.push_back(rng_.pick<std::string>({"add", "max", "min", "mul"}) + " " +
                     std::to_string(rng_.pick<int64_t>({0, 1, -1, 3, 7, -128, 127, 100})));
    }
    return list;
  }
  void pad_some() {
    const auto all = loops();
    if (all.empty()) return;
    const int64_t extent = rng_.pick(all)->extent;
    std::vector<std::string> names;
    for (const loop::For* node : all) {
      if (node->extent == extent && rng_.chance(0.7)) names.push_back(node->var->name);
    }
    ignore(pad(s_, names, rng_.uniform(2, 4)));
  }

  Schedule& s_;
  Rng& rng_;
};

/// The iterations of all loops that may run at the same time, last one first.
class Reversal : public loop::Rewriter {
 protected:
  Stmt on_stmt(const Stmt& stmt) override {
    const auto* node = as_for(stmt);
    if (!node || !is_concurrent(node->kind)) return stmt;
    const Expr last_first = loop::integer(node->extent - 1) - loop::use(node->var);
    return loop::for_loop(node->var, node->extent, loop::substitute(node->body, {{node->var, last_first}}), node->kind);
  }
};

struct Case {
  loop::Kernel kernel;
  std::map<std::string, Tensor> inputs, expected;

  /// What is wrong with the kernel that the trace makes; "" where nothing is. `text`: the kernel.
  std::string fault(const Trace& trace, std::string& text) const {
    const Result<Schedule> replayed = replay(kernel, trace, {});
    if (!replayed.ok()) return "it does not replay: " + render(replayed.error());
    loop::Kernel scheduled = replayed->kernel;
    text = to_text(scheduled);
    for (const char* order : {"", ", concurrent loops in reverse"}) {
      std::map<std::string, Tensor> buffers = inputs;
      const Result<void> ran = interpret_logical(scheduled, buffers);
      if (!ran.ok()) return render(ran.error()) + order;
      if (!(buffers["result"] == expected.at("result"))) return std::string("the results differ") + order;
      const Stmt reversed = Reversal().rewrite(scheduled.body);
      if (reversed == scheduled.body) break;
      scheduled.body = reversed;
    }
    const Result<loop::Kernel> again = loop::parse_kernel(text, "scheduled.loop");
    if (!again.ok()) return "the text does not read back: " + render(again.error());
    if (!equal(replayed->kernel, *again)) return "the text reads back as another kernel";
    return "";
  }
  /// The trace without the steps that the fault does not need, as far as leaving out one at a time tells.
  Trace shrunk(Trace trace) const {
    for (bool smaller = true; smaller;) {
      smaller = false;
      for (size_t i = trace.size(); i-- > 0;) {
        Trace shorter;  // without step i and what then is illegal
        Schedule schedule(kernel);
        for (size_t j = 0; j < trace.size(); ++j) {
          if (j != i && apply(schedule, trace[j], {}).ok()) shorter.push_back(trace[j]);
        }
        std::string text;
        if (fault(shorter, text).empty()) continue;
        trace = shorter;
        smaller = true;
        break;
      }
    }
    return trace;
  }
};

void check_seed(uint64_t seed, std::map<std::string, int>& accepted) {
  Rng rng(seed);
  Case test{loop::random_kernel(rng), {}, {}};
  test.inputs = loop::random_inputs(test.kernel, rng);
  test.expected = test.inputs;
  const Result<void> ran = interpret(test.kernel, test.expected);
  ASSERT_TRUE(ran.ok()) << "seed " << seed << "\n" << render(ran.error()) << "\n" << to_text(test.kernel);
  Schedule schedule(test.kernel);
  RandomTrace random(schedule, rng);
  for (int step = 0; step < 25; ++step) random.step();
  for (const Step& step : schedule.trace) ++accepted[step.primitive];
  std::string text;
  std::string fault = test.fault(schedule.trace, text);
  if (fault.empty() && text != to_text(schedule.kernel)) fault = "the replayed kernel is another one";
  if (fault.empty()) return;
  const Trace trace = test.shrunk(schedule.trace);
  const std::string least = test.fault(trace, text);
  FAIL() << "TANDEM_SEED=" << seed << ": " << fault << "\n"
         << to_text(test.kernel) << "under " << to_json(trace) << "\nbecomes, and " << least << ":\n"
         << text;
}

TEST(ScheduleProperty, RandomTracesKeepTheMeaning) {
  // TANDEM_SEED replays one case, TANDEM_CASES runs more of them.
  const char* cases = std::getenv("TANDEM_CASES");
  const char* seed = std::getenv("TANDEM_SEED");
  std::map<std::string, int> accepted;
  const uint64_t first = seed ? std::strtoull(seed, nullptr, 10) : 0;
  const uint64_t last = seed ? first + 1 : cases ? std::strtoull(cases, nullptr, 10) : 1000;
  for (uint64_t i = first; i < last && !::testing::Test::HasFatalFailure(); ++i) check_seed(i, accepted);
  if (seed) return;
  std::string counts;
  for (const std::string& primitive : primitive_names()) {
    counts += primitive + " " + std::to_string(accepted[primitive]) + ", ";
    if (primitive == "tensorize" || primitive == "assume") continue;  // need what random kernels and inputs have not
    EXPECT_GE(accepted[primitive], 5) << primitive;
  }
  RecordProperty("accepted", counts);
  if (cases) std::puts(counts.c_str());
}

}  // namespace
}  // namespace tandem::schedule
