#include "isa/generate/table.h"

#include <fmt/format.h>

#include <cctype>

namespace tandem::isa::generate {
namespace {

using Functions = std::map<std::string, ScalarFunction>;

Result<std::string> text_of(const YamlNode& node, const std::string& key) {
  TANDEM_ASSIGN(const YamlNode child, node.at(key));
  return child.text();
}

Result<std::string> text_or(const YamlNode& node, const std::string& key, const std::string& otherwise) {
  if (!node.has(key)) return otherwise;
  return text_of(node, key);
}

Result<int64_t> integer_of(const YamlNode& node, const std::string& key) {
  TANDEM_ASSIGN(const YamlNode child, node.at(key));
  return child.integer();
}

std::vector<ScalarArgument> arguments_of(const std::vector<std::string>& names) {
  std::vector<ScalarArgument> arguments;
  for (const std::string& name : names) arguments.push_back({name, ScalarType::kI32});
  return arguments;
}

class Reader {
 public:
  Result<Table> read(const YamlNode& root) {
    TANDEM_TRY(root.only_keys({"version", "parameters", "widths", "micro_op", "memories", "states", "common",
                               "instructions", "alu_operations", "builtins"}));
    TANDEM_TRY(read_builtins(root));
    TANDEM_TRY(read_parameters(root));
    TANDEM_ASSIGN(const YamlNode uop, root.at("micro_op"));
    TANDEM_TRY(uop.only_keys({"doc", "fields"}));
    TANDEM_ASSIGN(table_.uop_doc, text_of(uop, "doc"));
    TANDEM_ASSIGN(table_.uop_fields, fields_of(uop, "fields"));
    TANDEM_TRY(read_memories(root));
    TANDEM_TRY(read_states(root));
    TANDEM_TRY(read_alu_operations(root));
    TANDEM_ASSIGN(table_.common, fields_of(root, "common"));
    TANDEM_TRY(read_instructions(root));
    return table_;
  }

 private:
  Result<Expression> expression_of(const YamlNode& node, const std::string& key) {
    TANDEM_ASSIGN(const YamlNode child, node.at(key));
    TANDEM_ASSIGN(std::string text, child.text());
    TANDEM_ASSIGN(ScalarExpression tree,
                  parse_scalar(text, child.where(), arguments_of(table_.names()), functions_, /*allow_clog2=*/true));
    return Expression{std::move(text), std::move(tree)};
  }

  Result<void> read_builtins(const YamlNode& root) {
    TANDEM_ASSIGN(const YamlNode list, root.at("builtins"));
    for (const YamlNode& node : list.items()) {
      TANDEM_TRY(node.only_keys({"name", "arguments", "result", "value", "doc"}));
      Builtin builtin;
      TANDEM_ASSIGN(builtin.name, text_of(node, "name"));
      TANDEM_ASSIGN(const YamlNode arguments, node.at("arguments"));
      for (const auto& [name, type] : arguments.entries()) {
        TANDEM_ASSIGN(const std::string type_text, type.text());
        TANDEM_ASSIGN(const ScalarType parsed, parse_scalar_type(type_text, type.where()));
        builtin.function.arguments.push_back({name, parsed});
      }
      TANDEM_ASSIGN(const std::string result, text_of(node, "result"));
      TANDEM_ASSIGN(builtin.function.result, parse_scalar_type(result, node.where()));
      TANDEM_ASSIGN(const YamlNode value, node.at("value"));
      TANDEM_ASSIGN(builtin.text, value.text());
      TANDEM_ASSIGN(builtin.function.body,
                    parse_scalar(builtin.text, value.where(), builtin.function.arguments, functions_));
      if (builtin.function.body->type != builtin.function.result) {
        return Diagnostic{value.where(),
                          fmt::format("built-in {} gives {}, not {}", builtin.name,
                                      isa::name(builtin.function.body->type), isa::name(builtin.function.result)),
                          {},
                          ""};
      }
      TANDEM_ASSIGN(builtin.doc, text_of(node, "doc"));
      functions_[builtin.name] = builtin.function;
      table_.builtins.push_back(std::move(builtin));
    }
    return {};
  }

