// Routes transactions by address: any number of masters, any number of targets. Adds no time; who comes first is served
// first.
#pragma once

#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include <string>
#include <systemc>
#include <vector>

#include "support/result.h"

namespace tandem::sim::platform {

/// A range of addresses of the memory map.
struct Region {
  std::string name;
  uint64_t begin = 0;
  uint64_t bytes = 0;
  int target = 0;  // in the order in which targets were bound
};

/// Whether no two regions overlap and none is empty or ends beyond 2^64: the first pair that does, by name and range.
Result<void> check_map(const std::vector<Region>& map, const std::string& where);

class Interconnect : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<Interconnect> masters;
  tlm_utils::multi_passthrough_initiator_socket<Interconnect> targets;

  explicit Interconnect(const sc_core::sc_module_name& name);
  /// The memory map from now on; checked. Targets see addresses from the beginning of their region.
  void set_map(std::vector<Region> map) { map_ = std::move(map); }

 private:
  void transport(int master, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  bool get_direct_mem_ptr(int master, tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi);
  const Region* find(uint64_t address, uint64_t bytes) const;

  std::vector<Region> map_;
};

}  // namespace tandem::sim::platform
