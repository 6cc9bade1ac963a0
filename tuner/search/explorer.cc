#include "tuner/search/explorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <set>

#include "support/check.h"
#include "support/hash.h"
#include "tuner/model/cost_model.h"
#include "tuner/search/sampler.h"

namespace tandem::tuner {
namespace {

/// Measured designs or predicted ones, compared by what an architect pays for.
struct Merit {
  double cycles = 0;
  Size size;
};

bool dominates(const Merit& a, const Merit& b) {
  const bool no_worse = a.cycles <= b.cycles && a.size.macs <= b.size.macs && a.size.buffer_bits <= b.size.buffer_bits;
  return no_worse && (a.cycles < b.cycles || a.size.macs < b.size.macs || a.size.buffer_bits < b.size.buffer_bits);
}

bool better(const Merit& a, const Merit& b) {
  if (a.cycles != b.cycles) return a.cycles < b.cycles;
  if (a.size.macs != b.size.macs) return a.size.macs < b.size.macs;
  return a.size.buffer_bits < b.size.buffer_bits;
}

/// A design under work, with the schedule space and the sampler of each of its layers.
struct Work {
  Design design;
  std::vector<std::unique_ptr<ScheduleSpace>> spaces;
  std::vector<std::unique_ptr<Sampler>> samplers;
  std::vector<int64_t> rooflines;
  std::vector<int64_t> asked;
  std::vector<bool> exhausted;
};

/// One trial of a batch before its outcome.
struct Trial {
  size_t work;
  size_t layer;
  KnobValues knobs;
  bool is_default;
};

class Explorer {
 public:
  Explorer(const HardwareSpace& space, const std::vector<Layer>& layers, const Templates& templates, Executor& executor,
           const ExploreOptions& options, const ProgressSink& progress)
      : space_(space),
        layers_(layers),
        templates_(templates),
        executor_(executor),
        options_(options),
        progress_(progress),
        ranking_(make_ranking_model(options.seed)),
        ratio_(make_ratio_model(options.seed)),
        rng_(options.seed),
        candidates_(space.feasible()) {}

  Result<Exploration> run() {
    TANDEM_TRY(measure_base());
    TANDEM_TRY(try_new_accelerators());
    TANDEM_TRY(refine());
    return result();
  }

 private:
  // ---- phases
  // ---------------------------------------------------------------------------------------------------------------

  Result<void> measure_base() {
    phase_ = "default accelerator";
    TANDEM_TRY(add_work(space_.base()));
    std::vector<Trial> batch;
    add_defaults(0, batch);
    TANDEM_TRY(measure(batch));
    if (works_[0]->design.failure.empty()) return {};
    return Diagnostic{
        {}, fmt::format("the default accelerator does not run the model: {}", works_[0]->design.failure), {}, ""};
  }

  Result<void> try_new_accelerators() {
    phase_ = "new accelerators";
    while (static_cast<int64_t>(works_.size()) < options_.accelerators && left() >= layer_count()) {
      const int64_t room =
          std::min({options_.new_per_round, options_.accelerators - static_cast<int64_t>(works_.size()),
                    left() / layer_count()});
      const std::vector<isa::HwConfig> proposals = propose(room);
      if (proposals.empty()) return {};
      std::vector<Trial> batch;
      for (const isa::HwConfig& hardware : proposals) {
        TANDEM_TRY(add_work(hardware));
        add_defaults(works_.size() - 1, batch);
      }
      const int64_t reserved = (options_.accelerators - static_cast<int64_t>(works_.size())) * layer_count();
      const int64_t spare = left() - static_cast<int64_t>(batch.size()) - reserved;
      add_tuning(0, std::min(options_.batch / 2, spare), batch);
      TANDEM_TRY(measure(batch));
    }
    return {};
  }

  Result<void> refine() {
    phase_ = "refinement";
    while (left() > 0) {
      std::vector<Trial> batch;
      const std::vector<size_t> active = most_promising();
      const int64_t share =
          std::max<int64_t>(1, options_.batch / static_cast<int64_t>(std::max<size_t>(1, active.size())));
      for (const size_t work : active) {
        add_tuning(work, std::min(share, left() - static_cast<int64_t>(batch.size())), batch);
      }
      if (batch.empty()) return {};
      TANDEM_TRY(measure(batch));
    }
    return {};
  }

  // ---- accelerators
  // ---------------------------------------------------------------------------------------------------------

