// An executor that answers from the records of a run and writes down what it has to measure.
#include "tuner/db/run_database.h"

namespace tandem::tuner {
namespace {

class RecordedExecutor : public Executor {
 public:
  RecordedExecutor(Executor& executor, RunDatabase& database) : executor_(executor), database_(database) {}

  Result<std::vector<Measurement>> measure(const std::vector<Request>& batch, const Arrivals& arrivals) override {
    std::vector<std::optional<Measurement>> outcomes;
    std::vector<Request> left;
    std::vector<size_t> places;
    for (const Request& request : batch) {
      TANDEM_ASSIGN(std::optional<Measurement> known, database_.find(request));
      if (known && arrivals.measured) TANDEM_TRY(arrivals.measured(*known));
      if (!known) {
        places.push_back(outcomes.size());
        left.push_back(request);
      }
      outcomes.push_back(std::move(known));
    }
    Arrivals recorded;
    recorded.measured = [&](const Measurement& outcome) -> Result<void> {
      for (const Request& request : left) {
        if (request.trial == outcome.trial) TANDEM_TRY(database_.record(request, outcome));
      }
      return arrivals.measured ? arrivals.measured(outcome) : Result<void>();
    };
    recorded.built = [&](const Build& build) -> Result<void> {
      TANDEM_TRY(database_.record(build));
      return arrivals.built ? arrivals.built(build) : Result<void>();
    };
    if (!left.empty()) {
      TANDEM_ASSIGN(std::vector<Measurement> measured, executor_.measure(left, recorded));
      for (size_t i = 0; i < places.size(); ++i) outcomes[places[i]] = std::move(measured[i]);
    }
    std::vector<Measurement> all;
    for (std::optional<Measurement>& outcome : outcomes) all.push_back(std::move(*outcome));
    return all;
  }

 private:
  Executor& executor_;
  RunDatabase& database_;
};

}  // namespace

std::unique_ptr<Executor> make_recorded_executor(Executor& executor, RunDatabase& database) {
  return std::make_unique<RecordedExecutor>(executor, database);
}

}  // namespace tandem::tuner
