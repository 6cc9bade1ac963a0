#include "sim/trace/gtkwave.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "support/file.h"

namespace tandem::sim {
namespace {

constexpr uint64_t kUnitsOfACycle = 10;  // of a waveform's time (sim/rtl/harness/harness.cc)

struct Signal {
  std::string name;  // below tandem_core
  int bits = 1;
  bool decimal = false;
};
struct Group {
  std::string name;
  std::vector<Signal> signals;
};

std::vector<Group> groups(const isa::HwConfig& hardware) {
  const int bus_bits = 8 * hardware.bus_bytes;
  return {
      {"Run", {{"clk_i"}, {"done_o"}, {"irq_o"}, {"fetch_insn_o", 32, true}, {"fetch_done_o"}}},
      {"Engines: load, compute, store",
       {{"head_valid_o", 3},
        {"engine_busy_o", 3},
        {"engine_idle_o", 3},
        {"wait_token_o", 4},
        {"wait_space_o", 3},
        {"retire_o", 3},
        {"head_insn_o", 96},
        {"retire_insn_o", 96},
        {"token_level_o", 64}}},
      {"Load",
       {{"u_load.number", 32, true},
        {"u_load.start"},
        {"u_load.retire_o"},
        {"u_load.inp_write_o"},
        {"u_load.wgt_write_o"},
        {"u_load.write_index_o", 24, true}}},
      {"Compute",
       {{"u_compute.number", 32, true},
        {"u_compute.start_loop"},
        {"u_compute.start_load"},
        {"u_compute.start_requantize"},
        {"u_compute.gemm_step_o"},
        {"u_compute.alu_step_o"},
        {"u_compute.depthwise_step_o"},
        {"u_compute.requantize_step_o"},
        {"u_compute.retire_o"}}},
      {"Memory: read",
       {{"m_arvalid_o"},
        {"m_arready_i"},
        {"m_araddr_o", 48},
        {"m_arlen_o", 8, true},
        {"m_arid_o", 2},
        {"m_rvalid_i"},
        {"m_rready_o"},
        {"m_rid_i", 2},
        {"m_rlast_i"},
        {"m_rdata_i", bus_bits}}},
      {"Memory: write",
       {{"m_awvalid_o"},
        {"m_awready_i"},
        {"m_awaddr_o", 48},
        {"m_awlen_o", 8, true},
        {"m_wvalid_o"},
        {"m_wready_i"},
        {"m_wdata_o", bus_bits},
        {"m_wstrb_o", hardware.bus_bytes},
        {"m_wlast_o"},
        {"m_bvalid_i"}}},
  };
}

}  // namespace

Result<std::string> write_gtkwave_save(const std::string& fst, const isa::HwConfig& hardware, uint64_t cycle) {
  namespace fs = std::filesystem;
  std::string text = fmt::format("[*] {} cycles of ten units\n[dumpfile] \"{}\"\n[timestart] {}\n",
                                 "A waveform of Tandem:", fs::absolute(fst).string(), kUnitsOfACycle * cycle);
  // Flags of GTKWave's save files: 200 a comment, 22 hexadecimal, 24 decimal, 28 a bit.
  for (const Group& group : groups(hardware)) {
    text += fmt::format("@200\n-{}\n", group.name);
    for (const Signal& signal : group.signals) {
      const std::string range = signal.bits > 1 ? fmt::format("[{}:0]", signal.bits - 1) : "";
      text += fmt::format("@{}\nTOP.tandem_core.{}{}\n",
                          signal.bits == 1 ? 28
                          : signal.decimal ? 24
                                           : 22,
                          signal.name, range);
    }
  }
  const std::string path = fs::path(fst).replace_extension(".gtkw");
  TANDEM_TRY(write_file(path, text));
  return path;
}

}  // namespace tandem::sim
