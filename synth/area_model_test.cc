#include "synth/area_model.h"

#include <gtest/gtest.h>

namespace tandem::synth {
namespace {

/// Configurations whose figures are known sums of features.
std::vector<Sample> made_samples(uint64_t seed, int count) {
  Rng rng(seed);
  std::vector<Sample> samples;
  for (int i = 0; i < count; ++i) {
    const isa::HwConfig hardware = random_hardware(rng, 1024);
    const std::map<std::string, double> f = area_features(hardware);
    samples.push_back({hardware,
                       {{"lut", 4000 + 1.5 * f.at("adder_bits") + 300 * f.at("alu_lanes")},
                        {"ff", 2000 + 20 * f.at("bus_bits") + 40 * f.at("lanes")},
                        {"bram36", f.at("blocks") + f.at("queue_blocks")},
                        {"dsp", f.at("macs") + 3 * f.at("alu_lanes")},
                        {"period_ns", 8 + 0.3 * f.at("log_lanes")}}});
  }
  return samples;
}

TEST(AreaModel, FindsTheSumBehindItsSamples) {
  const AreaModel model = AreaModel::fit(made_samples(1, 40));
  for (const auto& [figure, error] : median_errors(model, made_samples(2, 20))) EXPECT_LT(error, 0.02) << figure;
}

TEST(AreaModel, ItsTextReadsBack) {
  const AreaModel model = AreaModel::fit(made_samples(1, 24));
  const AreaModel again = AreaModel::parse(model.to_yaml(), "model.yaml").value();
  EXPECT_EQ(again.to_yaml(), model.to_yaml());
}

TEST(AreaModel, UnknownFeaturesAreRefused) {
  const Result<AreaModel> model =
      AreaModel::parse("lut: {mcas: 1}\nff: {}\nbram36: {}\ndsp: {}\nperiod_ns: {}\n", "model.yaml");
  const std::string message = render(model.error());
  EXPECT_EQ(message.substr(0, message.find('\n')), "model.yaml:1:7: error: unknown key 'mcas'");
  EXPECT_EQ(message.substr(message.rfind('\n')), "\n  hint: did you mean 'macs'?");
}

TEST(AreaModel, RandomHardwareIsLegal) {
  Rng rng(7);
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(isa::check(random_hardware(rng, 256)).empty());
}

}  // namespace
}  // namespace tandem::synth
