#include "compiler/codegen/accel/tokens.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>

#include "support/rng.h"

namespace tandem::codegen {
namespace {

Step step(isa::Engine engine, std::vector<Access> accesses) {
  Step result;
  isa::Load load;
  load.mem_type = engine == isa::Engine::kLoad ? isa::Memory::kInp : isa::Memory::kAcc;
  result.instruction = engine == isa::Engine::kStore ? isa::Instruction(isa::Store{}) : isa::Instruction(load);
  result.engine = engine;
  result.accesses = std::move(accesses);
  return result;
}

/// Runs the engines in a random order that tokens and queues of `depth` allow; returns the order, shorter where they
/// block.
std::vector<size_t> random_order(const std::vector<Step>& steps, size_t depth, Rng& rng) {
  std::array<std::deque<size_t>, 3> queues;
  for (size_t i = 0; i < steps.size(); ++i) queues[static_cast<size_t>(steps[i].engine)].push_back(i);
  std::array<std::array<size_t, 3>, 3> tokens{};  // [from][to]
  std::vector<size_t> order;
  for (int idle = 0; idle < 200 && order.size() < steps.size(); ++idle) {
    const auto e = static_cast<size_t>(rng.uniform(0, 2));
    if (queues[e].empty()) continue;
    const isa::TokenFlags f = isa::token_flags(steps[queues[e].front()].instruction);
    if (f.pop_prev && tokens[e - 1][e] == 0) continue;
    if (f.pop_next && tokens[e + 1][e] == 0) continue;
    if (f.push_prev && tokens[e][e - 1] == depth) continue;
    if (f.push_next && tokens[e][e + 1] == depth) continue;
    if (f.pop_prev) --tokens[e - 1][e];
    if (f.pop_next) --tokens[e + 1][e];
    if (f.push_prev) ++tokens[e][e - 1];
    if (f.push_next) ++tokens[e][e + 1];
    order.push_back(queues[e].front());
    queues[e].pop_front();
    idle = 0;
  }
  size_t left = 0;
  for (const auto& row : tokens) {
    for (const size_t count : row) left += count;
  }
  EXPECT_TRUE(order.size() < steps.size() || left == 0) << left << " tokens are left over";
  return order;
}

TEST(Tokens, EveryExecutionKeepsEveryDependence) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    std::vector<Step> steps;
    const int64_t count = rng.uniform(1, 40), spaces = rng.uniform(1, 4);
    for (int64_t i = 0; i < count; ++i) {
      std::vector<Access> accesses;
      for (int64_t a = rng.uniform(0, 3); a > 0; --a) {
        const int64_t begin = rng.uniform(0, 20);
        accesses.push_back(
            {static_cast<int>(rng.uniform(0, spaces - 1)), begin, begin + rng.uniform(1, 6), rng.chance(0.5)});
      }
      steps.push_back(step(static_cast<isa::Engine>(rng.uniform(0, 2)), std::move(accesses)));
    }
    const auto depth = static_cast<size_t>(rng.uniform(1, 6));
    const std::vector<Step> sequenced = with_tokens(steps, static_cast<int>(depth));
    for (int run = 0; run < 4; ++run) {
      const std::vector<size_t> order = random_order(sequenced, depth, rng);
      ASSERT_EQ(order.size(), sequenced.size()) << "the engines block";
      std::vector<size_t> place(order.size());
      for (size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
      for (size_t a = 0; a < sequenced.size(); ++a) {
        for (size_t b = a + 1; b < sequenced.size(); ++b) {
          for (const Access& x : sequenced[a].accesses) {
            for (const Access& y : sequenced[b].accesses) {
              const bool conflict =
                  x.space == y.space && x.begin < y.end && y.begin < x.end && (x.is_write || y.is_write);
              ASSERT_TRUE(!conflict || place[a] < place[b]) << "steps " << a << " and " << b;
            }
          }
        }
      }
    }
  }
}

TEST(Tokens, DoubleBufferingLetsLoadsRunAhead) {
  std::vector<Step> steps;
  for (int64_t tile = 0; tile < 4; ++tile) {
    const int64_t half = tile % 2 * 100;
    steps.push_back(step(isa::Engine::kLoad, {{kSpaceInp, half, half + 100, true}}));
    steps.push_back(step(isa::Engine::kCompute, {{kSpaceInp, half, half + 100, false}}));
  }
  const std::vector<Step> sequenced = with_tokens(steps, 512);
  ASSERT_EQ(sequenced.size(), 8u);
  EXPECT_FALSE(isa::token_flags(sequenced[2].instruction).pop_next) << "the second load waits for nothing";
  EXPECT_TRUE(isa::token_flags(sequenced[4].instruction).pop_next) << "the third waits for the first computation";
  EXPECT_TRUE(isa::token_flags(sequenced[1].instruction).push_prev);
  EXPECT_FALSE(isa::token_flags(sequenced[5].instruction).push_prev) << "nobody needs the half of the third tile again";
}

}  // namespace
}  // namespace tandem::codegen
