// absorb: what every read of a buffer does with a constant is done once, in place.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/loop/integer_set.h"
#include "compiler/schedule/operation_chain.h"

namespace tandem::schedule {
namespace {

/// Replaces op(buffer[...], constant) by buffer[...], where it is the same operation everywhere.
class Absorption : public loop::Rewriter {
 public:
  explicit Absorption(BufferRef buffer) : buffer_(std::move(buffer)) {}
  std::optional<Operation> operation;
  int count = 0;

 protected:
  Expr on_expr(const Expr& expr) override {
    std::vector<Operation> chain;
    const Expr start = take_chain(expr, chain);
    const auto* load = std::get_if<loop::Load>(&start->node);
    if (!load || load->buffer != buffer_ || chain.size() != 1 || chain[0].name == "convert") return expr;
    if (operation && text_of(*operation) != text_of(chain[0])) return expr;
    operation = chain[0];
    ++count;
    return start;
  }

 private:
  BufferRef buffer_;
};

/// What `fills_all` does not see, as ISL decides it: divided, split and guarded indices.
bool covers_all(const Stmt& nest, const BufferRef& buffer) {
  bool covered = false;
  for (const Access& access : accesses_of(nest)) {
    if (access.buffer != buffer) continue;
    if (!access.is_store) return false;
    covered = loop::covers(access.indices, buffer->shape, guards_of(access.path), ranges_of(access.path));
  }
  return covered;
}

}  // namespace

Result<void> absorb(Schedule& schedule, const std::string& buffer_name) {
  TANDEM_ASSIGN(const Path path, find_alloc(schedule, "absorb", buffer_name));
  const loop::Alloc& allocation = *as_alloc(path.back());
  const BufferRef buffer = allocation.buffer;
  const auto* list = std::get_if<loop::Block>(&allocation.body->node);
  // The first statement fills all elements, each once; nothing else writes them.
  const Stmt fill = list ? list->statements[0] : nullptr;
  const Stmt stored = fill ? only_store(fill) : nullptr;
  const auto* store = stored ? &std::get<loop::Store>(stored->node) : nullptr;
  if (!store || store->buffer != buffer || !(fills_all(fill, buffer) || covers_all(fill, buffer))) {
    return refuse("absorb", path.back(), fmt::format("'{}' is not filled by one nest at the start", buffer_name));
  }
  int reads = 0, writes = 0;
  for (const Access& access : accesses_of(allocation.body)) {
    if (access.buffer == buffer) ++(access.is_store ? writes : reads);
  }
  Absorption absorption(buffer);
  const Stmt body = absorption.rewrite(allocation.body);
  if (writes != 1 || absorption.count == 0 || absorption.count != reads) {
    return refuse("absorb", path.back(),
                  fmt::format("not every read of '{}' is the operand of one and the same operation with a constant",
                              buffer_name));
  }
  std::vector<VarRef> vars;
  std::vector<Expr> element;
  for (size_t axis = 0; axis < buffer->shape.size(); ++axis) {
    vars.push_back(new_var(new_name(schedule.kernel, fmt::format("{}_u{}", buffer_name, axis))));
    element.push_back(loop::use(vars.back()));
  }
  const Stmt update = nest(vars, buffer->shape,
                           loop::store(buffer, element, build({*absorption.operation}, loop::load(buffer, element))));
  std::vector<Stmt> statements = std::get<loop::Block>(body->node).statements;
  statements.insert(statements.begin() + 1, update);
  commit(schedule,
         replace(schedule.kernel.body, path.back(),
                 located(loop::alloc(buffer, loop::block(std::move(statements))), path.back()->where)),
         {"absorb", {{"buffer", buffer_name}}});
  return {};
}

}  // namespace tandem::schedule
