#include "compiler/loop/names.h"

#include <cctype>

#include "isa/builtin.h"

namespace tandem::loop {
namespace {

/// Renames what a statement binds; a variable that is bound twice gets a new identity at the second place.
class Renaming {
 public:
  explicit Renaming(std::set<std::string>& taken) : taken_(taken) {}

  std::string name(const std::string& wanted) { return fresh_name(identifier(wanted), taken_); }
  VarRef bind(const VarRef& var) {
    std::string unique = name(var->name);
    const bool again = !bound_.insert(var).second;
    const VarRef renamed = unique == var->name && !again ? var : std::make_shared<const Var>(Var{unique, var->type});
    vars_[var] = use(renamed);
    return renamed;
  }
  BufferRef bind(const BufferRef& buffer) {
    std::string unique = name(buffer->name);
    if (unique != buffer->name || buffers_.count(buffer)) {
      Buffer renamed = *buffer;
      renamed.name = std::move(unique);
      buffers_[buffer] = std::make_shared<const Buffer>(std::move(renamed));
    } else {
      buffers_[buffer] = buffer;
    }
    return buffers_[buffer];
  }

  Stmt run(const Stmt& stmt) {
    if (const auto* node = std::get_if<For>(&stmt->node)) {
      const VarRef var = bind(node->var);
      Stmt body = run(node->body);
      return located(for_loop(var, node->extent, std::move(body), node->kind), stmt->where);
    }
    if (const auto* node = std::get_if<Alloc>(&stmt->node)) {
      const BufferRef buffer = bind(node->buffer);
      return located(alloc(buffer, run(node->body)), stmt->where);
    }
    if (const auto* node = std::get_if<If>(&stmt->node)) {
      return located(if_then(run(node->condition), run(node->body)), stmt->where);
    }
    if (const auto* node = std::get_if<Block>(&stmt->node)) {
      std::vector<Stmt> statements;
      for (const Stmt& statement : node->statements) statements.push_back(run(statement));
      return located(block(std::move(statements)), stmt->where);
    }
    if (const auto* node = std::get_if<Store>(&stmt->node)) {
      return located(store(buffer(node->buffer), run(node->indices), run(node->value)), stmt->where);
    }
    const auto& node = std::get<Intrinsic>(stmt->node);
    std::vector<Operand> operands;
    for (const Operand& operand : node.operands) operands.push_back({buffer(operand.buffer), run(operand.indices)});
    std::vector<Expr> scalars = run(node.scalars);
    return located(intrinsic(node.name, std::move(operands), std::move(scalars), run(node.meaning)), stmt->where);
  }

 private:
  class Uses : public Rewriter {
   public:
    explicit Uses(const Renaming& names) : names_(names) {}

   protected:
    Expr on_expr(const Expr& expr) override {
      if (const auto* node = std::get_if<VarUse>(&expr->node)) {
        const auto found = names_.vars_.find(node->var);
        return found == names_.vars_.end() ? expr : found->second;
      }
      if (const auto* node = std::get_if<Load>(&expr->node)) {
        const BufferRef renamed = names_.buffer(node->buffer);
        return renamed == node->buffer ? expr : load(renamed, node->indices);
      }
      return expr;
    }

   private:
    const Renaming& names_;
  };

  BufferRef buffer(const BufferRef& original) const {
    const auto found = buffers_.find(original);
    return found == buffers_.end() ? original : found->second;
  }
  Expr run(const Expr& expr) const { return Uses(*this).rewrite(expr); }
  std::vector<Expr> run(const std::vector<Expr>& list) const {
    std::vector<Expr> result;
    for (const Expr& expr : list) result.push_back(run(expr));
    return result;
  }

  std::set<std::string>& taken_;
  std::set<VarRef> bound_;
  std::map<VarRef, Expr> vars_;
  std::map<BufferRef, BufferRef> buffers_;
};

/// Names of loops and buffers that the statement binds.
void collect_names(const Stmt& stmt, std::set<std::string>& names) {
  if (const auto* loop = std::get_if<For>(&stmt->node)) {
    names.insert(loop->var->name);
    collect_names(loop->body, names);
  } else if (const auto* scoped = std::get_if<Alloc>(&stmt->node)) {
    names.insert(scoped->buffer->name);
    collect_names(scoped->body, names);
  } else if (const auto* guarded = std::get_if<If>(&stmt->node)) {
    collect_names(guarded->body, names);
  } else if (const auto* list = std::get_if<Block>(&stmt->node)) {
    for (const Stmt& part : list->statements) collect_names(part, names);
  } else if (const auto* call = std::get_if<Intrinsic>(&stmt->node)) {
    collect_names(call->meaning, names);
  }
}

}  // namespace

std::string identifier(const std::string& name) {
  std::string text;
  for (const char c : name) text += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0]))) text = "_" + text;
  return text;
}

bool is_reserved(const std::string& word) {
  static const std::set<std::string> words = {"kernel", "out", "in",   "packs", "as",         "for",      "parallel",
                                              "alloc",  "if",  "true", "false", "vectorized", "unrolled", "bool",
                                              "i8",     "i32", "i64",  "f32",   "min",        "max",      "select"};
  return words.count(word) > 0 || isa::find_builtin(word) != nullptr;
}

std::string fresh_name(const std::string& wanted, std::set<std::string>& taken) {
  std::string name = wanted;
  for (int number = 2; is_reserved(name) || taken.count(name) > 0; ++number) {
    name = wanted + "_" + std::to_string(number);
  }
  taken.insert(name);
  return name;
}

std::set<std::string> names_of(const Kernel& kernel) {
  std::set<std::string> names;
  collect_names(kernel.body, names);
  for (const Param& param : kernel.params) names.insert(param.buffer->name);
  for (const VarRef& scalar : kernel.scalars) names.insert(scalar->name);
  return names;
}

Kernel unique_names(const Kernel& kernel) {
  std::set<std::string> taken;
  Renaming renaming(taken);
  Kernel result;
  result.name = identifier(kernel.name);
  for (const Param& param : kernel.params)
    result.params.push_back({renaming.bind(param.buffer), param.is_output, param.layout});
  for (const VarRef& scalar : kernel.scalars) result.scalars.push_back(renaming.bind(scalar));
  result.body = renaming.run(kernel.body);
  return result;
}

}  // namespace tandem::loop
