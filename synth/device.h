// What an FPGA has, and whether a synthesised design fits it.
#pragma once

#include <string>
#include <vector>

#include "support/result.h"
#include "synth/netlist.h"

namespace tandem::synth {

struct Device {
  std::string name;
  int64_t lut = 0;
  int64_t ff = 0;
  int64_t bram36 = 0;
  int64_t dsp = 0;
};

/// The device of that name, from configs/device/NAME.yaml. Errors: a name that no file has (with the nearest), what is
/// wrong in the file.
Result<Device> load_device(const std::string& name);

/// One resource of a design on a device.
struct Use {
  std::string resource;  // "lut", "ff", "bram36", "dsp"
  double used = 0;
  double available = 0;
  bool fits() const { return used <= available; }
};
std::vector<Use> uses(const Resources& resources, const Device& device);
bool fits(const Resources& resources, const Device& device);

}  // namespace tandem::synth
