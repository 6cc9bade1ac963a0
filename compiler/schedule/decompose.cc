// decompose: a chain of operations becomes nests that update a buffer in place, one operation each.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

/// One operation of a chain: what it makes of its operand.
using Rewrap = std::function<Expr(const Expr&)>;

bool reads(const Expr& expr, const std::string& buffer) {
  class Search : public loop::Rewriter {
   public:
    explicit Search(const std::string& name) : name_(name) {}
    bool found = false;

   protected:
    Expr on_expr(const Expr& expr) override {
      const auto* load = std::get_if<loop::Load>(&expr->node);
      found = found || (load && load->buffer->name == name_);
      return expr;
    }

   private:
    const std::string& name_;
  } search(buffer);
  search.rewrite(expr);
  return search.found;
}

/// Follows the operand that reads `buffer` down to the load, collecting operations, the last one first; null where it
/// is no chain.
const loop::Load* chain_of(const Expr& expr, const std::string& buffer, std::vector<Rewrap>& operations) {
  if (const auto* load = std::get_if<loop::Load>(&expr->node)) return load->buffer->name == buffer ? load : nullptr;
  if (const auto* node = std::get_if<loop::Binary>(&expr->node)) {
    const bool left = reads(node->a, buffer), right = reads(node->b, buffer);
    if (left == right || expr->type != node->a->type) return nullptr;
    operations.push_back([op = node->op, left, other = left ? node->b : node->a](const Expr& value) {
      return left ? loop::binary(op, value, other) : loop::binary(op, other, value);
    });
    return chain_of(left ? node->a : node->b, buffer, operations);
  }
  const auto* node = std::get_if<loop::Call>(&expr->node);
  if (!node) return nullptr;
  size_t position = node->arguments.size();
  for (size_t i = 0; i < node->arguments.size(); ++i) {
    if (!reads(node->arguments[i], buffer)) continue;
    if (position != node->arguments.size()) return nullptr;
    position = i;
  }
  if (position == node->arguments.size() || node->arguments[position]->type != expr->type) return nullptr;
  operations.push_back(
      [name = node->builtin, type = expr->type, arguments = node->arguments, position](const Expr& value) {
        std::vector<Expr> list = arguments;
        list[position] = value;
        return loop::call(name, type, std::move(list));
      });
  return chain_of(node->arguments[position], buffer, operations);
}

/// Loops and conditions `around` (outermost first) with other variables, around `body`.
Stmt rebuilt(const std::vector<Stmt>& around, const std::map<VarRef, VarRef>& vars, Stmt body,
             const std::map<VarRef, Expr>& values) {
  for (size_t i = around.size(); i-- > 0;) {
    if (const auto* node = as_for(around[i])) {
      const auto renamed = vars.find(node->var);
      body = loop::for_loop(renamed == vars.end() ? node->var : renamed->second, node->extent, body, node->kind);
    } else {
      body = loop::if_then(loop::substitute(std::get<loop::If>(around[i]->node).condition, values), body);
    }
  }
  return body;
}

}  // namespace

Result<void> decompose(Schedule& schedule, const std::string& loop, const std::string& buffer) {
  TANDEM_ASSIGN(const Path path, find_loop(schedule, "decompose", loop));
  TANDEM_ASSIGN(const Path alloc_path, find_alloc(schedule, "decompose", buffer));
  std::vector<const loop::For*> loops;
  std::vector<Stmt> around;  // loops and conditions
  Stmt inner = path.back();
  while (true) {
    const auto* node = as_for(inner);
    const auto* guard = std::get_if<loop::If>(&inner->node);
    if (!node && !guard) break;
    around.push_back(inner);
    if (node) loops.push_back(node);
    if (guard && reads(guard->condition, buffer)) {
      return refuse("decompose", inner, fmt::format("this condition reads '{}'", buffer));
    }
    inner = node ? node->body : guard->body;
  }
  const auto* store = std::get_if<loop::Store>(&inner->node);
  if (!store) return refuse("decompose", path.back(), "this is no perfect nest around one store");
  const auto* conversion = std::get_if<loop::Cast>(&store->value->node);
  std::vector<Rewrap> operations;
  const loop::Load* load = chain_of(conversion ? conversion->value : store->value, buffer, operations);
  if (!load) {
    return refuse("decompose", path.back(),
                  fmt::format("the value {} is no chain of operations on '{}'", to_text(store->value), buffer));
  }
  // Each iteration must own its element, and nobody may read the buffer afterwards.
  std::set<VarRef> used;
  for (const Expr& index : load->indices) {
    const auto* var = std::get_if<loop::VarUse>(&index->node);
    if (var) used.insert(var->var);
  }
  for (const loop::For* node : loops) {
    if (used.count(node->var) || node->extent == 1) continue;
    return refuse(
        "decompose", path.back(),
        fmt::format("'{}' does not index '{}': several iterations share an element", node->var->name, buffer));
  }
  const Stmt allocation = alloc_path.back();
  for (const Stmt& stmt : path) {
    if (as_for(stmt) && stmt != path.back() &&
        std::find(alloc_path.begin(), alloc_path.end(), stmt) == alloc_path.end()) {
      return refuse(
          "decompose", path.back(),
          fmt::format("the loop '{}' is around the nest but not around '{}'", as_for(stmt)->var->name, buffer));
    }
  }
  if (reads(store->value, store->buffer->name)) {
    return refuse("decompose", path.back(),
                  fmt::format("the value reads '{}', which the nest writes", store->buffer->name));
  }
  bool passed = false;
  for (const Access& access : accesses_of(as_alloc(allocation)->body)) {
    const bool inside = std::find(access.path.begin(), access.path.end(), path.back()) != access.path.end();
    passed = passed || inside;
    if (!passed || inside || access.buffer->name != buffer) continue;
    return refuse("decompose", access.path.back(), fmt::format("'{}' is used again here", buffer));
  }

  std::vector<Stmt> nests;
  const BufferRef target = load->buffer;
  loop::Kernel names = schedule.kernel;
  for (size_t step = 0; step < operations.size(); ++step) {
    const Rewrap& operation = operations[operations.size() - 1 - step];
    Stmt update = loop::store(target, load->indices, operation(loop::load(target, load->indices)));
    std::map<VarRef, Expr> renamed;
    std::map<VarRef, VarRef> vars;
    for (const loop::For* node : loops) {
      vars[node->var] = new_var(new_name(names, fmt::format("{}_u{}", node->var->name, step)));
      renamed[node->var] = loop::use(vars[node->var]);
    }
    nests.push_back(rebuilt(around, vars, loop::substitute(update, renamed), renamed));
    names.body = loop::block({names.body, nests.back()});
  }
  Expr value = loop::load(target, load->indices);
  if (conversion) value = loop::cast(store->value->type, value);
  Stmt last = located(loop::store(store->buffer, store->indices, value), inner->where);
  nests.push_back(rebuilt(around, {}, last, {}));
  commit(schedule, replace(schedule.kernel.body, path.back(), loop::block(std::move(nests))),
         {"decompose", {{"loop", loop}, {"buffer", buffer}}});
  return {};
}

}  // namespace tandem::schedule
