#include "isa/builtin.h"

#include <algorithm>

#include "isa/instruction_set.h"

namespace tandem::isa {
namespace {

struct Tables {
  std::vector<Builtin> builtins;
  std::vector<Builtin> operations;  // by position in alu_op_infos()
};

/// The generator has already accepted every text, so parsing it again cannot fail.
Tables parse_tables() {
  Tables tables;
  std::map<std::string, ScalarFunction> functions;
  for (const BuiltinInfo& info : builtin_infos()) {
    Builtin builtin{info.name, {}, info.expression, info.doc};
    for (const auto& [name, type] : info.arguments) {
      builtin.function.arguments.push_back({name, parse_scalar_type(type, {}).value()});
    }
    builtin.function.result = parse_scalar_type(info.result, {}).value();
    builtin.function.body = parse_scalar(info.expression, {}, builtin.function.arguments, functions).value();
    functions[builtin.name] = builtin.function;
    tables.builtins.push_back(std::move(builtin));
  }
  for (const AluOpInfo& info : alu_op_infos()) {
    Builtin operation{info.name, {}, info.expression, info.doc};
    operation.function.arguments = {{"a", ScalarType::kI32}, {"b", ScalarType::kI32}};
    if (info.code >= kFirstExtendedAluOp) operation.function.arguments.push_back({"c", ScalarType::kI32});
    operation.function.body = parse_scalar(info.expression, {}, operation.function.arguments, functions).value();
    tables.operations.push_back(std::move(operation));
  }
  return tables;
}

const Tables& tables() {
  static const Tables parsed = parse_tables();
  return parsed;
}

}  // namespace

const std::vector<Builtin>& builtins() { return tables().builtins; }

const Builtin* find_builtin(const std::string& name) {
  const std::vector<Builtin>& all = builtins();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Builtin& builtin) { return builtin.name == name; });
  return found == all.end() ? nullptr : &*found;
}

const Builtin& alu_function(int64_t code) {
  const std::vector<AluOpInfo>& infos = alu_op_infos();
  for (size_t i = 0; i < infos.size(); ++i) {
    if (infos[i].code == code) return tables().operations[i];
  }
  TANDEM_CHECK(false, "an ALU code that isa.yaml does not list");
  return tables().operations.front();
}

}  // namespace tandem::isa
