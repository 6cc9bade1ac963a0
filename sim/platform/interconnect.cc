#include "sim/platform/interconnect.h"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::sim::platform {

Result<void> check_map(const std::vector<Region>& map, const std::string& where) {
  std::vector<Region> sorted = map;
  std::sort(sorted.begin(), sorted.end(), [](const Region& a, const Region& b) { return a.begin < b.begin; });
  for (size_t i = 0; i < sorted.size(); ++i) {
    const Region& region = sorted[i];
    if (region.bytes == 0 || region.bytes - 1 > ~uint64_t{0} - region.begin) {
      return Diagnostic{{where},
                        fmt::format("region '{}' at {:#x} with {:#x} bytes is empty, or ends beyond the last address",
                                    region.name, region.begin, region.bytes),
                        {},
                        ""};
    }
    if (i + 1 == sorted.size() || region.bytes <= sorted[i + 1].begin - region.begin) continue;
    const Region& next = sorted[i + 1];
    return Diagnostic{
        {where},
        fmt::format("regions '{}' [{:#x}, {:#x}) and '{}' [{:#x}, {:#x}) overlap", region.name, region.begin,
                    region.begin + region.bytes, next.name, next.begin, next.begin + next.bytes),
        {},
        fmt::format("'{}' may begin at {:#x}", next.name, region.begin + region.bytes)};
  }
  return {};
}

Interconnect::Interconnect(const sc_core::sc_module_name& name)
    : sc_module(name), masters("masters"), targets("targets") {
  masters.register_b_transport(this, &Interconnect::transport);
  masters.register_get_direct_mem_ptr(this, &Interconnect::get_direct_mem_ptr);
}

const Region* Interconnect::find(uint64_t address, uint64_t bytes) const {
  for (const Region& region : map_) {
    if (address >= region.begin && address - region.begin < region.bytes)
      return bytes <= region.bytes - (address - region.begin) ? &region : nullptr;
  }
  return nullptr;
}

void Interconnect::transport(int, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const uint64_t address = transaction.get_address();
  const Region* region = find(address, transaction.get_data_length());
  if (region == nullptr) {
    transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  transaction.set_address(address - region->begin);
  targets[region->target]->b_transport(transaction, delay);
  transaction.set_address(address);
}

bool Interconnect::get_direct_mem_ptr(int, tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi) {
  const uint64_t address = transaction.get_address();
  const Region* region = find(address, 1);
  if (region == nullptr) return false;
  transaction.set_address(address - region->begin);
  const bool granted = targets[region->target]->get_direct_mem_ptr(transaction, dmi);
  transaction.set_address(address);
  if (!granted) return false;
  dmi.set_start_address(dmi.get_start_address() + region->begin);
  dmi.set_end_address(std::min<uint64_t>(dmi.get_end_address(), region->bytes - 1) + region->begin);
  return true;
}

}  // namespace tandem::sim::platform
