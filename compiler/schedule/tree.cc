#include "compiler/schedule/tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/loop/names.h"
#include "support/check.h"

namespace tandem::schedule {
namespace {

void walk_below(Path& path, const std::function<void(const Path&)>& visit) {
  const Stmt stmt = path.back();
  visit(path);
  const auto enter = [&](const Stmt& child) {
    path.push_back(child);
    walk_below(path, visit);
    path.pop_back();
  };
  if (const auto* loop = as_for(stmt)) enter(loop->body);
  if (const auto* scoped = as_alloc(stmt)) enter(scoped->body);
  if (const auto* guard = std::get_if<loop::If>(&stmt->node)) enter(guard->body);
  if (const auto* list = std::get_if<loop::Block>(&stmt->node)) {
    for (const Stmt& child : list->statements) enter(child);
  }
}

void collect_loads(const Expr& expr, const Path& path, std::vector<Access>& out, const loop::Type* cast = nullptr) {
  const auto each = [&](const Expr& child, const loop::Type* type = nullptr) { collect_loads(child, path, out, type); };
  if (const auto* node = std::get_if<loop::Load>(&expr->node)) {
    out.push_back({node->buffer, node->indices, false, path, cast != nullptr, cast ? *cast : expr->type});
    for (const Expr& index : node->indices) each(index);
  } else if (const auto* operation = std::get_if<loop::Binary>(&expr->node)) {
    each(operation->a);
    each(operation->b);
  } else if (const auto* conversion = std::get_if<loop::Cast>(&expr->node)) {
    each(conversion->value, &expr->type);
  } else if (const auto* choice = std::get_if<loop::Select>(&expr->node)) {
    each(choice->condition);
    each(choice->a);
    each(choice->b);
  } else if (const auto* call = std::get_if<loop::Call>(&expr->node)) {
    for (const Expr& argument : call->arguments) each(argument);
  }
}

void collect(Path& path, std::vector<Access>& out) {
  walk_below(path, [&](const Path& at) {
    const Stmt& stmt = at.back();
    if (const auto* node = std::get_if<loop::Store>(&stmt->node)) {
      collect_loads(node->value, at, out);
      for (const Expr& index : node->indices) collect_loads(index, at, out);
      out.push_back({node->buffer, node->indices, true, at});
    } else if (const auto* guard = std::get_if<loop::If>(&stmt->node)) {
      collect_loads(guard->condition, at, out);
    } else if (const auto* call = std::get_if<loop::Intrinsic>(&stmt->node)) {
      Path inside = at;
      inside.push_back(call->meaning);
      collect(inside, out);
    }
  });
}

class Redirection : public loop::Rewriter {
 public:
  Redirection(const BufferRef& buffer, const Redirect& to) : buffer_(buffer), to_(to) {}

 protected:
  Expr on_expr(const Expr& expr) override {
    const auto* node = std::get_if<loop::Load>(&expr->node);
    if (!node || node->buffer != buffer_) return expr;
    loop::Operand target = to_({node->buffer, node->indices});
    return loop::load(target.buffer, std::move(target.indices));
  }
  Stmt on_stmt(const Stmt& stmt) override {
    if (const auto* node = std::get_if<loop::Store>(&stmt->node); node && node->buffer == buffer_) {
      loop::Operand target = to_({node->buffer, node->indices});
      Expr value = loop::cast(target.buffer->type, node->value);
      return located(loop::store(target.buffer, std::move(target.indices), std::move(value)), stmt->where);
    }
    if (const auto* node = std::get_if<loop::Intrinsic>(&stmt->node)) {
      std::vector<loop::Operand> operands = node->operands;
      for (loop::Operand& operand : operands) {
        if (operand.buffer == buffer_) operand = to_(operand);
      }
      return located(loop::intrinsic(node->name, std::move(operands), node->scalars, node->meaning), stmt->where);
    }
    return stmt;
  }

 private:
  const BufferRef& buffer_;
  const Redirect& to_;
};

/// The loop of each axis runs over a region of it only.
class Shrink : public loop::Rewriter {
 public:
  Shrink(const Region& region, const std::vector<VarRef>& vars) : region_(region), vars_(vars) {}