  /// Up to `count` accelerators that were not tried, guided by the model.
  std::vector<isa::HwConfig> propose(int64_t count) {
    constexpr size_t kMostLookedAt = 400;
    drop_tried();
    std::vector<isa::HwConfig> pool = candidates_;
    while (pool.size() > kMostLookedAt) {
      std::swap(pool[static_cast<size_t>(rng_.uniform(0, static_cast<int64_t>(pool.size()) - 1))], pool.back());
      pool.pop_back();
    }
    std::vector<std::pair<isa::HwConfig, Merit>> predicted;
    for (const isa::HwConfig& hardware : pool) {
      if (const std::optional<double> cycles = predict(hardware)) {
        predicted.push_back({hardware, {*cycles, size_of(hardware)}});
      }
    }
    std::vector<isa::HwConfig> chosen;
    while (static_cast<int64_t>(chosen.size()) < count && !predicted.empty()) {
      const size_t pick = choose(predicted, chosen.size());
      chosen.push_back(predicted[pick].first);
      predicted.erase(predicted.begin() + static_cast<std::ptrdiff_t>(pick));
    }
    return chosen;
  }

  /// The first choice of a round is the fastest, the others come from the front; a share of all is random.
  size_t choose(const std::vector<std::pair<isa::HwConfig, Merit>>& predicted, size_t nth) {
    const auto last = static_cast<int64_t>(predicted.size()) - 1;
    if (rng_.chance(options_.random_share)) return static_cast<size_t>(rng_.uniform(0, last));
    size_t fastest = 0;
    std::vector<size_t> front;
    for (size_t i = 0; i < predicted.size(); ++i) {
      if (better(predicted[i].second, predicted[fastest].second)) fastest = i;
      const bool dominated = std::any_of(predicted.begin(), predicted.end(), [&](const auto& other) {
        return dominates(other.second, predicted[i].second);
      });
      if (!dominated) front.push_back(i);
    }
    return nth == 0 ? fastest : rng_.pick(front);
  }

  void drop_tried() {
    std::set<uint64_t> tried;
    for (const auto& work : works_) tried.insert(isa::hash(work->design.hardware));
    candidates_.erase(
        std::remove_if(candidates_.begin(), candidates_.end(),
                       [&](const isa::HwConfig& hardware) { return tried.count(isa::hash(hardware)) > 0; }),
        candidates_.end());
  }

  /// Cycles of the network under the best of a few schedules per layer, as the model sees them; none where a layer does
  /// not fit.
  std::optional<double> predict(const isa::HwConfig& hardware) {
    constexpr int kSchedules = 6;
    std::vector<std::vector<float>> rows;
    std::vector<size_t> first_row;
    for (const Layer& layer : layers_) {
      const Result<KnobValues> defaults = templates_.default_knobs(layer, hardware);
      if (!defaults.ok()) return std::nullopt;
      first_row.push_back(rows.size());
      rows.push_back(templates_.features(layer, hardware, *defaults));
      const ScheduleSpace schedules(templates_, layer, hardware);
      Rng draws(seed_of(hardware, layer));
      for (int i = 0; i < kSchedules; ++i) {
        if (const std::optional<Point> point = schedules.sample(draws, 16)) rows.push_back(schedules.features(*point));
      }
    }
    first_row.push_back(rows.size());
    const std::vector<double> ratios = ratio_->predict(rows);
    double total = 0;
    for (size_t i = 0; i < layers_.size(); ++i) {
      const auto begin = ratios.begin() + static_cast<std::ptrdiff_t>(first_row[i]);
      const auto end = ratios.begin() + static_cast<std::ptrdiff_t>(first_row[i + 1]);
      total += static_cast<double>(layers_[i].count * templates_.roofline_cycles(layers_[i], hardware)) *
               std::exp(*std::min_element(begin, end));
    }
    return total * static_cast<double>(runs(hardware, options_.samples));
  }

  /// The base, and the best rivals that still have schedules to try; never none while any design has.
  std::vector<size_t> most_promising() const {
    std::vector<size_t> open;
    for (size_t i = 0; i < works_.size(); ++i) {
      const Work& work = *works_[i];
      const bool finished = std::all_of(work.exhausted.begin(), work.exhausted.end(), [](bool done) { return done; });
      if (work.design.cycles && !finished) open.push_back(i);
    }
    std::stable_sort(open.begin(), open.end(), [&](size_t a, size_t b) {
      if ((a == 0) != (b == 0)) return a == 0;
      return better(merit(works_[a]->design), merit(works_[b]->design));
    });
    if (static_cast<int64_t>(open.size()) > options_.rivals + 1) open.resize(static_cast<size_t>(options_.rivals + 1));
    return open;
  }

  static Merit merit(const Design& design) { return {static_cast<double>(*design.cycles), size_of(design.hardware)}; }

  // ---- schedules
  // ------------------------------------------------------------------------------------------------------------

  uint64_t seed_of(const isa::HwConfig& hardware, const Layer& layer) const {
    return hash64(layer.key, options_.seed ^ isa::hash(hardware));
  }

