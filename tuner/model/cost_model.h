// Learned cost models: what a candidate will cost, judged by its features alone, after some were measured.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tandem::tuner {

/// One measured candidate. A model carries over between groups (layers) and, since features describe the hardware too,
/// between accelerators.
struct Sample {
  std::string group;  // candidates of one group compete with each other: the layer
  std::vector<float> features;
  double scale = 1;            // the natural unit of the cost: the roofline of the layer on that hardware
  std::optional<double> cost;  // none: the candidate failed
};

/// A function of the ordered samples and the seed only. Not thread-safe.
class CostModel {
 public:
  virtual ~CostModel() = default;
  virtual void add(Sample sample) = 0;
  /// Whether there is anything to predict from: two candidates of one group that differ in cost.
  virtual bool trained() = 0;
  /// One value per row of features, lower is better; zeros while not `trained`.
  virtual std::vector<double> predict(const std::vector<std::vector<float>>& rows) = 0;
};

/// Gradient-boosted trees (XGBoost) under the pairwise rank objective: orders the candidates of a group, as in AutoTVM
/// (Chen et al., "Learning to optimize tensor programs", NeurIPS 2018, section 5). Values are comparable only within a
/// group.
std::unique_ptr<CostModel> make_ranking_model(uint64_t seed);

/// The same trees under squared error on log(cost / scale), so that exp(prediction) x scale is a cost, comparable and
/// summable across groups and accelerators. Failed candidates are left out.
std::unique_ptr<CostModel> make_ratio_model(uint64_t seed);

}  // namespace tandem::tuner
