#include "synth/device.h"

#include <gtest/gtest.h>

namespace tandem::synth {
namespace {

TEST(Device, IsFullAtItsLimitAndNotOneBeyond) {
  const Device device = load_device("pynq-z1").value();
  Resources resources{53200, 106400, 280, 220, 0};
  EXPECT_TRUE(fits(resources, device));
  ++resources.ramb18;
  EXPECT_FALSE(fits(resources, device));
  EXPECT_EQ(uses(resources, device)[2].used, 140.5);
}

TEST(Device, AnUnknownOneIsNamedWithTheNearest) {
  EXPECT_EQ(render(load_device("pynq-z2").error()),
            "error: unknown device 'pynq-z2'\n  legal: pynq-z1\n  hint: did you mean 'pynq-z1'?");
}

}  // namespace
}  // namespace tandem::synth