  Result<void> read_parameters(const YamlNode& root) {
    TANDEM_ASSIGN(const YamlNode parameters, root.at("parameters"));
    for (const YamlNode& node : parameters.items()) {
      TANDEM_TRY(node.only_keys({"name", "value", "doc"}));
      Parameter parameter;
      TANDEM_ASSIGN(parameter.name, text_of(node, "name"));
      TANDEM_ASSIGN(parameter.value, text_of(node, "value"));
      TANDEM_ASSIGN(parameter.doc, text_of(node, "doc"));
      table_.parameters.push_back(std::move(parameter));
    }
    TANDEM_ASSIGN(const YamlNode widths, root.at("widths"));
    for (const YamlNode& node : widths.items()) {
      TANDEM_TRY(node.only_keys({"name", "value", "doc"}));
      Width width;
      TANDEM_ASSIGN(width.name, text_of(node, "name"));
      TANDEM_ASSIGN(width.value, expression_of(node, "value"));
      TANDEM_ASSIGN(width.doc, text_of(node, "doc"));
      table_.widths.push_back(std::move(width));
    }
    return {};
  }

  Result<FieldKind> kind_of(const YamlNode& node) {
    static const std::vector<std::pair<std::string, FieldKind>> kinds = {{"opcode", FieldKind::kOpcode},
                                                                         {"flag", FieldKind::kFlag},
                                                                         {"unsigned", FieldKind::kUnsigned},
                                                                         {"signed", FieldKind::kSigned},
                                                                         {"memory", FieldKind::kMemory},
                                                                         {"alu_op", FieldKind::kAluOp},
                                                                         {"alu_op_extended", FieldKind::kAluOpExtended},
                                                                         {"state", FieldKind::kState},
                                                                         {"extension", FieldKind::kExtension},
                                                                         {"zero", FieldKind::kZero}};
    TANDEM_ASSIGN(const std::string text, text_or(node, "kind", "unsigned"));
    std::vector<std::string> names;
    for (const auto& [name, kind] : kinds) {
      if (name == text) return kind;
      names.push_back(name);
    }
    return unknown_name(node.where(), "kind of field", text, names);
  }

  Result<std::vector<Field>> fields_of(const YamlNode& parent, const std::string& key) {
    TANDEM_ASSIGN(const YamlNode list, parent.at(key));
    std::vector<Field> fields;
    for (const YamlNode& node : list.items()) {
      TANDEM_TRY(node.only_keys({"name", "kind", "width", "align", "zero", "memories", "needs", "excludes", "doc"}));
      Field field;
      TANDEM_ASSIGN(field.name, text_of(node, "name"));
      TANDEM_ASSIGN(field.kind, kind_of(node));
      TANDEM_ASSIGN(field.width, expression_of(node, "width"));
      TANDEM_ASSIGN(field.needs, text_or(node, "needs", ""));
      TANDEM_ASSIGN(field.excludes, text_or(node, "excludes", ""));
      TANDEM_ASSIGN(field.doc, text_of(node, "doc"));
      if (node.has("align")) {
        TANDEM_ASSIGN(const int64_t align, integer_of(node, "align"));
        if (align != 64) return Diagnostic{node.where(), fmt::format("align {} is not 64", align), {"64"}, ""};
        field.aligned = true;
      }
      if (node.has("zero")) {
        TANDEM_ASSIGN(const YamlNode zero, node.at("zero"));
        TANDEM_ASSIGN(field.zero, zero.boolean());
      }
      if (field.kind == FieldKind::kMemory) {
        TANDEM_ASSIGN(const YamlNode memories, node.at("memories"));
        for (const YamlNode& memory : memories.items()) {
          TANDEM_ASSIGN(std::string name, memory.text());
          field.memories.push_back(std::move(name));
        }
      }
      fields.push_back(std::move(field));
    }
    return fields;
  }

  Result<void> read_memories(const YamlNode& root) {
    TANDEM_ASSIGN(const YamlNode list, root.at("memories"));
    for (const YamlNode& node : list.items()) {
      TANDEM_TRY(node.only_keys({"name", "mem_type", "title", "lanes", "lane_bits", "load_engine", "needs", "doc"}));
      Memory memory;
      TANDEM_ASSIGN(memory.name, text_of(node, "name"));
      TANDEM_ASSIGN(memory.title, text_of(node, "title"));
      TANDEM_ASSIGN(memory.mem_type, integer_of(node, "mem_type"));
      TANDEM_ASSIGN(memory.lanes, expression_of(node, "lanes"));
      TANDEM_ASSIGN(memory.lane_bits, expression_of(node, "lane_bits"));
      TANDEM_ASSIGN(memory.load_engine, text_or(node, "load_engine", ""));
      TANDEM_ASSIGN(memory.needs, text_or(node, "needs", ""));
      TANDEM_ASSIGN(memory.doc, text_of(node, "doc"));
      table_.memories.push_back(std::move(memory));
    }
    return {};
  }

