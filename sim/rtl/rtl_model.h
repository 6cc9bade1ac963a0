// A Verilated model in this process: its shared object, and a device of it.
#pragma once

#include <memory>
#include <string>

#include "sim/rtl/harness/harness.h"
#include "sim/rtl/model_builder.h"
#include "support/result.h"

namespace tandem::sim {

/// Cheap to copy; the object stays loaded while a copy lives.
class RtlModel {
 public:
  using Device = std::unique_ptr<void, decltype(&tandem_rtl_close)>;

  /// Builds the model where the cache does not have it, and loads it.
  static Result<RtlModel> load(const isa::HwConfig& hardware, const RtlModelOptions& options = {});
  /// Loads what build_rtl_model, or who builds models in another way, has made.
  static Result<RtlModel> load_file(const std::string& path);

  Device open() const { return Device(open_(), close_); }
  Device no_device() const { return Device(nullptr, close_); }
  // Of harness.h.
  decltype(&tandem_rtl_run) run = nullptr;
  decltype(&tandem_rtl_begin) begin = nullptr;
  decltype(&tandem_rtl_step) step = nullptr;
  decltype(&tandem_rtl_end) end = nullptr;

 private:
  std::shared_ptr<void> library_;
  decltype(&tandem_rtl_open) open_ = nullptr;
  decltype(&tandem_rtl_close) close_ = nullptr;
};

}  // namespace tandem::sim