 protected:
  Stmt on_stmt(const Stmt& stmt) override {
    const auto* node = as_for(stmt);
    if (!node) return stmt;
    for (size_t axis = 0; axis < vars_.size(); ++axis) {
      if (vars_[axis] != node->var) continue;
      const Expr index = region_.base[axis] + loop::use(node->var);
      Stmt body = loop::substitute(node->body, {{node->var, index}});
      // Elements beyond the loop's end were never computed; `simplify` drops the bounds that always hold.
      body = loop::if_then(loop::binary(loop::BinaryOp::kLt, index, loop::integer(node->extent)), body);
      body = loop::if_then(loop::binary(loop::BinaryOp::kGe, index, loop::integer(0)), body);
      return located(loop::for_loop(node->var, region_.extent[axis], body, node->kind), stmt->where);
    }
    return stmt;
  }

 private:
  const Region& region_;
  const std::vector<VarRef>& vars_;
};

std::string header(const Stmt& stmt) {
  const std::string text = to_text(stmt);
  return text.substr(0, std::min(text.find(" {\n"), text.find(";\n")));
}

}  // namespace

void walk(const Stmt& root, const std::function<void(const Path&)>& visit) {
  Path path = {root};
  walk_below(path, visit);
}

Result<Path> find_loop(const Schedule& schedule, const std::string& primitive, const std::string& name) {
  Path found;
  std::vector<std::string> names;
  walk(schedule.kernel.body, [&](const Path& path) {
    const auto* loop = as_for(path.back());
    if (!loop) return;
    names.push_back(loop->var->name);
    if (loop->var->name == name) found = path;
  });
  if (!found.empty()) return found;
  Diagnostic error = unknown_name({}, "loop", name, std::move(names));
  error.what = "cannot " + primitive + ": " + error.what;
  return error;
}

Result<Path> find_alloc(const Schedule& schedule, const std::string& primitive, const std::string& buffer) {
  Path found;
  std::vector<std::string> names;
  walk(schedule.kernel.body, [&](const Path& path) {
    const auto* node = as_alloc(path.back());
    if (!node) return;
    names.push_back(node->buffer->name);
    if (node->buffer->name == buffer) found = path;
  });
  if (!found.empty()) return found;
  Diagnostic error = unknown_name({}, "local buffer", buffer, std::move(names));
  error.what = "cannot " + primitive + ": " + error.what;
  return error;
}

int find_param(const loop::Kernel& kernel, const std::string& name) {
  for (size_t i = 0; i < kernel.params.size(); ++i) {
    if (kernel.params[i].buffer->name == name) return static_cast<int>(i);
  }
  return -1;
}

Stmt replace(const Stmt& root, const Stmt& old, const Stmt& replacement) {
  if (root == old) return replacement;
  if (const auto* node = as_for(root)) {
    const Stmt body = replace(node->body, old, replacement);
    if (!body) return nullptr;
    return body == node->body ? root : located(loop::for_loop(node->var, node->extent, body, node->kind), root->where);
  }
  if (const auto* node = as_alloc(root)) {
    const Stmt body = replace(node->body, old, replacement);
    if (!body) return nullptr;
    return body == node->body ? root : located(loop::alloc(node->buffer, body), root->where);
  }
  if (const auto* node = std::get_if<loop::If>(&root->node)) {
    const Stmt body = replace(node->body, old, replacement);
    if (!body) return nullptr;
    return body == node->body ? root : located(loop::if_then(node->condition, body), root->where);
  }
  if (const auto* node = std::get_if<loop::Block>(&root->node)) {
    std::vector<Stmt> statements;
    bool same = true;
    for (const Stmt& statement : node->statements) {
      Stmt rewritten = replace(statement, old, replacement);
      same &= rewritten == statement;
      if (rewritten) statements.push_back(rewritten);
    }
    if (same) return root;
    return statements.empty() ? nullptr : loop::block(std::move(statements));
  }
  return root;
}

bool mentions(const Expr& expr, const VarRef& var) { return loop::substitute(expr, {{var, loop::integer(0)}}) != expr; }

Expr added_term(const loop::Store& store) {
  const auto* sum = std::get_if<loop::Binary>(&store.value->node);
  if (!sum || sum->op != loop::BinaryOp::kAdd) return nullptr;
  const auto is_own = [&](const Expr& expr) {
    const auto* load = std::get_if<loop::Load>(&expr->node);
    return load && load->buffer == store.buffer &&
           std::equal(load->indices.begin(), load->indices.end(), store.indices.begin(),
                      [](const Expr& a, const Expr& b) { return equal(a, b); });
  };
  if (is_own(sum->a)) return sum->b;
  return is_own(sum->b) ? sum->a : nullptr;
}

bool fills_all(const Stmt& nest, const BufferRef& buffer) {
  std::set<VarRef> used;
  bool complete = false;
  for (const Access& access : accesses_of(nest)) {
    if (access.buffer != buffer) continue;
    if (!access.is_store) return false;
    std::map<VarRef, int64_t> extents;
    for (const Stmt& stmt : access.path) {
      if (std::holds_alternative<loop::If>(stmt->node)) return false;
      if (const auto* node = as_for(stmt)) extents[node->var] = node->extent;
    }
    complete = true;
    for (size_t axis = 0; axis < access.indices.size(); ++axis) {
      const int64_t extent = buffer->shape[axis];
      const auto* literal = std::get_if<loop::IntLiteral>(&access.indices[axis]->node);
      if (extent == 1 && literal) continue;
      const auto* var = std::get_if<loop::VarUse>(&access.indices[axis]->node);
      const auto found = var ? extents.find(var->var) : extents.end();
      complete = complete && found != extents.end() && found->second == extent && used.insert(var->var).second;
    }
  }
  return complete;
}

loop::Ranges ranges_of(const Path& path) {
  loop::Ranges ranges;
  for (const Stmt& stmt : path) {
    if (const auto* loop = as_for(stmt)) ranges[loop->var] = {0, loop->extent - 1};
  }
  return ranges;
}

std::vector<Expr> guards_of(const Path& path) {
  std::vector<Expr> guards;
  for (const Stmt& stmt : path) {
    const auto* guard = std::get_if<loop::If>(&stmt->node);
    if (guard && stmt != path.back()) guards.push_back(guard->condition);
  }
  return guards;
}

std::vector<Access> accesses_of(const Stmt& root) {
  std::vector<Access> result;
  Path path = {root};
  collect(path, result);
  return result;
}

bool in_intrinsic(const Access& access) {
  return std::any_of(access.path.begin(), access.path.end(),
                     [](const Stmt& stmt) { return std::holds_alternative<loop::Intrinsic>(stmt->node); });
}

Stmt only_store(const Stmt& nest) {
  if (const auto* node = as_for(nest)) return only_store(node->body);
  if (const auto* node = std::get_if<loop::If>(&nest->node)) return only_store(node->body);
  return std::holds_alternative<loop::Store>(nest->node) ? nest : nullptr;
}

Result<Stmt> find_only_store(const Schedule& schedule, const std::string& primitive, const std::string& loop,
                             Stmt& nest) {
  TANDEM_ASSIGN(const Path path, find_loop(schedule, primitive, loop));
  nest = path.back();
  const Stmt store = only_store(nest);
  if (!store) return refuse(primitive, nest, "this is no perfect nest around one store");
  return store;
}

std::set<BufferRef> allocated_in(const Stmt& root) {
  std::set<BufferRef> result;
  walk(root, [&](const Path& path) {
    if (const auto* node = as_alloc(path.back())) result.insert(node->buffer);
  });
  return result;
}

Stmt redirect(const Stmt& root, const BufferRef& buffer, const Redirect& to) {
  return Redirection(buffer, to).rewrite(root);
}

Diagnostic refuse(const std::string& primitive, const Stmt& loop, const std::string& what,
                  std::vector<std::string> legal, const std::string& hint) {
  const std::string line = header(loop);
  return Diagnostic{loop->where,
                    fmt::format("cannot {}: {}\n    {}\n    {}", primitive, what, line, std::string(line.size(), '^')),
                    std::move(legal), hint};
}

Diagnostic refuse(const std::string& primitive, const std::string& what, std::vector<std::string> legal,
                  const std::string& hint) {
  return Diagnostic{{}, fmt::format("cannot {}: {}", primitive, what), std::move(legal), hint};
}

Result<void> composed(Schedule& schedule, const Step& step, const std::function<Result<void>(Schedule&)>& steps) {
  Schedule changed = schedule;
  const Result<void> done = steps(changed);
  if (!done.ok()) {
    Diagnostic error = done.error();
    error.what = fmt::format("cannot {}: {}", step.primitive, error.what);
    return error;
  }
  changed.trace = schedule.trace;
  changed.trace.push_back(step);
  schedule = std::move(changed);
  return {};
}

Result<void> check_scope(const std::string& primitive, const std::string& scope) {
  if (!scope.empty() && loop::identifier(scope) == scope) return {};
  return refuse(primitive, fmt::format("'{}' is no name of a memory", scope), {}, "letters, digits and _");
}

std::string new_name(const loop::Kernel& kernel, const std::string& wanted) {
  std::set<std::string> taken = loop::names_of(kernel);
  return loop::fresh_name(loop::identifier(wanted), taken);
}

VarRef new_var(const std::string& name) { return std::make_shared<const loop::Var>(loop::Var{name, loop::Type::kI64}); }

void commit(Schedule& schedule, const Stmt& body, Step step) {
  schedule.kernel.body = loop::simplify(body);
  schedule.trace.push_back(std::move(step));
}

Region region_of(const std::vector<Access>& accesses, const loop::Buffer& buffer, const loop::Ranges& inner) {
  Region region;
  for (size_t axis = 0; axis < buffer.shape.size(); ++axis) {
    const int64_t whole = buffer.shape[axis];
    std::optional<loop::Affine> base;
    int64_t low = 0, high = 0;
    bool known = true;
    for (const Access& access : accesses) {
      const auto index = loop::as_affine(access.indices[axis]);
      if (!index) known = false;
      if (!known) break;
      loop::Affine outer{0, {}}, local{index->constant, {}};
      for (const auto& [var, coefficient] : index->coefficients) {
        (inner.count(var) ? local : outer).coefficients[var] = coefficient;
      }
      const auto range = range_of(local, inner);
      known = range && (!base || base->coefficients == outer.coefficients);
      if (!known) break;
      low = base ? std::min(low, range->low) : range->low;
      high = base ? std::max(high, range->high) : range->high;
      base = outer;
    }
    if (!known || !base || high - low + 1 >= whole) {
      region.base.push_back(loop::integer(0));
      region.extent.push_back(whole);
    } else {
      base->constant = low;
      region.base.push_back(to_expr(*base));
      region.extent.push_back(high - low + 1);
    }
  }
  return region;
}

Stmt run_over(const Region& region, const std::vector<VarRef>& vars, const Stmt& nest) {
  return Shrink(region, vars).rewrite(nest);
}

Expr lies_inside(const std::vector<Expr>& indices, const Shape& shape, const loop::Ranges& ranges) {
  Expr inside = loop::integer(1, loop::Type::kBool);
  const auto both = [&](const Expr& bound) {
    inside = loop::binary(loop::BinaryOp::kAnd, inside, loop::simplify(bound, ranges));
  };
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    both(loop::binary(loop::BinaryOp::kGe, indices[axis], loop::integer(0)));
    both(loop::binary(loop::BinaryOp::kLt, indices[axis], loop::integer(shape[axis])));
  }
  return inside;
}

Stmt nest(const std::vector<VarRef>& vars, const Shape& extents, Stmt body) {
  for (size_t i = vars.size(); i-- > 0;) body = loop::for_loop(vars[i], extents[i], body);
  return body;
}

Schedule::Schedule(const loop::Kernel& definition) : kernel(loop::unique_names(definition)) {
  for (loop::Param& param : kernel.params) {
    if (param.layout.axes.empty()) param.layout.logical_shape = param.buffer->shape;
  }
}

}  // namespace tandem::schedule
