#include "sim/functional/functional_simulator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>
#include <vector>

#include "isa/access.h"
#include "sim/api/admission.h"
#include "sim/api/hang.h"
#include "sim/functional/machine.h"
#include "support/rng.h"

namespace tandem::sim {
namespace {

using isa::Engine;

constexpr std::array<Engine, 3> kEngines{Engine::kLoad, Engine::kCompute, Engine::kStore};
/// Zeroed memory whose untouched pages cost nothing.
class Dram {
 public:
  explicit Dram(uint64_t size)
      : bytes_(static_cast<uint8_t*>(std::calloc(std::max<uint64_t>(size, 1), 1))), size_(size) {}
  explicit operator bool() const { return bytes_ != nullptr; }
  DramView view() const { return {bytes_.get(), size_}; }
  void write(uint64_t address, const Bytes& bytes) { std::copy(bytes.begin(), bytes.end(), bytes_.get() + address); }
  Bytes read(uint64_t address, int64_t size) const {
    return Bytes(bytes_.get() + address, bytes_.get() + address + size);
  }

 private:
  struct Free {
    void operator()(uint8_t* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<uint8_t[], Free> bytes_;
  uint64_t size_;
};

/// Fetch, the three command queues and the four token queues around a Machine. Everything moves in single steps, each
/// of which is taken only where the hardware could take it: an instruction starts when all tokens that it pops are
/// there and there is room for all that it pushes, is executed, and pushes.
class Run {
 public:
  Run(const isa::Program& program, DramView dram, Observer* observer)
      : program_(program),
        codec_(program.hardware),
        dram_(dram),
        machine_(program.hardware, dram),
        observer_(observer) {}

  /// To the end, each engine in turn as far as it can.
  Result<void> in_turn() {
    bool moved = true;
    while (moved) {
      moved = false;
      while (fetch()) moved = true;
      for (const Engine engine : kEngines) {
        while (advance(engine)) moved = true;
      }
    }
    return verdict();
  }

  /// To the end in a random order. The engines have a random precedence, which changes now and then, so that one engine
  /// also gets far ahead of the others.
  Result<void> at_random(uint64_t seed) {
    constexpr double kChange = 1.0 / 16;
    constexpr int kFetch = 3;
    Rng rng(seed);
    std::array<int, 4> order{0, 1, 2, kFetch};
    while (true) {
      if (rng.chance(kChange)) {
        for (int i = 3; i > 0; --i)
          std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(rng.uniform(0, i))]);
      }
      const bool moved = std::any_of(order.begin(), order.end(), [&](int who) {
        return who == kFetch ? fetch() : advance(kEngines[static_cast<size_t>(who)]);
      });
      if (!moved) return verdict();
    }
  }

  /// After the end; absent where it was good.
  std::optional<RunError> error() const { return error_; }
  uint64_t macs() const { return machine_.macs(); }
  Counters counters() const {
    Counters counters;
    for (const Engine engine : kEngines) {
      counters.emplace_back(fmt::format("{}.instructions", isa::name(engine)), queues_[index_of(engine)].done);
    }
    for (auto& counter : machine_.counters()) counters.push_back(std::move(counter));
    return counters;
  }

 private:
  struct Command {
    int64_t index = 0;
    isa::Instruction instruction;
    isa::TokenFlags flags;
    std::optional<Machine::Failure> fault;  // seen before it runs
    enum class Stage { kWaits, kStarted, kExecuted } stage = Stage::kWaits;
  };
  struct CommandQueue {
    std::vector<Command> commands;  // all that were fetched; the first `done` have left the queue
    size_t done = 0;
    std::optional<Machine::Failure> failure;  // of the head: the engine does nothing more
    bool empty() const { return done == commands.size(); }
    Command& head() { return commands[done]; }
  };

  /// The tokens from one engine to its neighbour: those that are there, and these with the room reserved for more.
  struct TokenQueue {
    uint64_t tokens = 0;
    uint64_t claimed = 0;
  };
  TokenQueue& tokens(Engine from, Engine to) { return tokens_[index_of(from)][index_of(to)]; }
  const TokenQueue& tokens(Engine from, Engine to) const { return tokens_[index_of(from)][index_of(to)]; }
  bool full(Engine from, Engine to) const {
    return tokens(from, to).claimed == static_cast<uint64_t>(program_.hardware.token_queue_depth);
  }
  void pop(Engine from, Engine to) {
    --tokens(from, to).tokens;
    --tokens(from, to).claimed;
  }

