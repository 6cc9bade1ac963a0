#include "synth/area_model.h"

#include <gtest/gtest.h>

namespace tandem::synth {
namespace {

constexpr char kSource[] = "made up";

/// Configurations of two modules whose figures are known sums of features.
std::vector<Sample> made_samples(uint64_t seed, int count) {
  Rng rng(seed);
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i) {
    Sample sample{random_hardware(rng, 1024), {}, {}};
    const std::map<std::string, double> f = area_features(sample.hardware);
    sample.modules["array"] = {{"lut", 1.5 * f.at("adder_bits")},
                               {"ff", 40 * f.at("lanes")},
                               {"bram36", 0},
                               {"dsp", f.at("plain_macs") + f.at("packed_macs") / 2}};
    sample.modules["rest"] = {{"lut", 4000 + 300 * f.at("alu_lanes")},
                              {"ff", 2000 + 20 * f.at("bus_bits")},
                              {"bram36", f.at("blocks")},
                              {"dsp", 3 * f.at("alu_lanes")}};
    for (const auto& [module, figures] : sample.modules) {
      for (const auto& [figure, value] : figures) sample.figures[figure] += value;
    }
    sample.figures["period_ns"] = 8 + 0.3 * f.at("log_lanes");
    samples.push_back(std::move(sample));
  }
  return samples;
}

TEST(AreaModel, FindsTheSumsBehindItsSamples) {
  const AreaModel model = AreaModel::fit(made_samples(1, 30), kSource);
  for (const auto& [figure, error] : median_errors(model, made_samples(2, 20))) EXPECT_LT(error, 0.01) << figure;
}

TEST(AreaModel, ItsTextReadsBack) {
  const AreaModel model = AreaModel::fit(made_samples(1, 12), kSource);
  const AreaModel again = AreaModel::parse(model.to_yaml(), "model.yaml").value();
  EXPECT_EQ(again.to_yaml(), model.to_yaml());
  EXPECT_EQ(again.source(), kSource);
}

TEST(AreaModel, SamplesReadBack) {
  const SampleSet set{kSource, made_samples(3, 6)};
  const std::string text = to_yaml(set);
  const SampleSet again = parse_samples(text, "samples.yaml").value();
  EXPECT_EQ(to_yaml(again), text);
  EXPECT_EQ(again.samples.at(2).hardware, set.samples.at(2).hardware);
  EXPECT_EQ(again.samples.at(2).modules.at("rest"), set.samples.at(2).modules.at("rest"));
  EXPECT_EQ(again.held_out().size(), 2u);
  EXPECT_EQ(again.fitted().size(), 4u);
}

TEST(AreaModel, UnknownFeaturesAreRefused) {
  const Result<AreaModel> model = AreaModel::parse("source: x\nperiod_ns: {lane: 1}\nmodules: {}\n", "model.yaml");
  const std::string message = render(model.error());
  EXPECT_EQ(message.substr(0, message.find('\n')), "model.yaml:2:13: error: unknown key 'lane'");
  EXPECT_EQ(message.substr(message.rfind('\n')), "\n  hint: did you mean 'lanes'?");
}

TEST(AreaModel, RandomHardwareIsLegal) {
  Rng rng(7);
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(isa::check(random_hardware(rng, 256)).empty());
}

}  // namespace
}  // namespace tandem::synth
