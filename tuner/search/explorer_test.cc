#include "tuner/search/explorer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tuner/db/run_database.h"
#include "tuner/measure/protocol.h"
#include "tuner/search/analytic_machine.h"

extern char** environ;

namespace tandem::tuner {
namespace {

using ::testing::HasSubstr;

ExploreOptions options(uint64_t seed = 1) {
  ExploreOptions options;
  options.seed = seed;
  options.trials = 220;
  options.batch = 24;
  options.accelerators = 8;
  return options;
}

/// Everything that a run found, as text.
std::string text(const Exploration& exploration) {
  std::string all;
  for (const Design& design : exploration.designs) {
    all += design.hardware.name + (design.on_front ? " front" : "") + "\n";
    for (const LayerOutcome& outcome : design.best) {
      all += "  " + to_string(outcome.knobs) + " " + std::to_string(outcome.cycles.value_or(0)) + "\n";
    }
  }
  return all + std::to_string(exploration.best) + " " + std::to_string(exploration.best_untuned) + " " +
         std::to_string(exploration.trials) + " " + std::to_string(exploration.failed_trials);
}

Exploration run(const ExploreOptions& options, Executor& executor) {
  return explore(analytic_hardware(), analytic_layers(), AnalyticTemplates(), executor, options).value();
}
Exploration run(const ExploreOptions& options) {
  AnalyticExecutor executor;
  return run(options, executor);
}

/// Fewest cycles of the network on one accelerator, by trying everything.
uint64_t optimum(const isa::HwConfig& hardware) {
  const AnalyticTemplates templates;
  AnalyticExecutor executor;
  uint64_t total = 0;
  for (const Layer& layer : analytic_layers()) {
    const ScheduleSpace space(templates, layer, hardware);
    uint64_t best = ~uint64_t{0};
    for (int64_t i = 0; i < space.count(); ++i) {
      if (!space.infeasible(space.at(i)).empty()) continue;
      Request request;
      request.hardware = hardware;
      request.op = layer.op;
      request.knobs = space.values(space.at(i));
      best = std::min(best, executor.measure({request}, {}).value()[0].cycles.value_or(best));
    }
    total += static_cast<uint64_t>(layer.count) * best;
  }
  return total;
}

TEST(Explorer, ComesCloseToTheJointOptimum) {
  uint64_t joint = ~uint64_t{0};
  for (const isa::HwConfig& hardware : analytic_hardware().feasible()) joint = std::min(joint, optimum(hardware));
  const Exploration exploration = run(options());
  const Design &base = exploration.designs[0], &best = exploration.designs[exploration.best];
  EXPECT_LE(static_cast<double>(*best.cycles), 1.05 * static_cast<double>(joint)) << text(exploration);
  EXPECT_LE(static_cast<double>(*base.cycles), 1.05 * static_cast<double>(optimum(base.hardware)));
  EXPECT_LT(*best.cycles, *base.cycles);
  EXPECT_LT(*base.cycles, *base.untuned_cycles);
  EXPECT_LE(*best.cycles, *exploration.designs[exploration.best_untuned].untuned_cycles);
}

TEST(Explorer, HoldsItsBudgets) {
  AnalyticExecutor executor;
  const Exploration exploration = run(options(), executor);
  EXPECT_EQ(exploration.designs.size(), 8u);
  EXPECT_EQ(exploration.trials, 220);
  EXPECT_EQ(executor.measured, 220);
  const Size budget = size_of(isa::HwConfig{});
  for (const Design& design : exploration.designs) EXPECT_TRUE(within(size_of(design.hardware), budget));
  EXPECT_EQ(exploration.designs[0].hardware, isa::HwConfig{});
  EXPECT_GE(exploration.designs[0].trials, exploration.designs[exploration.best].trials);
}

TEST(Explorer, TheFrontIsWhatNothingDominates) {
  const Exploration exploration = run(options());
  for (const Design& a : exploration.designs) {
    bool dominated = false;
    for (const Design& b : exploration.designs) {
      const Size sa = size_of(a.hardware), sb = size_of(b.hardware);
      dominated |= *b.cycles <= *a.cycles && sb.macs <= sa.macs && sb.buffer_bits <= sa.buffer_bits &&
                   (*b.cycles < *a.cycles || sb.macs < sa.macs || sb.buffer_bits < sa.buffer_bits);
    }
    EXPECT_EQ(a.on_front, !dominated) << a.hardware.name;
  }
  EXPECT_TRUE(exploration.designs[exploration.best].on_front);
}

TEST(Explorer, SameSeedSameRun) {
  EXPECT_EQ(text(run(options(3))), text(run(options(3))));
  EXPECT_NE(text(run(options(3))), text(run(options(4))));
}

TEST(Explorer, TheModelIsWorthItsTrials) {
  double learned = 0, random = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    ExploreOptions few = options(seed);
    few.trials = 80;
    few.batch = 16;
    few.accelerators = 3;
    const Exploration guided = run(few);
    few.sampler = SamplerKind::kRandom;
    const Exploration blind = run(few);
    learned += static_cast<double>(*guided.designs[guided.best].cycles);
    random += static_cast<double>(*blind.designs[blind.best].cycles);
  }
  EXPECT_LT(learned, random) << learned << " " << random;
}

TEST(Explorer, FailuresAreCountedAndNamed) {
  ExploreOptions blind = options();
  blind.sampler = SamplerKind::kRandom;
  const Exploration exploration = run(blind);
  EXPECT_GT(exploration.failed_trials, 0);
  EXPECT_THAT(exploration.first_failure, HasSubstr("order=1 rows=16): simulate: crashed on '"));
}

TEST(Explorer, StopsWhenNothingIsLeftToTry) {
  const HardwareSpace one(isa::HwConfig{}, {{"bus_bytes", {8}}}, {size_of(isa::HwConfig{})});
  ExploreOptions many = options();
  many.trials = 5000;
  AnalyticExecutor executor;
  const Exploration exploration = explore(one, analytic_layers(), AnalyticTemplates(), executor, many).value();
  EXPECT_EQ(exploration.designs.size(), 1u);
  EXPECT_LE(exploration.trials, 3 * 80);
  EXPECT_EQ(*exploration.designs[0].cycles, optimum(isa::HwConfig{}));
}

TEST(Explorer, SaysWhyItCannotBegin) {
  AnalyticExecutor executor;
  const auto error = [&](const std::vector<Layer>& layers, const ExploreOptions& with, Executor& on) {
    const auto result = explore(analytic_hardware(), layers, AnalyticTemplates(), on, with);
    return result.ok() ? "" : render(result.error());
  };
  EXPECT_EQ(error({}, options(), executor), "error: the model has no layer that the accelerator can run");
  ExploreOptions few = options();
  few.trials = 23;
  EXPECT_EQ(error(analytic_layers(), few, executor),
            "error: 23 trials do not hold the default schedules of 8 accelerators x 3 layers\n"
            "  hint: give at least 24 trials, or fewer accelerators");
  class Broken : public Executor {
   public:
    Result<std::vector<Measurement>> measure(const std::vector<Request>& batch, const Arrivals&) override {
      return std::vector<Measurement>(batch.size(),
                                      Measurement{0, std::nullopt, "build: verilator is not installed", 0});
    }
  } broken;
  EXPECT_EQ(error(analytic_layers(), options(), broken),
            "error: the default accelerator does not run the model: layer 'first' (blocks=1 buffers=1 order=0 rows=1): "
            "build: verilator is not installed");
}

// ---- kill -9 and resume
// -------------------------------------------------------------------------------------------------------

const RunIdentity kIdentity = {{{"test", "explorer"}}, "0123456789ab"};
constexpr const char* kChildPath = "TANDEM_EXPLORER_TEST_RUN";

Exploration recorded_run(RunDatabase& database, AnalyticExecutor& inner) {
  const auto executor = make_recorded_executor(inner, database);
  return run(options(), *executor);
}

/// The run that the next test starts in a process of its own and kills.
TEST(Explorer, DISABLED_ChildOfTheKillTest) {
  const char* path = std::getenv(kChildPath);
  ASSERT_NE(path, nullptr);
  AnalyticExecutor slow(std::chrono::milliseconds(4));
  const auto database = RunDatabase::create(path, kIdentity).value();
  recorded_run(*database, slow);
}

TEST(Explorer, ResumesAfterKillWithTheSameAnswer) {
  const std::string folder = ::testing::TempDir() + "explorer_test." + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/run.sqlite", log = folder + "/log";
  const std::string variable = std::string(kChildPath) + "=" + path;
  std::vector<char*> environment = {const_cast<char*>(variable.c_str())};
  for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  environment.push_back(nullptr);
  const char* arguments[] = {"/proc/self/exe", "--gtest_also_run_disabled_tests",
                             "--gtest_filter=Explorer.DISABLED_ChildOfTheKillTest", nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_CREAT | O_WRONLY, 0600);
  pid_t child = -1;
  ASSERT_EQ(posix_spawn(&child, arguments[0], &actions, nullptr, const_cast<char**>(arguments), environment.data()), 0);
  posix_spawn_file_actions_destroy(&actions);

  // The records are locked by the child; the write-ahead log shows how far it is.
  const auto recorded_bytes = [&] {
    std::error_code none;
    const auto size = std::filesystem::file_size(path + "-wal", none);
    return none ? 0 : size;
  };
  for (int i = 0; i < 1000 && recorded_bytes() < 200'000; ++i) ::usleep(5000);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended before it could be killed";

  {
    const auto database = RunDatabase::resume(path, kIdentity).value();
    const int64_t kept = database->trials();
    EXPECT_GT(kept, 10);
    EXPECT_LT(kept, 220);
    AnalyticExecutor rest;
    EXPECT_EQ(text(recorded_run(*database, rest)), text(run(options())));
    EXPECT_EQ(rest.measured, 220 - kept);
    AnalyticExecutor nothing;
    recorded_run(*database, nothing);
    EXPECT_EQ(nothing.measured, 0);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tandem::tuner