  /// Moves one instruction into its engine's queue, where there is room. An illegal one goes to compute.
  bool fetch() {
    if (all_fetched()) return false;
    const Result<isa::Instruction> decoded = codec_.decode(program_.code[static_cast<size_t>(fetched_)]);
    Command command{fetched_, isa::Finish{}, {}, {}};
    Engine engine = Engine::kCompute;
    if (decoded.ok()) {
      command.instruction = *decoded;
      command.flags = isa::token_flags(*decoded);
      command.fault = check_before_run(program_.hardware, *decoded, is_last(command.index));
      const bool illegal = command.fault && command.fault->code == ErrorCode::kEncoding;
      if (!illegal) engine = isa::engine_of(*decoded);
    } else {
      command.fault = Machine::Failure{ErrorCode::kEncoding, decoded.error().what};
    }
    CommandQueue& queue = queues_[index_of(engine)];
    if (queue.commands.size() - queue.done == static_cast<size_t>(program_.hardware.command_queue_depth)) return false;
    queue.commands.push_back(std::move(command));
    ++fetched_;
    return true;
  }

  /// One step of the instruction at the head of the engine's queue: its start, its execution, or its end; true where
  /// there was one.
  bool advance(Engine engine) {
    CommandQueue& queue = queues_[index_of(engine)];
    if (queue.empty() || queue.failure) return false;
    Command& command = queue.head();
    if (command.fault) return fail(queue, *command.fault);
    const isa::TokenFlags& flags = command.flags;
    switch (command.stage) {
      case Command::Stage::kWaits:
        if (waits_for(engine, command)) return false;
        if (flags.pop_prev) pop(previous(engine), engine);
        if (flags.pop_next) pop(next(engine), engine);
        if (flags.push_prev) ++tokens(engine, previous(engine)).claimed;
        if (flags.push_next) ++tokens(engine, next(engine)).claimed;
        command.stage = Command::Stage::kStarted;
        return true;
      case Command::Stage::kStarted:
        if (const auto failure = machine_.execute(command.instruction)) return fail(queue, *failure);
        command.stage = Command::Stage::kExecuted;
        if (observer_ != nullptr) observer_->started(0, command.index);
        return true;
      case Command::Stage::kExecuted:
        if (flags.push_prev) ++tokens(engine, previous(engine)).tokens;
        if (flags.push_next) ++tokens(engine, next(engine)).tokens;
        if (observer_ != nullptr) observer_->retired(0, command.index, dram_.bytes);
        ++queue.done;
        return true;
    }
    return false;
  }

  bool is_last(int64_t index) const { return index + 1 == static_cast<int64_t>(program_.code.size()); }
  bool all_fetched() const { return fetched_ == static_cast<int64_t>(program_.code.size()); }

  /// Stops the engine; false, as advance() is where nothing moves.
  static bool fail(CommandQueue& queue, Machine::Failure failure) {
    queue.failure = std::move(failure);
    return false;
  }

  /// What keeps an engine from starting an instruction, if anything does.
  std::optional<Wait> waits_for(Engine engine, const Command& command) const {
    const isa::TokenFlags& flags = command.flags;
    if (flags.pop_prev && tokens(previous(engine), engine).tokens == 0) return Wait::kPrevToken;
    if (flags.pop_next && tokens(next(engine), engine).tokens == 0) return Wait::kNextToken;
    if (flags.push_prev && full(engine, previous(engine))) return Wait::kPrevRoom;
    if (flags.push_next && full(engine, next(engine))) return Wait::kNextRoom;
    if (std::holds_alternative<isa::Finish>(command.instruction) && !others_drained()) return Wait::kOthers;
    return std::nullopt;
  }
  bool others_drained() const {
    return all_fetched() && queues_[index_of(Engine::kLoad)].empty() && queues_[index_of(Engine::kStore)].empty();
  }