  Result<void> add_work(const isa::HwConfig& hardware) {
    auto work = std::make_unique<Work>();
    work->design.hardware = hardware;
    for (const Layer& layer : layers_) {
      Result<KnobValues> defaults = templates_.default_knobs(layer, hardware);
      if (!defaults.ok()) {
        Diagnostic error = defaults.error();
        error.what = fmt::format("layer '{}' on '{}': {}", layer.name, hardware.name, error.what);
        return error;
      }
      work->design.untuned.push_back({std::move(*defaults), std::nullopt});
      const int64_t roofline = templates_.roofline_cycles(layer, hardware);
      work->rooflines.push_back(roofline);
      work->spaces.push_back(std::make_unique<ScheduleSpace>(templates_, layer, hardware));
      AnnealingOptions annealing;
      annealing.random_share = options_.random_share;
      work->samplers.push_back(options_.sampler == SamplerKind::kRandom
                                   ? make_random_sampler(*work->spaces.back(), seed_of(hardware, layer))
                                   : make_annealing_sampler(*work->spaces.back(), *ranking_, layer.key,
                                                            static_cast<double>(roofline), seed_of(hardware, layer),
                                                            annealing));
    }
    work->design.best = work->design.untuned;
    work->asked.assign(layers_.size(), 0);
    work->exhausted.assign(layers_.size(), false);
    works_.push_back(std::move(work));
    return {};
  }

  void add_defaults(size_t index, std::vector<Trial>& batch) {
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
      batch.push_back({index, layer, works_[index]->design.untuned[layer].knobs, true});
    }
  }

  /// Up to `count` trials of one design, given to its layers in turn where the most cycles may still be gained.
  void add_tuning(size_t index, int64_t count, std::vector<Trial>& batch) {
    Work& work = *works_[index];
    std::vector<int64_t> wanted(layers_.size(), 0);
    for (int64_t given = 0; given < count; ++given) {
      std::optional<size_t> most;
      double most_gain = -1;
      for (size_t layer = 0; layer < layers_.size(); ++layer) {
        if (work.exhausted[layer]) continue;
        const double gap = std::max(1.0, static_cast<double>(work.design.best[layer].cycles.value_or(0)) -
                                             static_cast<double>(work.rooflines[layer]));
        const double gain = static_cast<double>(layers_[layer].count) * gap /
                            (1.0 + static_cast<double>(work.asked[layer] + wanted[layer]));
        if (gain <= most_gain) continue;
        most_gain = gain;
        most = layer;
      }
      if (!most) break;
      ++wanted[*most];
    }
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
      if (wanted[layer] == 0) continue;
      const std::vector<Point> points = work.samplers[layer]->ask(static_cast<int>(wanted[layer]));
      if (static_cast<int64_t>(points.size()) < wanted[layer]) work.exhausted[layer] = true;
      work.asked[layer] += static_cast<int64_t>(points.size());
      for (const Point& point : points) batch.push_back({index, layer, work.spaces[layer]->values(point), false});
    }
  }

  // ---- measuring
  // ------------------------------------------------------------------------------------------------------------

  int64_t layer_count() const { return static_cast<int64_t>(layers_.size()); }
  int64_t left() const { return options_.trials - done_; }

  Result<void> measure(const std::vector<Trial>& batch) {
    std::vector<Request> requests;
    for (const Trial& trial : batch) {
      Request request;
      request.trial = done_ + static_cast<int64_t>(requests.size()) + 1;
      request.hardware = works_[trial.work]->design.hardware;
      request.platform = options_.platform;
      request.op = templates_.operator_on(layers_[trial.layer], request.hardware);
      request.knobs = trial.knobs;
      request.cycle_limit = options_.cycle_limit;
      request.data_seed = options_.seed;
      requests.push_back(std::move(request));
    }
    int64_t arrived = 0;
    Arrivals arrivals;
    arrivals.measured = [&](const Measurement&) {
      ++arrived;
      report(arrived);
      return Result<void>();
    };
    report(0);
    TANDEM_ASSIGN(const std::vector<Measurement> outcomes, executor_.measure(requests, arrivals));
    TANDEM_CHECK(outcomes.size() == batch.size(), "an outcome for every request");
    for (size_t i = 0; i < batch.size(); ++i) tell(batch[i], outcomes[i]);
    done_ += static_cast<int64_t>(batch.size());
    for (auto& work : works_) total_up(work->design);
    report(0);
    return {};
  }

