// The only file that includes XGBoost. One thread and a fixed seed: the same samples give the same trees.
#include <fmt/format.h>
#include <xgboost/c_api.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "support/check.h"
#include "tuner/model/cost_model.h"

namespace tandem::tuner {
namespace {

constexpr int kRounds = 60;

void must(int status) { TANDEM_CHECK(status == 0, XGBGetLastError()); }

class Matrix {
 public:
  explicit Matrix(const std::vector<std::vector<float>>& rows) {
    std::vector<float> flat;
    for (const std::vector<float>& row : rows) {
      TANDEM_CHECK(row.size() == rows.front().size(), "features of different length");
      flat.insert(flat.end(), row.begin(), row.end());
    }
    must(XGDMatrixCreateFromMat(flat.data(), rows.size(), rows.front().size(), std::numeric_limits<float>::quiet_NaN(),
                                &handle_));
  }
  ~Matrix() { XGDMatrixFree(handle_); }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;
  DMatrixHandle get() const { return handle_; }
  void set_labels(const std::vector<float>& labels) {
    must(XGDMatrixSetFloatInfo(handle_, "label", labels.data(), labels.size()));
  }
  void set_groups(const std::vector<unsigned>& sizes) {
    must(XGDMatrixSetUIntInfo(handle_, "group", sizes.data(), sizes.size()));
  }

 private:
  DMatrixHandle handle_ = nullptr;
};

class Booster {
 public:
  Booster(const Matrix& data, const char* objective, uint64_t seed) {
    const DMatrixHandle matrices[] = {data.get()};
    must(XGBoosterCreate(matrices, 1, &handle_));
    // AutoTVM's parameters, but for the deterministic single thread.
    const std::map<std::string, std::string> parameters = {
        {"objective", objective}, {"max_depth", "4"},        {"eta", "0.2"},
        {"gamma", "0.0001"},      {"min_child_weight", "1"}, {"tree_method", "exact"},
        {"nthread", "1"},         {"verbosity", "0"},        {"seed", fmt::format("{}", seed & 0x7fffffff)}};
    for (const auto& [name, value] : parameters) must(XGBoosterSetParam(handle_, name.c_str(), value.c_str()));
    for (int round = 0; round < kRounds; ++round) must(XGBoosterUpdateOneIter(handle_, round, data.get()));
  }
  ~Booster() { XGBoosterFree(handle_); }
  Booster(const Booster&) = delete;
  Booster& operator=(const Booster&) = delete;

  std::vector<double> predict(const Matrix& data) const {
    const char* config = R"({"type":1,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true})";
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    must(XGBoosterPredictFromDMatrix(handle_, data.get(), config, &shape, &dimensions, &values));
    return std::vector<double>(values, values + shape[0]);
  }

 private:
  BoosterHandle handle_ = nullptr;
};

/// What the two models share: samples by group, and a booster that is made anew when samples have come.
class XgboostModel : public CostModel {
 public:
  XgboostModel(const char* objective, uint64_t seed) : objective_(objective), seed_(seed) {}

  void add(Sample sample) override {
    groups_[sample.group].push_back(std::move(sample));
    booster_.reset();
  }

  bool trained() override {
    return std::any_of(groups_.begin(), groups_.end(), [](const auto& group) {
      double lowest = std::numeric_limits<double>::infinity(), highest = 0;
      for (const Sample& sample : group.second) {
        if (!sample.cost) continue;
        lowest = std::min(lowest, *sample.cost);
        highest = std::max(highest, *sample.cost);
      }
      return lowest < highest;
    });
  }

  std::vector<double> predict(const std::vector<std::vector<float>>& rows) override {
    if (rows.empty()) return {};
    if (!trained()) return std::vector<double>(rows.size(), 0.0);
    if (!booster_) fit();
    return oriented(booster_->predict(Matrix(rows)));
  }

 protected:
  /// The label of a sample in its group; none leaves it out.
  virtual std::optional<float> label(const Sample& sample, double lowest_in_group) const = 0;
  /// Predictions such that lower is better.
  virtual std::vector<double> oriented(std::vector<double> predictions) const = 0;

 private:
  void fit() {
    std::vector<std::vector<float>> rows;
    std::vector<float> labels;
    std::vector<unsigned> sizes;
    for (const auto& [name, samples] : groups_) {
      double lowest = std::numeric_limits<double>::infinity();
      for (const Sample& sample : samples) lowest = std::min(lowest, sample.cost.value_or(lowest));
      unsigned size = 0;
      for (const Sample& sample : samples) {
        const std::optional<float> value = label(sample, lowest);
        if (!value) continue;
        rows.push_back(sample.features);
        labels.push_back(*value);
        ++size;
      }
      if (size > 0) sizes.push_back(size);
    }
    Matrix data(rows);
    data.set_labels(labels);
    if (std::string(objective_).rfind("rank:", 0) == 0) data.set_groups(sizes);
    booster_ = std::make_unique<Booster>(data, objective_, seed_);
  }

  const char* objective_;
  uint64_t seed_;
  std::map<std::string, std::vector<Sample>> groups_;
  std::unique_ptr<Booster> booster_;
};

class RankingModel : public XgboostModel {
 public:
  explicit RankingModel(uint64_t seed) : XgboostModel("rank:pairwise", seed) {}

 protected:
  std::optional<float> label(const Sample& sample, double lowest) const override {
    return sample.cost ? static_cast<float>(lowest / *sample.cost) : 0.0f;  // relative throughput, as AutoTVM
  }
  std::vector<double> oriented(std::vector<double> predictions) const override {
    for (double& value : predictions) value = -value;
    return predictions;
  }
};

class RatioModel : public XgboostModel {
 public:
  explicit RatioModel(uint64_t seed) : XgboostModel("reg:squarederror", seed) {}

 protected:
  std::optional<float> label(const Sample& sample, double) const override {
    if (!sample.cost) return std::nullopt;
    return static_cast<float>(std::log(*sample.cost / sample.scale));
  }
  std::vector<double> oriented(std::vector<double> predictions) const override { return predictions; }
};

}  // namespace

std::unique_ptr<CostModel> make_ranking_model(uint64_t seed) { return std::make_unique<RankingModel>(seed); }
std::unique_ptr<CostModel> make_ratio_model(uint64_t seed) { return std::make_unique<RatioModel>(seed); }

}  // namespace tandem::tuner
