// Verilog: the localparams of the encoding as expressions over the enclosing module's parameters, and the ALU's lane
// function.
#include <fmt/format.h>

#include <algorithm>

#include "isa/generate/emit.h"

namespace tandem::isa::generate {
namespace {

std::string localparam(const std::string& name, const std::string& value) {
  return fmt::format("localparam int {} = {};\n", name, value);
}

/// Rounds a position up to the next 64-bit word.
std::string next_word(const std::string& bits) { return fmt::format("(({} + 63) / 64) * 64", bits); }

/// LSB and width of one field. `end` is where the one before it ended, and becomes this one's end.
std::string field_place(const Field& field, const std::string& prefix, const std::vector<std::string>& names,
                        std::string& end) {
  const std::string name = prefix + upper_camel(field.name);
  std::string lsb = end;
  if (field.aligned) {
    lsb = next_word(end);
  } else if (end != "0") {
    lsb = fmt::format("(({0}) % 64 + {1}W > 64) ? {2} : {0}", end, name, next_word(end));
  }
  end = fmt::format("{0}Lsb + {0}W", name);
  return localparam(name + "W", nested(field.width.tree, names, "$clog2")) + localparam(name + "Lsb", lsb);
}

std::string larger(const std::string& a, const std::string& b) {
  return fmt::format("({0}) > ({1}) ? ({0}) : ({1})", a, b);
}

std::string scalar_declaration(ScalarType type) {
  return type == ScalarType::kI1 ? "logic" : fmt::format("logic signed [{}:0]", bits(type) - 1);
}

std::string literal(ScalarType type, int64_t value) {
  if (type == ScalarType::kI1) return value != 0 ? "1'b1" : "1'b0";
  return value < 0 ? fmt::format("-{}'sd{}", bits(type), -value) : fmt::format("{}'sd{}", bits(type), value);
}

int log2_bits(ScalarType type) { return type == ScalarType::kI64 ? 6 : type == ScalarType::kI32 ? 5 : 3; }

std::string conversion(const ScalarNode& node, const std::string& a) {
  const ScalarType from = node.operands[0]->type;
  if (bits(from) == bits(node.type)) return a;
  if (bits(from) > bits(node.type)) return fmt::format("{}[{}:0]", a, bits(node.type) - 1);
  return fmt::format("{{{{{}{{{}[{}]}}}}, {}}}", bits(node.type) - bits(from), a, bits(from) - 1, a);
}

/// A function of one statement per operation, every value in a variable of its exact type.
std::string function(const std::string& name, const std::vector<ScalarArgument>& arguments,
                     const ScalarExpression& body) {
  std::map<const ScalarNode*, std::string> names;
  const auto value = [&](const ScalarExpression& expression) -> std::string {
    if (expression->op == ScalarOp::kArgument) return arguments.at(static_cast<size_t>(expression->value)).name;
    if (expression->op == ScalarOp::kConstant) return literal(expression->type, expression->value);
    return names.at(expression.get());
  };
  const auto amount = [&](const ScalarNode& node) {
    const ScalarExpression& shift = node.operands[1];
    const int width = log2_bits(node.type);
    if (shift->op == ScalarOp::kConstant) return fmt::format("{}'d{}", width, shift->value & (bits(node.type) - 1));
    return fmt::format("{}[{}:0]", value(shift), width - 1);
  };
  std::string declarations;
  std::string statements;
  for (const ScalarNode* node : operations(body)) {
    const std::string a = value(node->operands[0]);
    const std::string b = node->operands.size() > 1 ? value(node->operands[1]) : "";
    std::string result;
    switch (node->op) {
      case ScalarOp::kAdd:
        result = fmt::format("{} + {}", a, b);
        break;
      case ScalarOp::kSubtract:
        result = fmt::format("{} - {}", a, b);
        break;
      case ScalarOp::kMultiply:
        result = fmt::format("{} * {}", a, b);
        break;
      case ScalarOp::kNegate:
        result = fmt::format("-{}", a);
        break;
      case ScalarOp::kShiftLeft:
        result = fmt::format("{} <<< {}", a, amount(*node));
        break;
      case ScalarOp::kShiftRight:
        result = fmt::format("{} >>> {}", a, amount(*node));
        break;
      case ScalarOp::kLess:
        result = fmt::format("{} < {}", a, b);
        break;
      case ScalarOp::kLessEqual:
        result = fmt::format("{} <= {}", a, b);
        break;
      case ScalarOp::kEqual:
        result = fmt::format("{} == {}", a, b);
        break;
      case ScalarOp::kAnd:
        result = fmt::format("{} & {}", a, b);
        break;
      case ScalarOp::kOr:
        result = fmt::format("{} | {}", a, b);
        break;
      case ScalarOp::kNot:
        result = fmt::format("!{}", a);
        break;
      case ScalarOp::kSelect:
        result = fmt::format("{} ? {} : {}", a, b, value(node->operands[2]));
        break;
      case ScalarOp::kConvert:
        result = conversion(*node, a);
        break;
      case ScalarOp::kConstant:
      case ScalarOp::kArgument:
      case ScalarOp::kCeilLog2:
        TANDEM_CHECK(false, "not an operation of a built-in");
    }
    const std::string variable = fmt::format("t{}", names.size());
    declarations += fmt::format("  {} {};\n", scalar_declaration(node->type), variable);
    statements += fmt::format("    {} = {};\n", variable, result);
    names[node] = variable;
  }
  std::string inputs;
  for (const ScalarArgument& argument : arguments) {
    inputs +=
        fmt::format("{}input {} {}", inputs.empty() ? "" : ", ", scalar_declaration(argument.type), argument.name);
  }
  return fmt::format("function automatic {} {}({});\n{}  begin\n{}    {} = {};\n  end\nendfunction\n",
                     scalar_declaration(body->type), name, inputs, declarations, statements, name, value(body));
}

/// Bits of the operation of ALU_EXTENDED and of the state of CONFIG.
constexpr int kExtensionCodeBits = 7;

/// localparam logic [2:0] AluOpMin = 3'd0;
std::string code_constant(const std::string& prefix, const std::string& name, int width, int64_t code) {
  return fmt::format("localparam logic [{}:0] {}{} = {}'d{};\n", width - 1, prefix, upper_camel(name), width, code);
}

/// A vector with a bit for each of the 2^width codes, set where it is legal.
std::string legal_codes(const std::string& prefix, int width, const std::vector<int64_t>& codes) {
  const size_t count = size_t{1} << width;
  std::string mask(count, '0');
  for (const int64_t code : codes) mask[count - 1 - static_cast<size_t>(code)] = '1';
  return fmt::format("localparam logic [{}:0] {}Legal = {}'b{};\n", count - 1, prefix, count, mask);
}

std::string used_mask(const Instruction& instruction, const std::vector<std::pair<std::string, const Field*>>& places) {
  std::string mask;
  for (const auto& [name, field] : places) {
    if (field->kind == FieldKind::kZero || field->zero) continue;
    mask += fmt::format("{0}({{{{(InsnBits-{1}W){{1'b0}}}}, {{{1}W{{1'b1}}}}}} << {1}Lsb)",
                        mask.empty() ? "" : " |\n    ", name);
  }
  return fmt::format("localparam logic [InsnBits-1:0] {}UsedMask =\n    {};\n", upper_camel(instruction.name), mask);
}

}  // namespace

std::string emit_isa_verilog(const Table& table) {
  std::vector<std::string> names;
  for (const Parameter& parameter : table.parameters) names.push_back(upper_camel(parameter.name));
  names.emplace_back("UopBits");
  for (const Width& width : table.widths) names.push_back(upper_camel(width.name) + "W");

  std::string text = kBanner;
  text += "// The encoding of instructions and micro-ops. Include it inside a module that has these parameters:\n";
  for (const Parameter& parameter : table.parameters) {
    text += fmt::format("//   {:<9} {}\n", upper_camel(parameter.name), parameter.doc);
  }
  text += "// verilator lint_off UNUSEDPARAM\n// (each module uses a part of the table)\n\n// Widths.\n";
  for (const Width& width : table.widths) {
    text +=
        "// " + width.doc + "\n" + localparam(upper_camel(width.name) + "W", nested(width.value.tree, names, "$clog2"));
  }

  text += "\n// Micro-op.\n";
  std::string end = "0";
  for (const Field& field : table.uop_fields) text += field_place(field, "Uop", names, end);
  text += localparam("UopBits", fmt::format("({}) <= 32 ? 32 : 64", end)) + localparam("UopBytes", "UopBits / 8");

  text +=
      "\n// Memories: mem_type, lanes and bits of an element; a bit per mem_type says which engine does its LOAD.\n";
  std::map<std::string, int64_t> engines;
  for (const Memory& memory : table.memories) {
    const std::string name = "Mem" + upper_camel(memory.name);
    text += fmt::format("localparam logic [2:0] {} = 3'd{};\n", name, memory.mem_type);
    text += localparam(name + "Lanes", nested(memory.lanes.tree, names, "$clog2"));
    text += localparam(name + "LaneBits", nested(memory.lane_bits.tree, names, "$clog2"));
    text += localparam(name + "Bits", fmt::format("{0}Lanes * {0}LaneBits", name));
    if (!memory.load_engine.empty()) engines[memory.load_engine] |= int64_t{1} << memory.mem_type;
  }
  for (const auto& [engine, mask] : engines) {
    text += fmt::format("localparam logic [7:0] MemLoadedBy{} = 8'd{};\n", upper_camel(engine), mask);
  }

  text += "\n// Operations of ALU and of ALU_EXTENDED, and a bit for each that is legal.\n";
  std::vector<int64_t> plain;
  std::vector<int64_t> extended;
  for (const AluOperation& operation : table.alu_operations) {
    const int64_t code = operation.extended() ? operation.code - kFirstExtendedAluOp : operation.code;
    (operation.extended() ? extended : plain).push_back(code);
    text += code_constant(operation.extended() ? "AluExtendedOp" : "AluOp", operation.name,
                          operation.extended() ? kExtensionCodeBits : 3, code);
  }
  text += legal_codes("AluOp", 3, plain) + legal_codes("AluExtendedOp", kExtensionCodeBits, extended);

  text +=
      "\n// States that CONFIG sets: bit 6 tells those of compute. A bit for each that is legal; the bits of its "
      "value.\n";
  std::vector<int64_t> states;
  for (const State& state : table.states) {
    text += code_constant("State", state.name, kExtensionCodeBits, state.code);
    text += localparam("State" + upper_camel(state.name) + "W", fmt::format("{}", state.bits));
    states.push_back(state.code);
  }
  text += legal_codes("State", kExtensionCodeBits, states);

  text += "\n// Fields that every instruction begins with.\n";
  end = "0";
  std::vector<std::pair<std::string, const Field*>> common;
  for (const Field& field : table.common) {
    text += field_place(field, "Insn", names, end);
    common.emplace_back("Insn" + upper_camel(field.name), &field);
  }
  const std::string common_end = end;
  std::string masks;
  std::string widest = "128";
  std::string widths;
  for (const Instruction& instruction : table.instructions) {
    const std::string prefix = upper_camel(instruction.name);
    text += fmt::format("\n// {}.\nlocalparam logic [2:0] Op{} = 3'd{};\n", prefix, prefix, instruction.opcode);
    if (instruction.extension >= 0) {
      text += fmt::format("localparam logic {}ExtensionCode = 1'd{};\n", prefix, instruction.extension);
    }
    auto places = common;
    end = common_end;
    for (size_t i = table.common.size(); i < instruction.fields.size(); ++i) {
      const Field& field = instruction.fields[i];
      text += field_place(field, prefix, names, end);
      places.emplace_back(prefix + upper_camel(field.name), &field);
    }
    std::string legal;
    for (const Field& field : instruction.fields) {
      if (field.kind != FieldKind::kMemory) continue;
      int64_t mask = 0;
      for (const Memory& memory : table.memories) {
        if (std::find(field.memories.begin(), field.memories.end(), memory.name) != field.memories.end()) {
          mask |= int64_t{1} << memory.mem_type;
        }
      }
      text += fmt::format("localparam logic [7:0] {}{}Legal = 8'd{};\n", prefix, upper_camel(field.name), mask);
    }
    widths += localparam(prefix + "EndBit", end);
    widths += localparam(prefix + "WidestBit", larger(widest, prefix + "EndBit"));
    widest = prefix + "WidestBit";
    masks += used_mask(instruction, places);
  }
  text += "\n// All instructions have the width of the widest one, at least 128 bits, in steps of 64.\n" + widths;
  text += localparam("InsnBits", next_word(widest)) + localparam("InsnBytes", "InsnBits / 8");
  text += "\n// Bits that may be other than zero.\n" + masks;
  return text + "// verilator lint_on UNUSEDPARAM\n";
}

std::string emit_alu_verilog(const Table& table) {
  std::string text = kBanner;
  text +=
      "// One lane of the ALU, after isa.svh: alu_op(code, a, b), and alu_extended_op(code, a, b, c) of ALU_EXTENDED. "
      "Purely\n"
      "// combinational; an unknown code gives zero.\n"
      "// verilator lint_off UNUSEDSIGNAL\n// (a shift uses only the low bits of its amount)\n\n";
  std::string plain;
  std::string extended;
  for (const AluOperation& operation : table.alu_operations) {
    text += fmt::format("// {}: {}.\n{}\n", operation.text, operation.doc,
                        function("alu_" + operation.name, alu_operands(operation.extended()), operation.value));
    if (operation.extended()) {
      extended += fmt::format("      AluExtendedOp{}: alu_extended_op = alu_{}(a, b, c);\n",
                              upper_camel(operation.name), operation.name);
    } else {
      plain += fmt::format("      AluOp{}: alu_op = alu_{}(a, b);\n", upper_camel(operation.name), operation.name);
    }
  }
  const auto selection = [](const std::string& name, int code_bits, const std::string& operands,
                            const std::string& cases) {
    return fmt::format(
        "function automatic logic signed [31:0] {0}(input logic [{1}:0] code{2});\n"
        "  begin\n    case (code)\n{3}      default: {0} = 32'sd0;\n    endcase\n  end\nendfunction\n",
        name, code_bits - 1, operands, cases);
  };
  const std::string operands = ", input logic signed [31:0] a, input logic signed [31:0] b";
  text += selection("alu_op", 3, operands, plain) + "\n";
  text += selection("alu_extended_op", kExtensionCodeBits, operands + ", input logic signed [31:0] c", extended);
  return text + "// verilator lint_on UNUSEDSIGNAL\n";
}

std::string emit_alu_lanes_verilog(const Table& table) {
  std::string text = kBanner;
  text +=
      "// AluLanes lanes of the ALU, after isa.svh and alu_lane.svh: alu_lanes(code, a, b), and "
      "alu_extended_lanes(code, "
      "a, b, c)\n"
      "// of ALU_EXTENDED, whose c is one for all lanes. The operation is chosen outside of the loops, which simulate "
      "as "
      "vectors.\n\n";
  const std::string lanes = "logic [32*AluLanes-1:0]";
  const auto selection = [&](const std::string& name, int code_bits, bool extended) {
    std::string cases;
    for (const AluOperation& operation : table.alu_operations) {
      if (operation.extended() != extended) continue;
      cases += fmt::format(
          "      {0}{1}: for (int l = 0; l < AluLanes; l++) {2}[32*l +: 32] = alu_{3}(a[32*l +: 32], b[32*l +: "
          "32]{4});\n",
          extended ? "AluExtendedOp" : "AluOp", upper_camel(operation.name), name, operation.name,
          extended ? ", c" : "");
    }
    return fmt::format(
        "function automatic {0} {1}(input logic [{2}:0] code, input {0} a, input {0} b{3});\n"
        "  begin\n    case (code)\n{4}      default: {1} = {{AluLanes{{32'd0}}}};\n    endcase\n  end\nendfunction\n",
        lanes, name, code_bits - 1, extended ? ", input logic [31:0] c" : "", cases);
  };
  return text + selection("alu_lanes", 3, false) + "\n" + selection("alu_extended_lanes", kExtensionCodeBits, true);
}

}  // namespace tandem::isa::generate
