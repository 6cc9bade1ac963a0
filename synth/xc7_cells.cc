#include "synth/xc7_cells.h"

#include <fmt/format.h>

#include <map>

namespace tandem::synth {
namespace {

// Delays in ns: the `specify` blocks of Yosys 0.23's techlibs/xilinx/cells_sim.v, which took them from Project X-Ray's
// artix7 timings (maxima); of a port the slowest bit. Levels: a LUT, a carry chain entered from logic, a memory or DSP
// passed without a register count one; the multiplexers of a slice belong to their LUTs.

Cell lut(int inputs) {
  constexpr double kInput[] = {0.642, 0.631, 0.472, 0.407, 0.238, 0.127};  // LUT6, I0 to I5; smaller ones lack the slow
  Cell cell;
  cell.resources.lut = 1;
  for (int i = 0; i < inputs; ++i) cell.arcs.push_back({fmt::format("I{}", i), "O", kInput[6 - inputs + i], 1, true});
  return cell;
}

Cell flip_flop(const std::string& reset) {
  Cell cell;
  cell.resources.ff = 1;
  cell.captures = {{"D", 0, false}, {"CE", 0.109}, {reset, 0.404}};
  cell.launches = {{"Q", 0.303}};
  return cell;
}

Cell carry() {
  Cell cell;
  for (const char* out : {"O", "CO"}) {
    cell.arcs.push_back({"S", out, 0.618, 1, false});
    cell.arcs.push_back({"DI", out, 0.615, 1, true});
    cell.arcs.push_back({"CYINIT", out, 0.642, 1, true});
  }
  cell.arcs.push_back({"CI", "O", 0.334, 0, false});
  cell.arcs.push_back({"CI", "CO", 0.114, 0, false});  // to CO[3], the chain
  return cell;
}

Cell multiplexer(double data_ns, double select_ns) {
  Cell cell;
  cell.arcs = {{"I0", "O", data_ns, 0, false}, {"I1", "O", data_ns, 0, false}, {"S", "O", select_ns, 0, true}};
  return cell;
}

Cell block_ram(int64_t halves) {
  Cell cell;
  cell.resources.ramb18 = halves;
  for (const char* port : {"ADDRARDADDR", "ADDRBWRADDR"}) cell.captures.push_back({port, 0.566});
  for (const char* port : {"WEA", "WEBWE"}) cell.captures.push_back({port, 0.532});
  for (const char* port : {"DIADI", "DIBDI", "DIPADIP", "DIPBDIP"}) cell.captures.push_back({port, 0.737});
  for (const char* port : {"ENARDEN", "ENBWREN"}) cell.captures.push_back({port, 0.443});
  for (const char* port : {"DOADO", "DOBDO", "DOPADOP", "DOPBDOP"}) cell.launches.push_back({port, 2.454});
  return cell;
}

/// A LUT memory with one write address and `reads` addresses that are read without a clock.
Cell lut_ram(int64_t luts, const std::vector<std::pair<std::string, std::string>>& reads,
             const std::vector<std::string>& written, const std::string& write_address) {
  Cell cell;
  cell.resources.lut = luts;
  for (const auto& [address, data] : reads) {
    cell.arcs.push_back({address, data, 0.642, 1, true});
    cell.launches.push_back({data, 1.188});
  }
  for (const std::string& data : written) cell.captures.push_back({data, 0.461});
  cell.captures.push_back({write_address, 0.245});
  cell.captures.push_back({"WE", 0.654});
  return cell;
}

Cell shift_register() {
  Cell cell;
  cell.resources.lut = 1;
  cell.captures = {{"D", 0.173}, {"CE", 0.654}};
  cell.launches = {{"Q", 1.472}, {"Q15", 1.114}, {"Q31", 1.114}};
  for (const char* address : {"A0", "A1", "A2", "A3", "A"}) cell.arcs.push_back({address, "Q", 0.631, 1, true});
  return cell;
}

/// The four pipeline stages decide which pins end a path, which begin one, and what passes through.
Cell dsp(const DspRegisters& r) {
  Cell cell;
  cell.resources.dsp = 1;
  const bool any = r.m || r.p;
  const auto operand = [&](const char* port, bool own, double own_ns, double to_m, double to_p, double comb_ns) {
    if (own) {
      cell.captures.push_back({port, own_ns});
    } else if (r.multiplies && r.m) {
      cell.captures.push_back({port, to_m});
    } else if (r.p) {
      cell.captures.push_back({port, to_p});
    } else {
      cell.arcs.push_back({port, "P", comb_ns, 1, true});
      cell.arcs.push_back({port, "PCOUT", comb_ns + 0.147, 1, true});
    }
  };
  if (r.adds_first) {
    operand("A", r.a || r.ad, r.a ? 0.254 : 1.283, 2.400, 3.723, 3.806);
    operand("D", r.d || r.ad, r.d ? 0.248 : 1.195, 2.310, 3.635, 3.717);
  } else {
    operand("A", r.a, 0.254, 1.416, r.multiplies ? 2.739 : 1.441, r.multiplies ? 2.823 : 1.523);
  }
  operand("B", r.b, 0.324, 1.285, r.multiplies ? 2.608 : 1.428, r.multiplies ? 2.690 : 1.509);
  if (r.c) {
    cell.captures.push_back({"C", 0.168});
  } else if (r.p) {
    cell.captures.push_back({"C", 1.244});
  } else {
    cell.arcs.push_back({"C", "P", 1.325, 1, true});
  }
  if (r.p) {
    cell.captures.push_back({"PCIN", 1.025, false});
  } else {
    cell.arcs.push_back({"PCIN", "P", 1.107, 1, false});
    cell.arcs.push_back({"PCIN", "PCOUT", 1.255, 1, false});
  }
  for (const char* port : {"CEA1", "CEA2", "CEB1", "CEB2", "CEC", "CED", "CEAD", "CEM", "CEP"})
    cell.captures.push_back({port, 0.392});
  for (const char* port : {"RSTA", "RSTB", "RSTC", "RSTD", "RSTM", "RSTP"}) cell.captures.push_back({port, 0.468});
  if (any || r.a || r.b || r.c || r.d || r.ad) {
    const double after = r.p ? 0.329 : r.m ? 1.687 : r.adds_first ? 3.935 : r.multiplies ? 2.952 : 1.687;
    cell.launches = {{"P", after}, {"PCOUT", after + 0.15}};
  }
  return cell;
}

std::map<std::string, Cell> fixed_cells() {
  std::map<std::string, Cell> cells;
  for (int inputs = 1; inputs <= 6; ++inputs) cells[fmt::format("LUT{}", inputs)] = lut(inputs);
  cells["INV"] = Cell{{}, {}, {}, {{"I", "O", 0, 0, false}}};  // absorbed by the LUT or flip-flop behind it
  cells["BUFG"] = Cell{{}, {}, {}, {{"I", "O", 0, 0, false}}};
  cells["FDRE"] = flip_flop("R");
  cells["FDSE"] = flip_flop("S");
  cells["FDCE"] = flip_flop("CLR");
  cells["FDPE"] = flip_flop("PRE");
  cells["CARRY4"] = carry();
  cells["MUXF7"] = multiplexer(0.223, 0.296);
  cells["MUXF8"] = multiplexer(0.104, 0.273);
  cells["RAMB18E1"] = block_ram(1);
  cells["RAMB36E1"] = block_ram(2);
  for (const char* type : {"RAM32M", "RAM64M"}) {
    cells[type] = lut_ram(4, {{"ADDRA", "DOA"}, {"ADDRB", "DOB"}, {"ADDRC", "DOC"}, {"ADDRD", "DOD"}},
                          {"DIA", "DIB", "DIC", "DID"}, "ADDRD");
  }
  cells["RAM32X1D"] = lut_ram(2, {{"DPRA0", "DPO"}}, {"D"}, "A0");
  cells["RAM64X1D"] = lut_ram(2, {{"DPRA0", "DPO"}}, {"D"}, "A0");
  cells["RAM128X1D"] = lut_ram(4, {{"DPRA", "DPO"}}, {"D"}, "A");
  cells["SRL16E"] = shift_register();
  cells["SRLC32E"] = shift_register();
  return cells;
}

}  // namespace

const Cell* find_cell(const std::string& type, const DspRegisters& registers) {
  static const std::map<std::string, Cell> kFixed = fixed_cells();
  static const std::vector<Cell> kDsps = [] {
    std::vector<Cell> all;
    for (int bits = 0; bits < 1 << 9; ++bits) {
      const auto bit = [bits](int place) { return (bits >> place & 1) != 0; };
      all.push_back(dsp({bit(0), bit(1), bit(2), bit(3), bit(4), bit(5), bit(6), bit(7), bit(8)}));
    }
    return all;
  }();
  if (type == "DSP48E1") {
    size_t place = 0;
    for (const bool used : {registers.ad, registers.d, registers.adds_first, registers.multiplies, registers.p,
                            registers.m, registers.c, registers.b, registers.a}) {
      place = 2 * place + (used ? 1 : 0);
    }
    return &kDsps[place];
  }
  const auto found = kFixed.find(type);
  return found == kFixed.end() ? nullptr : &found->second;
}

std::string timing_method() {
  return fmt::format(
      "longest register-to-register path: cell delays of Project X-Ray for xc7 (as in Yosys's cells_sim.v) plus {} ns "
      "for each routed net; not placed",
      kNetNs);
}

}  // namespace tandem::synth
