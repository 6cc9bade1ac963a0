#include "tuner/measure/process_pool.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <deque>
#include <map>
#include <set>

#include "tuner/measure/protocol.h"
#include "tuner/measure/worker_process.h"

namespace tandem::tuner {
namespace {

using Clock = std::chrono::steady_clock;

/// A line for a worker: a build of requests[index]'s accelerator, or the measurement of it.
struct Job {
  bool is_build = false;
  size_t index = 0;
};

struct Slot {
  std::unique_ptr<WorkerProcess> worker;  // started when it is first needed
  std::optional<Job> job;
  Clock::time_point began, deadline;
};

class ProcessPool : public Executor {
 public:
  explicit ProcessPool(PoolOptions options)
      : options_(std::move(options)), slots_(static_cast<size_t>(std::max(1, options_.workers))) {}

  Result<std::vector<Measurement>> measure(const std::vector<Request>& batch, const Arrivals& arrivals) override {
    Batch state{batch, arrivals, std::vector<std::optional<Measurement>>(batch.size()), {}, {}, {}};
    for (Slot& slot : slots_) {  // left busy by a batch that ended with an error
      if (slot.job) slot.worker.reset();
      slot.job.reset();
    }
    plan(state);
    while (state.left() > 0) {
      TANDEM_TRY(feed(state));
      TANDEM_TRY(wait(state));
    }
    std::vector<Measurement> outcomes;
    for (std::optional<Measurement>& outcome : state.outcomes) outcomes.push_back(std::move(*outcome));
    return outcomes;
  }

 private:
  struct Batch {
    const std::vector<Request>& requests;
    const Arrivals& arrivals;
    std::vector<std::optional<Measurement>> outcomes;
    std::deque<Job> builds, ready;                    // to be given out
    std::map<uint64_t, std::vector<size_t>> waiting;  // for the build of this hardware
    size_t done = 0;
    size_t left() const { return requests.size() - done; }
  };

  void plan(Batch& state) {
    for (size_t i = 0; i < state.requests.size(); ++i) {
      const uint64_t hardware = isa::hash(state.requests[i].hardware);
      if (built_.count(hardware)) {
        state.ready.push_back({false, i});
        continue;
      }
      std::vector<size_t>& waiting = state.waiting[hardware];
      if (waiting.empty()) state.builds.push_back({true, i});
      waiting.push_back(i);
    }
  }

  /// Gives every idle worker a job. Builds go first: they take longest and hold others up.
  Result<void> feed(Batch& state) {
    for (Slot& slot : slots_) {
      if (slot.job) continue;
      std::deque<Job>& queue = state.builds.empty() ? state.ready : state.builds;
      if (queue.empty()) continue;
      const Job job = queue.front();
      queue.pop_front();
      const Request& request = state.requests[job.index];
      const std::string line = job.is_build ? build_line(request.hardware) : measure_line(request);
      if (slot.worker && !slot.worker->send(line)) slot.worker.reset();  // it died while idle
      if (!slot.worker) {
        TANDEM_ASSIGN(slot.worker, WorkerProcess::start(options_.worker));
        slot.worker->send(line);  // where this fails, the end of its output tells
      }
      slot.job = job;
      slot.began = Clock::now();
      const double limit = job.is_build ? options_.build_seconds : options_.measure_seconds;
      slot.deadline = slot.began + std::chrono::milliseconds(static_cast<int64_t>(limit * 1000));
    }
    return {};
  }

  Result<void> wait(Batch& state) {
    std::vector<pollfd> polled;
    std::vector<Slot*> busy;
    Clock::time_point first = Clock::time_point::max();
    for (Slot& slot : slots_) {
      if (!slot.job) continue;
      polled.push_back({slot.worker->descriptor(), POLLIN, 0});
      busy.push_back(&slot);
      first = std::min(first, slot.deadline);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - Clock::now()).count();
    const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30)));
    if (ready < 0 && errno == EINTR) return {};
    for (size_t i = 0; i < busy.size(); ++i) {
      if (polled[i].revents != 0) busy[i]->worker->receive();
      TANDEM_TRY(advance(*busy[i], state));
    }
    return {};
  }

  /// Finishes the slot's job where its worker has answered, died or run out of time.
  Result<void> advance(Slot& slot, Batch& state) {
    Measurement outcome;
    if (const std::optional<std::string> line = slot.worker->line()) {
      const Result<Measurement> response = parse_response(*line);
      const int64_t expected = slot.job->is_build ? 0 : state.requests[slot.job->index].trial;
      if (response.ok() && response->trial == expected) {
        outcome = *response;
      } else {
        outcome.failure =
            "worker: " + (response.ok() ? fmt::format("answered trial {}, was asked for {}", response->trial, expected)
                                        : response.error().what);
        slot.worker.reset();
      }
    } else if (slot.worker->ended()) {
      outcome.failure = "worker: " + slot.worker->obituary();
      slot.worker.reset();
    } else if (Clock::now() >= slot.deadline) {
      const double limit = slot.job->is_build ? options_.build_seconds : options_.measure_seconds;
      outcome.failure = fmt::format("worker: no answer within {:g} s of wall time", limit);
      slot.worker.reset();
    } else {
      return {};
    }
    if (outcome.seconds == 0) outcome.seconds = std::chrono::duration<double>(Clock::now() - slot.began).count();
    const Job job = *slot.job;
    slot.job.reset();
    return job.is_build ? finish_build(job, outcome, state) : finish_measurement(job.index, std::move(outcome), state);
  }

  Result<void> finish_build(const Job& job, const Measurement& outcome, Batch& state) {
    const isa::HwConfig& hardware = state.requests[job.index].hardware;
    const uint64_t identity = isa::hash(hardware);
    if (state.arrivals.built) TANDEM_TRY(state.arrivals.built({hardware, outcome.failure, outcome.seconds}));
    const std::vector<size_t> waiting = std::move(state.waiting[identity]);
    state.waiting.erase(identity);
    if (outcome.failure.empty()) built_.insert(identity);
    for (const size_t index : waiting) {
      if (outcome.failure.empty()) {
        state.ready.push_back({false, index});
      } else {
        TANDEM_TRY(finish_measurement(index, {0, std::nullopt, outcome.failure, 0}, state));
      }
    }
    return {};
  }

  Result<void> finish_measurement(size_t index, Measurement outcome, Batch& state) {
    outcome.trial = state.requests[index].trial;
    if (!outcome.cycles && outcome.failure.empty()) outcome.failure = "worker: answered neither cycles nor a failure";
    ++state.done;
    state.outcomes[index] = std::move(outcome);
    return state.arrivals.measured ? state.arrivals.measured(*state.outcomes[index]) : Result<void>();
  }

  PoolOptions options_;
  std::vector<Slot> slots_;
  std::set<uint64_t> built_;  // hardware whose model is there
};

}  // namespace

std::unique_ptr<Executor> make_process_pool(PoolOptions options) {
  return std::make_unique<ProcessPool>(std::move(options));
}

}  // namespace tandem::tuner
