// decompose, widen, tensorize: what a statement computes, written in another way.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {
namespace {

/// One operation of a chain: what it makes of its operand.
using Operation = std::function<Expr(const Expr&)>;

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
const loop::Load* chain_of(const Expr& expr, const std::string& buffer, std::vector<Operation>& operations) {
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
  std::vector<Operation> operations;
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
    const Operation& operation = operations[operations.size() - 1 - step];
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

namespace {

/// The expression computed in `type`; null where narrow and wide arithmetic could differ.
Expr widened(const Expr& expr, loop::Type type) {
  if (std::holds_alternative<loop::IntLiteral>(expr->node) || std::holds_alternative<loop::Load>(expr->node))
    return loop::cast(type, expr);
  if (const auto* node = std::get_if<loop::Binary>(&expr->node)) {
    if (node->op != loop::BinaryOp::kMin && node->op != loop::BinaryOp::kMax) return nullptr;
    const Expr a = widened(node->a, type), b = widened(node->b, type);
    return a && b ? loop::binary(node->op, a, b) : nullptr;
  }
  if (const auto* node = std::get_if<loop::Select>(&expr->node)) {
    const Expr a = widened(node->a, type), b = widened(node->b, type);
    return a && b ? loop::select(node->condition, a, b) : nullptr;
  }
  return nullptr;
}

/// Stores and loads of `from` become those of the wider `to`.
class Widening : public loop::Rewriter {
 public:
  Widening(const BufferRef& from, const BufferRef& to) : from_(from), to_(to) {}

 protected:
  Expr on_expr(const Expr& expr) override {
    if (const auto* node = std::get_if<loop::Load>(&expr->node); node && node->buffer == from_) {
      return loop::cast(from_->type, loop::load(to_, node->indices));
    }
    // i32(i8(t)) is t: every value of t fits in i8.
    const auto* outer = std::get_if<loop::Cast>(&expr->node);
    const auto* narrow = outer ? std::get_if<loop::Cast>(&outer->value->node) : nullptr;
    const auto* load = narrow ? std::get_if<loop::Load>(&narrow->value->node) : nullptr;
    return load && load->buffer == to_ ? loop::cast(expr->type, narrow->value) : expr;
  }
  Stmt on_stmt(const Stmt& stmt) override {
    if (const auto* node = as_alloc(stmt); node && node->buffer == from_)
      return located(loop::alloc(to_, node->body), stmt->where);
    return stmt;
  }

 private:
  BufferRef from_, to_;
};

/// Stores to `from` of values computed in the wider type.
class WideStores : public loop::Rewriter {
 public:
  WideStores(const BufferRef& from, const BufferRef& to) : from_(from), to_(to) {}

 protected:
  Stmt on_stmt(const Stmt& stmt) override {
    const auto* node = std::get_if<loop::Store>(&stmt->node);
    if (!node || node->buffer != from_) return stmt;
    return located(loop::store(to_, node->indices, widened(node->value, to_->type)), stmt->where);
  }

 private:
  BufferRef from_, to_;
};

}  // namespace

Result<void> widen(Schedule& schedule, const std::string& buffer, const std::string& type) {
  TANDEM_ASSIGN(const Path path, find_alloc(schedule, "widen", buffer));
  const BufferRef from = as_alloc(path.back())->buffer;
  const std::vector<loop::Type> types = {loop::Type::kI8, loop::Type::kI32, loop::Type::kI64};
  const auto wanted =
      std::find_if(types.begin(), types.end(), [&](loop::Type candidate) { return type == name(candidate); });
  if (wanted == types.end() || *wanted <= from->type) {
    return refuse("widen",
                  fmt::format("{} is no integer type wider than the {} of '{}'", type, name(from->type), buffer));
  }
  for (const Access& access : accesses_of(path.back())) {
    if (access.buffer == from && in_intrinsic(access)) {
      return refuse("widen", access.path.back(), fmt::format("'{}' is an operand here", buffer), {},
                    "widen before tensorize");
    }
    if (access.buffer != from || !access.is_store) continue;
    const auto& store = std::get<loop::Store>(access.path.back()->node);
    if (widened(store.value, *wanted)) continue;
    return refuse("widen", access.path.back(), fmt::format("{} may wrap in {}", to_text(store.value), name(from->type)),
                  {"copies, constants, min, max and select"});
  }
  const BufferRef to =
      std::make_shared<const loop::Buffer>(loop::Buffer{from->name, *wanted, from->shape, from->scope, from->copies});
  const Stmt stores = WideStores(from, to).rewrite(schedule.kernel.body);
  commit(schedule, Widening(from, to).rewrite(stores), {"widen", {{"buffer", buffer}, {"type", type}}});
  return {};
}

Result<void> tensorize(Schedule& schedule, const std::string& loop, const std::string& intrinsic,
                       const tensorize::IntrinsicSet& intrinsics) {
  TANDEM_ASSIGN(const Path path, find_loop(schedule, "tensorize", loop));
  const tensorize::IntrinsicDeclaration* declaration = intrinsics.find(intrinsic);
  if (!declaration) {
    std::vector<std::string> names;
    for (const auto& known : intrinsics.all()) names.push_back(known.name);
    Diagnostic error = unknown_name({}, "intrinsic", intrinsic, std::move(names));
    error.what = "cannot tensorize: " + error.what;
    return error;
  }
  const Result<Stmt> call = tensorize::match(*declaration, path.back());
  if (!call.ok()) return refuse("tensorize", path.back(), call.error().what, {}, call.error().hint);
  commit(schedule, replace(schedule.kernel.body, path.back(), *call),
         {"tensorize", {{"loop", loop}, {"intrinsic", intrinsic}}});
  return {};
}

}  // namespace tandem::schedule
