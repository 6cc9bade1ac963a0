// compute_inline: what fills a buffer is computed where the buffer is read.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/schedule/tree.h"

namespace tandem::schedule {

Result<void> compute_inline(Schedule& schedule, const std::string& buffer_name) {
  TANDEM_ASSIGN(const Path path, find_alloc(schedule, "compute_inline", buffer_name));
  const loop::Alloc& allocation = *as_alloc(path.back());
  const BufferRef buffer = allocation.buffer;
  const auto* list = std::get_if<loop::Block>(&allocation.body->node);
  const Stmt fill = list ? list->statements[0] : nullptr;
  const Stmt stored = fill ? only_store(fill) : nullptr;
  const auto* store = stored ? &std::get<loop::Store>(stored->node) : nullptr;
  if (!store || store->buffer != buffer || !fills_all(fill, buffer)) {
    return refuse("compute_inline", path.back(),
                  fmt::format("'{}' is not filled by one nest at the start", buffer_name));
  }
  std::set<BufferRef> sources;
  for (const Access& access : accesses_of(fill)) {
    if (!access.is_store) sources.insert(access.buffer);
  }
  for (const Access& access : accesses_of(path.back())) {
    const bool inside = std::find(access.path.begin(), access.path.end(), fill) != access.path.end();
    const bool operand = in_intrinsic(access);
    const bool changes = access.is_store && (access.buffer == buffer || sources.count(access.buffer) > 0);
    if (inside || (!changes && !(operand && access.buffer == buffer))) continue;
    return refuse("compute_inline", access.path.back(),
                  operand ? fmt::format("'{}' is an operand here", buffer_name)
                          : fmt::format("this changes '{}'", access.buffer->name));
  }
  class Inline : public loop::Rewriter {
   public:
    explicit Inline(const loop::Store& store) : store_(store) {}

   protected:
    Expr on_expr(const Expr& expr) override {
      const auto* load = std::get_if<loop::Load>(&expr->node);
      if (!load || load->buffer != store_.buffer) return expr;
      std::map<VarRef, Expr> values;
      for (size_t axis = 0; axis < load->indices.size(); ++axis) {
        const auto* var = std::get_if<loop::VarUse>(&store_.indices[axis]->node);
        if (var) values[var->var] = load->indices[axis];
      }
      return loop::substitute(store_.value, values);
    }

   private:
    const loop::Store& store_;
  };
  std::vector<Stmt> rest(list->statements.begin() + 1, list->statements.end());
  commit(schedule, replace(schedule.kernel.body, path.back(), Inline(*store).rewrite(loop::block(std::move(rest)))),
         {"compute_inline", {{"buffer", buffer_name}}});
  return {};
}

}  // namespace tandem::schedule