  Result<void> read_states(const YamlNode& root) {
    TANDEM_ASSIGN(const YamlNode list, root.at("states"));
    for (const YamlNode& node : list.items()) {
      TANDEM_TRY(node.only_keys({"name", "code", "engine", "bits", "doc"}));
      State state;
      TANDEM_ASSIGN(state.name, text_of(node, "name"));
      TANDEM_ASSIGN(state.code, integer_of(node, "code"));
      TANDEM_ASSIGN(state.engine, text_of(node, "engine"));
      TANDEM_ASSIGN(state.bits, integer_of(node, "bits"));
      TANDEM_ASSIGN(state.doc, text_of(node, "doc"));
      const char* engine = state.code < kFirstComputeState ? "load" : "compute";
      if (state.engine != engine) {
        return Diagnostic{node.where(),
                          fmt::format("state {} with code {} is of engine {}", state.name, state.code, state.engine),
                          {engine},
                          ""};
      }
      table_.states.push_back(std::move(state));
    }
    return {};
  }

  Result<void> read_alu_operations(const YamlNode& root) {
    TANDEM_ASSIGN(const YamlNode list, root.at("alu_operations"));
    for (const YamlNode& node : list.items()) {
      TANDEM_TRY(node.only_keys({"name", "code", "value", "doc"}));
      AluOperation operation;
      TANDEM_ASSIGN(operation.name, text_of(node, "name"));
      TANDEM_ASSIGN(operation.code, integer_of(node, "code"));
      TANDEM_ASSIGN(const YamlNode value, node.at("value"));
      TANDEM_ASSIGN(operation.text, value.text());
      TANDEM_ASSIGN(operation.value,
                    parse_scalar(operation.text, value.where(), alu_operands(operation.extended()), functions_));
      if (operation.value->type != ScalarType::kI32) {
        return Diagnostic{value.where(), fmt::format("ALU operation {} does not give i32", operation.name), {}, ""};
      }
      TANDEM_ASSIGN(operation.doc, text_of(node, "doc"));
      table_.alu_operations.push_back(std::move(operation));
    }
    return {};
  }

  Result<void> read_instructions(const YamlNode& root) {
    TANDEM_ASSIGN(const YamlNode list, root.at("instructions"));
    for (const YamlNode& node : list.items()) {
      TANDEM_TRY(node.only_keys({"name", "opcode", "extension", "engine", "needs", "doc", "assembly", "fields"}));
      Instruction instruction;
      TANDEM_ASSIGN(instruction.name, text_of(node, "name"));
      TANDEM_ASSIGN(instruction.opcode, integer_of(node, "opcode"));
      if (node.has("extension")) {
        TANDEM_ASSIGN(instruction.extension, integer_of(node, "extension"));
      }
      TANDEM_ASSIGN(instruction.engine, text_of(node, "engine"));
      TANDEM_ASSIGN(instruction.needs, text_or(node, "needs", ""));
      TANDEM_ASSIGN(instruction.doc, text_of(node, "doc"));
      TANDEM_ASSIGN(instruction.assembly, text_of(node, "assembly"));
      instruction.fields = table_.common;
      TANDEM_ASSIGN(const std::vector<Field> own, fields_of(node, "fields"));
      instruction.fields.insert(instruction.fields.end(), own.begin(), own.end());
      table_.instructions.push_back(std::move(instruction));
    }
    return {};
  }

  Table table_;
  Functions functions_;
};

}  // namespace

std::vector<ScalarArgument> alu_operands(bool extended) {
  std::vector<ScalarArgument> operands = arguments_of({"a", "b"});
  if (extended) operands.push_back({"c", ScalarType::kI32});
  return operands;
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters) names.push_back(parameter.name);
  names.push_back("uop_bits");
  for (const Width& width : widths) names.push_back(width.name);
  return names;
}

Result<Table> read_table(const std::string& path) {
  TANDEM_ASSIGN(const YamlNode root, YamlNode::load(path));
  return Reader().read(root);
}

std::string upper_camel(const std::string& name) {
  std::string result;
  bool start = true;
  for (const char c : name) {
    if (c == '_') {
      start = true;
      continue;
    }
    result += start ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    start = false;
  }
  return result;
}

}  // namespace tandem::isa::generate