  void tell(const Trial& trial, const Measurement& outcome) {
    Work& work = *works_[trial.work];
    const Layer& layer = layers_[trial.layer];
    const std::optional<double> cost =
        outcome.cycles ? std::optional<double>(static_cast<double>(*outcome.cycles)) : std::nullopt;
    ++work.design.trials;
    const ScheduleSpace& space = *work.spaces[trial.layer];
    if (const std::optional<Point> point = space.find(trial.knobs)) {
      work.samplers[trial.layer]->tell(*point, cost);
      ratio_->add({layer.key, space.features(*point), static_cast<double>(work.rooflines[trial.layer]), cost});
    }
    if (trial.is_default) work.design.untuned[trial.layer].cycles = outcome.cycles;
    LayerOutcome& best = work.design.best[trial.layer];
    if (outcome.cycles && (!best.cycles || *outcome.cycles < *best.cycles)) best = {trial.knobs, outcome.cycles};
    if (outcome.cycles) return;
    ++failed_;
    const std::string failure = fmt::format("layer '{}' ({}): {}", layer.name, to_string(trial.knobs), outcome.failure);
    if (first_failure_.empty()) first_failure_ = fmt::format("{} on '{}'", failure, work.design.hardware.name);
    if (trial.is_default && work.design.failure.empty()) work.design.failure = failure;
  }

  void total_up(Design& design) const {
    design.untuned_cycles = total(design, design.untuned);
    design.cycles = total(design, design.best);
    if (design.cycles) design.failure.clear();  // another schedule of the layer did run
  }

  std::optional<uint64_t> total(const Design& design, const std::vector<LayerOutcome>& outcomes) const {
    uint64_t sum = 0;
    for (size_t i = 0; i < layers_.size(); ++i) {
      if (!outcomes[i].cycles) return std::nullopt;
      sum += static_cast<uint64_t>(layers_[i].count) * *outcomes[i].cycles;
    }
    return sum * static_cast<uint64_t>(runs(design.hardware, options_.samples));
  }

  void report(int64_t arrived) const {
    if (!progress_) return;
    Progress now;
    now.phase = phase_;
    now.trials = done_ + arrived;
    now.planned = options_.trials;
    now.failed = failed_;
    now.accelerators = static_cast<int64_t>(works_.size());
    now.base_cycles = works_.front()->design.cycles;
    for (const auto& work : works_) {
      if (!work->design.cycles) continue;
      now.best_cycles = std::min(now.best_cycles.value_or(*work->design.cycles), *work->design.cycles);
    }
    progress_(now);
  }

  // ---- the answer
  // -----------------------------------------------------------------------------------------------------------

  Exploration result() {
    Exploration exploration;
    for (auto& work : works_) exploration.designs.push_back(std::move(work->design));
    std::vector<Design>& designs = exploration.designs;
    for (size_t i = 0; i < designs.size(); ++i) {
      if (designs[i].untuned_cycles &&
          better({static_cast<double>(*designs[i].untuned_cycles), size_of(designs[i].hardware)},
                 {static_cast<double>(*designs[exploration.best_untuned].untuned_cycles),
                  size_of(designs[exploration.best_untuned].hardware)})) {
        exploration.best_untuned = i;
      }
      if (!designs[i].cycles) continue;
      if (better(merit(designs[i]), merit(designs[exploration.best]))) exploration.best = i;
      designs[i].on_front = std::none_of(designs.begin(), designs.end(), [&](const Design& other) {
        return other.cycles && dominates(merit(other), merit(designs[i]));
      });
    }
    exploration.trials = done_;
    exploration.failed_trials = failed_;
    exploration.first_failure = first_failure_;
    return exploration;
  }

  const HardwareSpace& space_;
  const std::vector<Layer>& layers_;
  const Templates& templates_;
  Executor& executor_;
  const ExploreOptions& options_;
  const ProgressSink& progress_;
  std::unique_ptr<CostModel> ranking_;  // orders the schedules of a layer
  std::unique_ptr<CostModel> ratio_;    // cycles over roofline: adds up over layers
  Rng rng_;
  std::vector<isa::HwConfig> candidates_;  // not tried yet
  std::vector<std::unique_ptr<Work>> works_;
  std::string phase_;
  int64_t done_ = 0;
  int64_t failed_ = 0;
  std::string first_failure_;
};

}  // namespace

int64_t runs(const isa::HwConfig& hardware, int64_t samples) { return (samples + hardware.batch - 1) / hardware.batch; }

Result<Exploration> explore(const HardwareSpace& space, const std::vector<Layer>& layers, const Templates& templates,
                            Executor& executor, const ExploreOptions& options, const ProgressSink& progress) {
  if (layers.empty()) return Diagnostic{{}, "the model has no layer that the accelerator can run", {}, ""};
  const int64_t least = options.accelerators * static_cast<int64_t>(layers.size());
  if (options.trials < least) {
    return Diagnostic{{},
                      fmt::format("{} trials do not hold the default schedules of {} accelerators x {} layers",
                                  options.trials, options.accelerators, layers.size()),
                      {},
                      fmt::format("give at least {} trials, or fewer accelerators", least)};
  }
  return Explorer(space, layers, templates, executor, options, progress).run();
}

}  // namespace tandem::tuner
