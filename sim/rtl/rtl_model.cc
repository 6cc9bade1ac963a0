#include "sim/rtl/rtl_model.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstring>

namespace tandem::sim {

Result<RtlModel> RtlModel::load(const isa::HwConfig& hardware, const RtlModelOptions& options) {
  TANDEM_ASSIGN(const std::string path, build_rtl_model(hardware, options));
  return load_file(path);
}

Result<RtlModel> RtlModel::load_file(const std::string& path) {
  RtlModel model;
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library != nullptr) model.library_ = std::shared_ptr<void>(library, ::dlclose);
  const auto find = [&](const char* name, auto& function) {
    void* entry = library != nullptr ? ::dlsym(library, name) : nullptr;
    static_assert(sizeof function == sizeof entry);
    std::memcpy(&function, &entry, sizeof entry);
    return entry != nullptr;
  };
  if (find("tandem_rtl_open", model.open_) && find("tandem_rtl_close", model.close_) &&
      find("tandem_rtl_run", model.run) && find("tandem_rtl_begin", model.begin) &&
      find("tandem_rtl_step", model.step) && find("tandem_rtl_end", model.end)) {
    return model;
  }
  return Diagnostic{
      {path}, fmt::format("cannot load the RTL model: {}", ::dlerror()), {}, "remove the file; it is built again"};
}

}  // namespace tandem::sim
