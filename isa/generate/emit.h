// The emitters: each makes the whole text of one generated file from the table.
#pragma once

#include <string>

#include "isa/generate/table.h"

namespace tandem::isa::generate {

/// The first line of every generated file.
inline constexpr char kBanner[] = "// Generated from isa/isa.yaml by isa/generate_main.cc. Do not edit.\n";

std::string emit_memory_header(const Table& table);       // isa/memory.h
std::string emit_instruction_header(const Table& table);  // isa/instruction_set.h
std::string emit_instruction_source(const Table& table);  // isa/instruction_set.cc
std::string emit_builtins_header(const Table& table);     // isa/builtins.h
std::string emit_isa_verilog(const Table& table);         // isa/isa.svh
std::string emit_alu_verilog(const Table& table);         // isa/alu_lane.svh
std::string emit_alu_lanes_verilog(const Table& table);   // isa/alu_lanes.svh

/// How a dialect writes the tree of a width: nested, with `names` for the arguments and `clog2` for the function.
std::string nested(const ScalarExpression& expression, const std::vector<std::string>& names, const std::string& clog2);

/// Every distinct operation below `root` in an order in which operands come first. Constants and arguments are left
/// out.
std::vector<const ScalarNode*> operations(const ScalarExpression& root);

}  // namespace tandem::isa::generate
