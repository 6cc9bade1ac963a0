#include "compiler/ops/accel_writer.h"

namespace tandem::ops {

using loop::BinaryOp;
using loop::BufferRef;
using loop::Expr;
using loop::Stmt;
using loop::Type;

loop::Param packed_activation(const std::string& name, const Shape& nchw, int64_t batch, int64_t block,
                              bool is_output) {
  const int64_t n = (nchw[0] + batch - 1) / batch, c = (nchw[1] + block - 1) / block;
  const loop::Layout layout = {
      nchw, {{0, batch, n}, {1, block, c}, {2, 1, nchw[2]}, {3, 1, nchw[3]}, {0, 1, batch}, {1, 1, block}}};
  return {buffer(name, Type::kI8, {n, c, nchw[2], nchw[3], batch, block}), is_output, layout};
}

BufferRef AccelWriter::inputs(const std::string& name, int64_t elements) const {
  return buffer(name, Type::kI8, {elements, batch(), block_in()}, "inp");
}

BufferRef AccelWriter::weights(const std::string& name, int64_t elements) const {
  return buffer(name, Type::kI8, {elements, block_out(), block_in()}, "wgt");
}

BufferRef AccelWriter::accumulators(const std::string& name, int64_t elements) const {
  return buffer(name, Type::kI32, {elements, batch(), block_out()}, "acc");
}

Stmt AccelWriter::instruction(const Loops& loops, const std::function<Stmt(const Indices&)>& inner) {
  return nest(loops, [&](const Indices& at) -> Stmt {
    const Stmt plain = inner(at);
    for (const tensorize::IntrinsicDeclaration& declaration : intrinsics_.all()) {
      auto matched = tensorize::match(declaration, plain);
      if (matched.ok()) return *matched;
    }
    if (!error_) {
      error_ = Diagnostic{{},
                          "no intrinsic of the accelerator computes\n" + loop::to_text(plain),
                          {},
                          "declare one in tensorize/intrinsics/accel"};
      for (const tensorize::IntrinsicDeclaration& declaration : intrinsics_.all())
        error_->legal.push_back(declaration.name);
    }
    return plain;
  });
}

Stmt AccelWriter::reset(const BufferRef& acc, const Expr& first, int64_t count) {
  return instruction({{"i", count}}, [&](const Indices& i) {
    return nest({{"b", batch()}, {"j", block_out()}}, [&](const Indices& l) {
      return loop::store(acc, {first + i[0], l[0], l[1]}, loop::integer(0, Type::kI32));
    });
  });
}

Stmt AccelWriter::steps(const BufferRef& acc, const Expr& first, int64_t count, const std::vector<AluStep>& all) {
  std::vector<Stmt> statements;
  for (const AluStep& step : all) {
    statements.push_back(instruction({{"i", count}}, [&](const Indices& i) {
      return nest({{"b", batch()}, {"j", block_out()}}, [&](const Indices& l) {
        const Indices at = {first + i[0], l[0], l[1]};
        return loop::store(acc, at, apply_step(step, loop::load(acc, at)));
      });
    }));
  }
  return loop::block(std::move(statements));
}

Stmt AccelWriter::combine(const Loops& loops, BinaryOp op, const BufferRef& acc, const BufferRef& other,
                          const std::function<std::pair<Expr, Expr>(const Indices&)>& at) {
  return instruction(loops, [&](const Indices& i) {
    const auto [to, from] = at(i);
    return nest({{"b", batch()}, {"j", block_out()}}, [&, to = to, from = from](const Indices& l) {
      const Indices here = {to, l[0], l[1]};
      return loop::store(acc, here, binary(op, loop::load(acc, here), loop::load(other, {from, l[0], l[1]})));
    });
  });
}

Stmt AccelWriter::narrow_to(const Loops& loops, const BufferRef& tensor, const BufferRef& acc,
                            const std::function<std::pair<Expr, Indices>(const Indices&)>& at) const {
  return nest(loops, [&](const Indices& i) {
    const auto [element, indices] = at(i);
    return nest({{"b", batch()}, {"j", block_out()}}, [&, element = element, indices = indices](const Indices& l) {
      Indices to = indices;
      to.insert(to.end(), l.begin(), l.end());
      return loop::store(tensor, to, loop::cast(Type::kI8, loop::load(acc, {element, l[0], l[1]})));
    });
  });
}

std::optional<Expr> inside(const Expr& index, bool may_be_below, int64_t extent, bool may_be_above) {
  const Expr low = binary(BinaryOp::kGe, index, loop::integer(0)),
             high = binary(BinaryOp::kLt, index, loop::integer(extent));
  if (may_be_below && may_be_above) return binary(BinaryOp::kAnd, low, high);
  if (may_be_below) return low;
  if (may_be_above) return high;
  return std::nullopt;
}

Expr select_inside(const std::vector<std::optional<Expr>>& conditions, const Expr& value) {
  Expr all;
  for (const auto& condition : conditions) {
    if (condition) all = all ? binary(BinaryOp::kAnd, all, *condition) : *condition;
  }
  return all ? loop::select(all, value, loop::integer(0, value->type)) : value;
}

}  // namespace tandem::ops