  /// What it means that nothing moves any more.
  Result<void> verdict() {
    CommandQueue* failed = nullptr;  // with the smallest index
    for (CommandQueue& queue : queues_) {
      if (queue.failure && (failed == nullptr || queue.head().index < failed->head().index)) failed = &queue;
    }
    if (failed != nullptr) {
      error_ = RunError{failed->failure->code, failed->head().index};
      return fault(program_, failed->head().index, failed->failure->what);
    }
    const bool drained =
        std::all_of(queues_.begin(), queues_.end(), [](const CommandQueue& queue) { return queue.empty(); });
    if (!all_fetched() || !drained) return deadlock();
    if (program_.code.empty()) {
      error_ = RunError{ErrorCode::kNoFinish, -1};
      return fault(program_, -1, "the program does not end with finish");
    }
    std::vector<LeftOver> left;
    for (const Engine from : kEngines) {
      for (const Engine to : kEngines) {
        const uint64_t count = tokens(from, to).tokens;
        if (count > 0) left.push_back({from, to, count});
      }
    }
    if (left.empty()) return {};
    error_ = RunError{ErrorCode::kTokens, fetched_ - 1};
    return tokens_left(program_, fetched_ - 1, left);
  }

  Diagnostic deadlock() {
    std::vector<EngineState> states;
    states.push_back(all_fetched() ? EngineState{} : EngineState{{}, Wait::kQueueRoom, fetched_});
    for (const Engine engine : kEngines) {
      CommandQueue& queue = queues_[index_of(engine)];
      states.push_back(queue.empty() ? EngineState{engine}
                                     : EngineState{engine, *waits_for(engine, queue.head()), queue.head().index});
    }
    error_ = RunError{ErrorCode::kDeadlock, first_waiting()};
    return hang(program_, states);
  }

  /// The smallest index of an instruction at the head of a queue.
  int64_t first_waiting() const {
    int64_t first = fetched_;
    for (const CommandQueue& queue : queues_) {
      if (!queue.empty()) first = std::min(first, queue.commands[queue.done].index);
    }
    return first;
  }

  const isa::Program& program_;
  const isa::Codec codec_;
  const DramView dram_;
  Machine machine_;
  Observer* observer_;
  std::array<CommandQueue, 3> queues_;
  std::array<std::array<TokenQueue, 3>, 3> tokens_{};
  int64_t fetched_ = 0;
  std::optional<RunError> error_;
};

class FunctionalSimulator final : public Simulator {
 public:
  FunctionalSimulator(const isa::HwConfig& hardware, const FunctionalOptions& options)
      : hardware_(hardware), options_(options) {}

  std::string name() const override { return "functional"; }

  Result<RunResult> run(const isa::Program& program, const Buffers& inputs, const RunLimits&) override {
    error_ = std::nullopt;
    TANDEM_TRY(admit(program, hardware_, inputs));
    Dram dram(isa::memory_bytes(program));
    if (!dram) {
      return Diagnostic{{program.name},
                        fmt::format("cannot allocate the program's {} bytes of DRAM", program.dram_bytes),
                        {},
                        "place its tensors lower"};
    }
    for (const isa::Segment& segment : program.segments) dram.write(segment.address, segment.bytes);
    for (const isa::Binding& binding : program.bindings) {
      const auto input = inputs.find(binding.name);
      if (input != inputs.end()) dram.write(binding.address, input->second);
    }

    Run run(program, dram.view(), observer_);
    const auto start = std::chrono::steady_clock::now();
    const Result<void> end = options_.interleave_seed ? run.at_random(*options_.interleave_seed) : run.in_turn();
    error_ = run.error();
    TANDEM_TRY(end);
    RunResult result;
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    result.macs = run.macs();
    result.counters = run.counters();
    result.mark_cycles.resize(program.marks.size());
    for (const isa::Binding& binding : program.bindings) {
      if (binding.role == isa::Role::kOutput) {
        result.outputs[binding.name] = dram.read(binding.address, binding.size_bytes());
      }
    }
    return result;
  }
  bool observe(Observer* observer) override {
    observer_ = observer;
    return true;
  }
  std::optional<RunError> last_error() const override { return error_; }

 private:
  const isa::HwConfig hardware_;
  const FunctionalOptions options_;
  Observer* observer_ = nullptr;
  std::optional<RunError> error_;
};

}  // namespace

std::unique_ptr<Simulator> make_functional_simulator(const isa::HwConfig& hardware, const FunctionalOptions& options) {
  return std::make_unique<FunctionalSimulator>(hardware, options);
}

}  // namespace tandem::sim
