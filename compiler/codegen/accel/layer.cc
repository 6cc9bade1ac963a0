#include "compiler/codegen/accel/layer.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/codegen/accel/linear.h"
#include "compiler/codegen/accel/live_shape.h"
#include "compiler/codegen/accel/macro.h"
#include "compiler/codegen/accel/scratchpads.h"
#include "compiler/codegen/accel/transfer.h"
#include "support/check.h"

namespace tandem::codegen {
namespace {

using loop::Stmt;

/// Loops and conditions around exactly one intrinsic or store.
struct Nest {
  std::vector<const loop::For*> loops;  // outermost first
  std::vector<loop::Expr> conditions;
  const loop::Intrinsic* intrinsic = nullptr;
  const loop::Store* store = nullptr;
};

/// An unrolled loop is carried out by instructions of each iteration's own.
bool is_unrolled(const loop::For& loop) { return loop.kind == loop::ForKind::kUnrolled && loop.extent > 1; }

bool find_nest(const Stmt& stmt, Nest& nest) {
  if (const auto* loop = std::get_if<loop::For>(&stmt->node)) {
    if (is_unrolled(*loop)) return false;
    nest.loops.push_back(loop);
    return find_nest(loop->body, nest);
  }
  if (const auto* guarded = std::get_if<loop::If>(&stmt->node)) {
    nest.conditions.push_back(guarded->condition);
    return find_nest(guarded->body, nest);
  }
  if (const auto* block = std::get_if<loop::Block>(&stmt->node)) {
    return block->statements.size() == 1 && find_nest(block->statements[0], nest);
  }
  nest.intrinsic = std::get_if<loop::Intrinsic>(&stmt->node);
  nest.store = std::get_if<loop::Store>(&stmt->node);
  return nest.intrinsic != nullptr || nest.store != nullptr;
}

/// Two nests with outer loops in common: those of a sum's first terms and of the later ones.
bool find_begun_sum(const Stmt& stmt, Nest& first, Nest& later) {
  if (const auto* loop = std::get_if<loop::For>(&stmt->node)) {
    if (is_unrolled(*loop)) return false;
    first.loops.push_back(loop);
    later.loops.push_back(loop);
    return find_begun_sum(loop->body, first, later);
  }
  if (const auto* guarded = std::get_if<loop::If>(&stmt->node)) {
    first.conditions.push_back(guarded->condition);
    later.conditions.push_back(guarded->condition);
    return find_begun_sum(guarded->body, first, later);
  }
  const auto* block = std::get_if<loop::Block>(&stmt->node);
  return block != nullptr && block->statements.size() == 2 && find_nest(block->statements[0], first) &&
         find_nest(block->statements[1], later) && first.intrinsic != nullptr && later.intrinsic != nullptr;
}

/// The value of a copy: a load, perhaps converted, perhaps only under a condition and else `pad`; or always `pad` (no
/// load).
struct CopyValue {
  const loop::Load* load = nullptr;
  int64_t pad = 0;
  std::vector<loop::Expr> valid;
};

bool find_copy(const loop::Expr& value, CopyValue& copy) {
  if (const auto* converted = std::get_if<loop::Cast>(&value->node)) return find_copy(converted->value, copy);
  if (const auto* chosen = std::get_if<loop::Select>(&value->node)) {
    const auto* other = std::get_if<loop::IntLiteral>(&chosen->b->node);
    if (other == nullptr || (!copy.valid.empty() && other->value != copy.pad)) return false;
    copy.pad = other->value;
    copy.valid.push_back(chosen->condition);
    return find_copy(chosen->a, copy);
  }
  if (const auto* literal = std::get_if<loop::IntLiteral>(&value->node)) {
    if (!copy.valid.empty() && literal->value != copy.pad) return false;
    copy.pad = literal->value;
    return true;
  }
  copy.load = std::get_if<loop::Load>(&value->node);
  return copy.load != nullptr;
}

/// A loop of a copy, in lanes.
struct LaneLoop {
  int64_t extent = 1, sram = 0, dram = 0, valid_begin = 0, valid_end = 1;
  bool padded() const { return valid_begin > 0 || valid_end < extent; }
};

/// Loops without pads that count on are one.
void fuse(std::vector<LaneLoop>& loops) {
  for (bool changed = true; changed;) {
    changed = false;
    for (auto outer = loops.begin(); outer != loops.end() && !changed; ++outer) {
      for (LaneLoop& inner : loops) {
        if (&*outer == &inner || outer->extent == 1 || inner.extent == 1 || outer->padded() || inner.padded() ||
            outer->sram != inner.extent * inner.sram || outer->dram != inner.extent * inner.dram)
          continue;
        inner.extent *= outer->extent;
        inner.valid_end = inner.extent;
        loops.erase(outer);
        changed = true;
        break;
      }
    }
  }
}

/// Takes the loops that run over the lanes of one element out of `loops`; false where none do.
bool take_element(std::vector<LaneLoop>& loops, int64_t lanes) {
  for (int64_t taken = 1; taken < lanes;) {
    const auto found = std::find_if(loops.begin(), loops.end(), [&](const LaneLoop& l) {
      return l.extent > 1 && l.sram == taken && l.dram == taken && !l.padded();
    });
    if (found == loops.end()) return false;
    const int64_t wanted = lanes / taken;
    if (found->extent <= wanted) {
      if (wanted % found->extent != 0) return false;
      taken *= found->extent;
      loops.erase(found);
    } else {
      if (found->extent % wanted != 0) return false;
      found->extent /= wanted;
      found->valid_end = found->extent;
      found->sram = found->dram = lanes;
      taken = lanes;
    }
  }
  return true;
}

class Lowering {
 public:
  Lowering(const LayerInput& layer, const isa::HwConfig& hardware, const tensorize::IntrinsicSet& intrinsics)
      : layer_(layer),
        hardware_(hardware),
        intrinsics_(intrinsics),
        limits_(isa::limits(hardware)),
        pads_(hardware),
        inp_pad_(layer.inp_pad) {
    for (size_t i = 0; i < layer.kernel.params.size(); ++i)
      arguments_[layer.kernel.params[i].buffer.get()] = layer.arguments[i];
  }

  Result<std::vector<Step>> run() {
    const Result<void> done = lower(layer_.kernel.body);
    if (!done.ok()) {
      Diagnostic error = done.error();
      error.what = fmt::format("layer '{}': {}", layer_.name, error.what);
      return error;
    }
    return std::move(steps_);
  }

 private:
  Result<void> lower(const Stmt& stmt) {
    if (const auto* block = std::get_if<loop::Block>(&stmt->node)) {
      for (const Stmt& part : block->statements) TANDEM_TRY(lower(part));
      return {};
    }
    if (const auto* scoped = std::get_if<loop::Alloc>(&stmt->node)) {
      const int64_t lanes = Scratchpads::lanes(hardware_, scoped->buffer->scope);
      const Result<void> allocated = pads_.allocate(scoped->buffer, shapes_.of(*scoped, lanes, environment_));
      if (!allocated.ok()) return at(stmt, allocated.error());
      TANDEM_TRY(lower(scoped->body));
      pads_.release(scoped->buffer);
      return {};
    }
    if (const auto* guarded = std::get_if<loop::If>(&stmt->node)) {
      const auto condition = environment_.linear(guarded->condition);
      if (condition && condition->is_constant())
        return condition->constant != 0 ? lower(guarded->body) : Result<void>();
    }
    Nest nest, first, later;
    reason_ = {};
    if (find_nest(stmt, nest)) {
      TANDEM_ASSIGN(const bool done, lower_nest(nest, stmt));
      if (done) return {};
    } else if (find_begun_sum(stmt, first, later)) {
      TANDEM_ASSIGN(const bool done, lower_begun_sum(first, later, stmt));
      if (done) return {};
    }
    const auto* loop = std::get_if<loop::For>(&stmt->node);
    if (loop == nullptr) {
      if (reason_.what.empty())
        reason_.what = "a condition around several statements is not constant when its loops are enumerated";
      return at(stmt, reason_);
    }
    for (int64_t i = 0; i < loop->extent; ++i) {
      environment_.set_value(loop->var, i);
      TANDEM_TRY(lower(loop->body));
    }
    environment_.erase(loop->var);
    return {};
  }

  /// False, with reason_ set, where the nest is no single instruction pattern but may be one when its outermost loop is
  /// enumerated.
  Result<bool> lower_nest(const Nest& nest, const Stmt& stmt) {
    std::vector<int64_t> extents;
    for (size_t i = 0; i < nest.loops.size(); ++i) {
      environment_.set_loop(nest.loops[i]->var, i);
      extents.push_back(nest.loops[i]->extent);
    }
    // A fresh buffer holds zeros: a first load may write them where its conditions leave elements out.
    if (nest.intrinsic != nullptr) {
      const Result<bool> done = lower_macros(nest);
      for (const loop::For* loop : nest.loops) environment_.erase(loop->var);
      if (!done.ok()) return at(stmt, done.error());
      return done;
    }
    const bool is_first_load = pads_.is_fresh(nest.store->buffer);
    const Box all(extents);
    Box box = all;
    bool resolved = true;
    for (const loop::Expr& condition : nest.conditions)
      resolved = resolved && restrict_box(environment_, condition, box);
    if (!resolved) reason_.what = "a condition is no conjunction of bounds on single loops";
    Result<bool> done = !resolved ? Result<bool>(false) : box.empty() ? Result<bool>(true) : Result<bool>(false);
    if (resolved && !box.empty()) done = lower_copy(*nest.store, is_first_load ? all : box, box);
    for (const loop::For* loop : nest.loops) environment_.erase(loop->var);
    if (!done.ok()) return at(stmt, done.error());
    return done;
  }

  /// The macro-instructions of an intrinsic's nest, one or more for each box in which its conditions hold. Empty, with
  /// reason_ set, where it must be looked at in smaller parts.
  Result<std::optional<std::vector<MacroNest>>> macro_nests(const Nest& nest) {
    const std::optional<std::vector<MacroNest>> none;
    std::vector<int64_t> extents;
    for (const loop::For* loop : nest.loops) extents.push_back(loop->extent);
    const auto boxes = boxes_of(environment_, nest.conditions, Box(extents));
    if (!boxes) {
      reason_.what = "a condition is neither a conjunction nor a disjunction of bounds on single loops";
      return none;
    }
    std::vector<MacroNest> macros;
    for (const Box& box : *boxes) {
      MacroNest macro;
      TANDEM_ASSIGN(const bool done, macro_nest(*nest.intrinsic, box, macro));
      if (!done) return none;
      macros.push_back(std::move(macro));
    }
    return std::make_optional(std::move(macros));
  }

  /// All first terms, then all later ones. False where an element's first term could come after a later one.
  Result<bool> lower_begun_sum(const Nest& first, const Nest& later, const Stmt& stmt) {
    std::vector<MacroNest> parts[2];
    bool in_order = true;
    for (const Nest* nest : {&first, &later}) {
      for (size_t i = 0; i < nest->loops.size(); ++i) environment_.set_loop(nest->loops[i]->var, i);
      if (nest == &first) in_order = begins_each_sum(first);
      Result<std::optional<std::vector<MacroNest>>> macros = macro_nests(*nest);
      for (const loop::For* loop : nest->loops) environment_.erase(loop->var);
      if (!macros.ok()) return at(stmt, macros.error());
      if (!*macros) return false;
      parts[nest == &later] = std::move(**macros);
    }
    const auto is_mac = [](const MacroNest& macro, bool overwrite) {
      const auto* mac = std::get_if<isa::Mac>(&macro.instruction);
      return mac != nullptr && mac->overwrite == overwrite;
    };
    for (const MacroNest& macro : parts[0]) in_order = in_order && is_mac(macro, true) && writes_each_once(macro);
    for (const MacroNest& macro : parts[1]) in_order = in_order && is_mac(macro, false);
    if (!in_order) {
      reason_.what = "the terms of a sum are not in the order of its loops";
      return false;
    }
    for (const MacroNest& macro : parts[0]) TANDEM_TRY(emit_macro(*first.intrinsic, macro));
    for (const MacroNest& macro : parts[1]) TANDEM_TRY(emit_macro(*later.intrinsic, macro));
    return true;
  }

  /// Whether the nest runs in the first iteration of some loops and in all of the others.
  bool begins_each_sum(const Nest& nest) {
    std::vector<int64_t> extents;
    for (const loop::For* loop : nest.loops) extents.push_back(loop->extent);
    const auto boxes = boxes_of(environment_, nest.conditions, Box(extents));
    if (!boxes || boxes->size() > 1) return false;
    for (const Box& box : *boxes) {
      if (std::any_of(box.low.begin(), box.low.end(), [](int64_t low) { return low != 0; })) return false;
    }
    return true;
  }

  static bool writes_each_once(const MacroNest& macro) {
    std::vector<int64_t> strides;
    int64_t steps = 1, written = 0;
    for (size_t i = 0; i < macro.extents.size(); ++i) {
      strides.push_back(macro.strides[i].dst);
      steps *= macro.extents[i];
    }
    for (const Run& run : touched(macro.base.dst, 1, macro.extents, strides)) written += run.end - run.begin;
    return written == steps;
  }

  Diagnostic at(const Stmt& stmt, Diagnostic error) const {
    if (error.where.line == 0) error.where = stmt->where;
    return error;
  }

  /// The position of an element in its buffer, counted in lanes; empty where an index is not linear.
  std::optional<Linear> flat(const loop::BufferRef& buffer, const std::vector<loop::Expr>& indices) {
    const Place* place = pads_.find(buffer);
    const Shape& shape = place != nullptr ? place->shape : buffer->shape;
    Linear result;
    int64_t stride = 1;
    for (size_t d = indices.size(); d-- > 0;) {
      if (!environment_.add(indices[d], stride, result)) {
        reason_.what = fmt::format("an index of buffer '{}' is not linear in its loops: {}", buffer->name,
                                   loop::to_text(indices[d]));
        return std::nullopt;
      }
      stride *= shape[d];
    }
    return result;
  }

  // ---- macro-instructions
  // -------------------------------------------------------------------------------------------------

  Result<bool> lower_macros(const Nest& nest) {
    TANDEM_ASSIGN(const std::optional<std::vector<MacroNest>> macros, macro_nests(nest));
    if (!macros) return false;
    for (const MacroNest& macro : *macros) TANDEM_TRY(emit_macro(*nest.intrinsic, macro));
    return true;
  }

  /// False, with reason_ set, where an operand is no linear function of the loops.
  Result<bool> macro_nest(const loop::Intrinsic& intrinsic, const Box& box, MacroNest& nest) {
    TANDEM_ASSIGN(const tensorize::AccelEmission* const emission, emission_of(intrinsic.name));
    nest.instruction = emission->prototype;
    for (size_t i = 0; i < box.low.size(); ++i) nest.extents.push_back(box.high[i] - box.low[i]);
    nest.strides.resize(nest.extents.size());
    for (const tensorize::AccelOperand& operand : emission->operands) {
      TANDEM_ASSIGN(const bool done, set_operand(intrinsic, operand, box, nest));
      if (!done) return false;
    }
    if (emission->imm >= 0) {
      TANDEM_ASSIGN(const std::optional<int64_t> value, constant_scalar(intrinsic, static_cast<size_t>(emission->imm)));
      if (!value) return false;
      if (*value < limits_.imm_min || *value > limits_.alu.imm) {
        return Diagnostic{{},
                          fmt::format("the immediate {} of '{}' does not fit its field, [{}, {}]", *value,
                                      intrinsic.name, limits_.imm_min, limits_.alu.imm),
                          {},
                          ""};
      }
      std::get<isa::Alu>(nest.instruction).imm = static_cast<int32_t>(*value);
    }
    for (const auto& [state, scalar] : emission->states) {
      TANDEM_ASSIGN(const std::optional<int64_t> value, constant_scalar(intrinsic, scalar));
      if (!value) return false;
      nest.states[state] = static_cast<int32_t>(*value);
    }
    return true;
  }

  /// Empty, with reason_ set, where its loops must be enumerated first.
  Result<std::optional<int64_t>> constant_scalar(const loop::Intrinsic& intrinsic, size_t position) {
    const auto value = environment_.linear(intrinsic.scalars[position]);
    if (value && value->is_constant()) return std::optional<int64_t>(value->constant);
    reason_.what = fmt::format("the immediate of '{}' is not constant", intrinsic.name);
    return std::optional<int64_t>();
  }

  Result<void> emit_macro(const loop::Intrinsic& intrinsic, const MacroNest& nest) {
    TANDEM_ASSIGN(const tensorize::AccelEmission* const emission, emission_of(intrinsic.name));
    TANDEM_ASSIGN(std::vector<Access> accesses, macro_accesses(intrinsic, *emission, nest));
    for (const auto& [state, value] : nest.states) {
      set_state(state, value);
      accesses.push_back({kSpaceComputeStates, static_cast<int64_t>(state), static_cast<int64_t>(state) + 1, false});
    }
    for (Step& step : macro_instructions(nest, limits_, hardware_.depth(isa::Memory::kUop))) {
      step.engine = isa::Engine::kCompute;
      step.layer = layer_.index;
      step.accesses = accesses;
      steps_.push_back(std::move(step));
    }
    return {};
  }

  /// The value of a state of compute from here on. What earlier layers left is not known.
  void set_state(isa::State state, int32_t value) {
    const auto [known, is_new] = compute_states_.emplace(state, value);
    if (!is_new && known->second == value) return;
    known->second = value;
    Step step;
    step.instruction = isa::Config{false, false, false, false, state, value};
    step.engine = isa::engine_of(step.instruction);
    step.layer = layer_.index;
    step.accesses.push_back({kSpaceComputeStates, static_cast<int64_t>(state), static_cast<int64_t>(state) + 1, true});
    steps_.push_back(std::move(step));
  }

  Result<const tensorize::AccelEmission*> emission_of(const std::string& name) {
    TANDEM_ASSIGN(const tensorize::IntrinsicDeclaration* const declaration, intrinsics_.at(name));
    if (!declaration->lacks.empty()) {
      return Diagnostic{
          {}, fmt::format("'{}' needs {} of at least 1; the hardware has 0", name, declaration->lacks), {}, ""};
    }
    return &std::get<tensorize::AccelEmission>(declaration->emission);
  }

  Result<bool> set_operand(const loop::Intrinsic& intrinsic, const tensorize::AccelOperand& wanted, const Box& box,
                           MacroNest& nest) {
    TANDEM_CHECK(wanted.param < intrinsic.operands.size(), "an intrinsic has fewer operands than its declaration");
    const loop::Operand& operand = intrinsic.operands[wanted.param];
    const Place* place = pads_.find(operand.buffer);
    if (place == nullptr || place->memory != wanted.memory) {
      return Diagnostic{{},
                        fmt::format("'{}' needs its operand '{}' in scope '{}', but it is in '{}'", intrinsic.name,
                                    operand.buffer->name, isa::info(wanted.memory).name, operand.buffer->scope),
                        {},
                        "stage it there"};
    }
    const auto offset = flat(operand.buffer, operand.indices);
    if (!offset) return false;
    const int64_t multiple = intrinsics_.find(intrinsic.name)->alignment[wanted.param];
    const auto whole = [&](int64_t lanes) { return lanes % multiple == 0; };
    int64_t Indices::*field = index_of(wanted);
    bool aligned = whole(offset->constant) && whole(place->base * place->lanes);
    int64_t first = offset->constant;
    for (size_t i = 0; i < nest.extents.size(); ++i) {
      aligned = aligned && (nest.extents[i] == 1 || whole(offset->coefficient(i)));
      nest.strides[i].*field = offset->coefficient(i) / wanted.lanes;
      first += box.low[i] * offset->coefficient(i);
    }
    if (!aligned || !whole(first)) {
      return Diagnostic{
          {},
          fmt::format("'{}' works on whole elements of '{}' ({} lanes), but its operand '{}' begins within one",
                      intrinsic.name, operand.buffer->scope, multiple, operand.buffer->name),
          {},
          "pack the buffer so that its last axes are one element"};
    }
    nest.base.*field = (place->base * place->lanes + first) / wanted.lanes;
    return true;
  }

  static int64_t Indices::*index_of(const tensorize::AccelOperand& operand) {
    return operand.field == "dst" ? &Indices::dst : operand.field == "src" ? &Indices::src : &Indices::wgt;
  }

  static int space_of(isa::Memory memory) {
    switch (memory) {
      case isa::Memory::kInp:
        return kSpaceInp;
      case isa::Memory::kWgt:
        return kSpaceWgt;
      case isa::Memory::kPrm:
        return kSpacePrm;
      case isa::Memory::kOut:
        return kSpaceOut;
      default:
        return kSpaceAcc;
    }
  }

  /// The elements of its memory that the whole nest touches of an operand.
  std::vector<Run> runs_of(const tensorize::AccelOperand& operand, const MacroNest& nest) const {
    std::vector<int64_t> strides;
    for (const Indices& stride : nest.strides) strides.push_back(stride.*index_of(operand));
    std::vector<Run> runs = touched(nest.base.*index_of(operand), operand.count, nest.extents, strides);
    const int64_t parts = Scratchpads::lanes(hardware_, isa::info(operand.memory).name) / operand.lanes;
    for (Run& run : runs) run = {run.begin / parts, (run.end + parts - 1) / parts};
    return runs;
  }

  /// What the whole nest reads and writes; checks that what it reads has been written.
  Result<std::vector<Access>> macro_accesses(const loop::Intrinsic& intrinsic, const tensorize::AccelEmission& emission,
                                             const MacroNest& nest) {
    std::vector<Access> accesses;
    const auto read = [&](const tensorize::AccelOperand& operand, const std::vector<Run>& runs) -> Result<void> {
      const int64_t unwritten = pads_.first_unwritten(operand.memory, runs);
      if (unwritten < 0) return {};
      const loop::BufferRef& buffer = intrinsic.operands[operand.param].buffer;
      return Diagnostic{{},
                        fmt::format("'{}' reads element {} of buffer '{}' before anything has written it",
                                    intrinsic.name, unwritten - pads_.find(buffer)->base, buffer->name),
                        {},
                        "a scratchpad does not start as zeros: reset or load the buffer first"};
    };
    for (const tensorize::AccelOperand& operand : emission.operands) {
      if (operand.is_written || !operand.is_read) continue;
      const std::vector<Run> runs = runs_of(operand, nest);
      TANDEM_TRY(read(operand, runs));
      add_accesses(accesses, space_of(operand.memory), runs, false);
    }
    const tensorize::AccelOperand& dst = *emission.find("dst");
    const std::vector<Run> written = runs_of(dst, nest);
    if (dst.is_read) TANDEM_TRY(read(dst, written));
    pads_.mark_written(dst.memory, written);
    add_accesses(accesses, space_of(dst.memory), written, true);
    if (std::holds_alternative<isa::Mac>(nest.instruction) || std::holds_alternative<isa::Requantize>(nest.instruction))
      return accesses;
    pads_.mark_unwritten(isa::Memory::kOut, written);  // GEMM and ALU write `out`, too
    add_accesses(accesses, kSpaceOut, written, true);
    return accesses;
  }

  // ---- copies
  // -------------------------------------------------------------------------------------------------------------

  /// Copies what lies in `kept`, and zeros in the rest of `whole`.
  Result<bool> lower_copy(const loop::Store& store, const Box& whole, const Box& kept) {
    CopyValue copy;
    const bool is_copy = find_copy(store.value, copy);
    const Place* to = pads_.find(store.buffer);
    Box box = copy.pad == 0 ? whole : kept;  // what is left out keeps its zeros
    // What nothing reads has no place and is not loaded.
    for (size_t axis = 0; to != nullptr && axis < to->shape.size(); ++axis) {
      if (to->shape[axis] == store.buffer->shape[axis]) continue;
      const loop::Expr inside = loop::binary(loop::BinaryOp::kLt, store.indices[axis], loop::integer(to->shape[axis]));
      if (restrict_box(environment_, inside, box)) continue;
      reason_.what = "a copy's index is no single loop: " + loop::to_text(store.indices[axis]);
      return false;
    }
    if (box.empty()) return true;
    if (!is_copy) {
      return Diagnostic{{},
                        fmt::format("the value stored to '{}' is neither a copy nor an intrinsic: {}",
                                    store.buffer->name, loop::to_text(store.value)),
                        {},
                        "tensorize it"};
    }
    if (copy.pad != 0 && (to == nullptr || to->memory != isa::Memory::kInp)) {
      return Diagnostic{{},
                        fmt::format("pads of '{}' in '{}' are {}; only those of 'inp' can be other than 0",
                                    store.buffer->name, store.buffer->scope, copy.pad),
                        {},
                        ""};
    }
    if (copy.load == nullptr) return lower_pads(store, box, copy.pad);
    const Place* from = pads_.find(copy.load->buffer);
    if ((to == nullptr) == (from == nullptr)) {
      return Diagnostic{
          {},
          fmt::format("a copy from '{}' ({}) to '{}' ({}) is neither a LOAD nor a STORE", copy.load->buffer->name,
                      copy.load->buffer->scope, store.buffer->name, store.buffer->scope),
          {},
          "copies go between dram and one scratchpad"};
    }
    const bool is_load = to != nullptr;
    const Place& place = is_load ? *to : *from;
    const loop::BufferRef &scratch = is_load ? store.buffer : copy.load->buffer,
                          &tensor = is_load ? copy.load->buffer : store.buffer;
    const auto argument = arguments_.find(tensor.get());
    TANDEM_CHECK(argument != arguments_.end(), "buffer '" + tensor->name + "' is neither a parameter nor allocated");
    isa::Memory memory = place.memory;
    if (!is_load) {
      if ((memory != isa::Memory::kAcc && memory != isa::Memory::kOut) || tensor->type != loop::Type::kI8) {
        return Diagnostic{
            {},
            fmt::format("STORE takes 'out', or narrows 'acc', to i8 tensors; '{}' ({}) to '{}' ({}) is another copy",
                        scratch->name, scratch->scope, tensor->name, loop::name(tensor->type)),
            {},
            ""};
      }
      memory = isa::Memory::kOut;
    } else if (memory == isa::Memory::kAcc && tensor->type == loop::Type::kI8) {
      memory = isa::Memory::kAcc8;
    } else if (tensor->type != scratch->type) {
      return Diagnostic{{},
                        fmt::format("no LOAD makes the {} buffer '{}' from the {} tensor '{}'",
                                    loop::name(scratch->type), scratch->name, loop::name(tensor->type), tensor->name),
                        {},
                        ""};
    }
    Box valid = box;
    for (size_t i = 0; i < kept.low.size(); ++i) {
      valid.low[i] = std::max(valid.low[i], kept.low[i]);
      valid.high[i] = std::min(valid.high[i], kept.high[i]);
    }
    if (valid.empty()) return true;
    for (const loop::Expr& condition : copy.valid) {
      if (restrict_box(environment_, condition, valid)) continue;
      reason_.what = "a condition is no conjunction of bounds on single loops: " + loop::to_text(condition);
      return false;
    }
    const auto sram = flat(scratch, is_load ? store.indices : copy.load->indices);
    const auto dram = flat(tensor, is_load ? copy.load->indices : store.indices);
    if (!sram || !dram) return false;
    // Nothing of the tensor is read where no iteration is valid.
    const bool only_pads = valid.empty();
    return emit_copy(memory, place, scratch, tensor, argument->second, *sram, *dram, box, only_pads ? box : valid,
                     only_pads, copy.pad);
  }

  /// Only pads: every lane of the scratchpad holds `pad`, and no tensor is read.
  Result<bool> lower_pads(const loop::Store& store, const Box& box, int64_t pad) {
    const Place* to = pads_.find(store.buffer);
    if (to == nullptr) {
      return Diagnostic{
          {},
          fmt::format("constants cannot be stored to '{}' in '{}'", store.buffer->name, store.buffer->scope),
          {},
          ""};
    }
    const auto sram = flat(store.buffer, store.indices);
    if (!sram) return false;
    return emit_copy(to->memory, *to, store.buffer, store.buffer, LayerArgument{kFillTensor, false}, *sram, *sram, box,
                     box, true, pad);
  }

  Result<bool> emit_copy(isa::Memory memory, const Place& place, const loop::BufferRef& scratch,
                         const loop::BufferRef& tensor, const LayerArgument& argument, const Linear& sram,
                         const Linear& dram, const Box& box, const Box& valid, bool only_pads, int64_t pad) {
    int64_t sram_base = sram.constant, dram_base = dram.constant;
    std::vector<LaneLoop> lanes;
    for (size_t i = 0; i < box.low.size(); ++i) {
      sram_base += box.low[i] * sram.coefficient(i);
      dram_base += box.low[i] * dram.coefficient(i);
      lanes.push_back({box.high[i] - box.low[i], sram.coefficient(i), dram.coefficient(i), valid.low[i] - box.low[i],
                       std::max(valid.low[i], valid.high[i]) - box.low[i]});
    }
    fuse(lanes);
    const bool covers = take_element(lanes, place.lanes);
    const auto whole = [&](int64_t count) { return count % place.lanes == 0; };
    bool aligned = covers && whole(sram_base) && whole(dram_base);
    std::vector<TransferLoop> loops;
    for (const LaneLoop& l : lanes) {
      aligned = aligned && (l.extent == 1 || (whole(l.sram) && whole(l.dram)));
      loops.push_back({l.extent, l.sram / place.lanes, l.dram / place.lanes, l.valid_begin, l.valid_end});
    }
    if (!aligned) {
      return Diagnostic{{},
                        fmt::format("a copy between '{}' and '{}' does not move whole elements of '{}' ({} lanes)",
                                    scratch->name, tensor->name, scratch->scope, place.lanes),
                        {},
                        fmt::format("pack '{}' so that its last axes are one element", tensor->name)};
    }
    if (only_pads) loops.push_back({1, 0, 0, 0, 0});
    const bool is_load = memory != isa::Memory::kOut;
    const isa::Load& most = limits_.load;
    const std::vector<TransferBlock> blocks =
        transfer_blocks(place.base + sram_base / place.lanes, dram_base / place.lanes, std::move(loops),
                        {most.y_size, most.x_size, most.x_stride, std::min(most.y_pad_0, most.y_pad_1),
                         std::min(most.x_pad_0, most.x_pad_1)});
    for (const TransferBlock& block : blocks) {
      const std::vector<Run> range = {{block.sram_base, block.sram_base + block.sram_elements()}};
      if (is_load) {
        pads_.mark_written(place.memory, range);
        if (place.memory == isa::Memory::kAcc) pads_.mark_unwritten(isa::Memory::kOut, range);
      } else if (const int64_t unwritten = pads_.first_unwritten(place.memory, range); unwritten >= 0) {
        return Diagnostic{{},
                          fmt::format("a STORE to '{}' reads element {} of buffer '{}' before anything has written it",
                                      tensor->name, unwritten - place.base, scratch->name),
                          {},
                          "a scratchpad does not start as zeros: reset or load the buffer first"};
      }
      emit_block(memory, block, argument, pad);
    }
    return true;
  }

  /// The value of INP pads from here on.
  void set_inp_pad(int64_t value) {
    if (value == inp_pad_) return;
    inp_pad_ = value;
    Step step;
    step.instruction = isa::Config{false, false, false, false, isa::State::kInpPad, static_cast<int32_t>(value)};
    step.engine = isa::engine_of(step.instruction);
    step.layer = layer_.index;
    step.accesses.push_back({kSpaceInpPad, 0, 1, true});
    steps_.push_back(std::move(step));
  }

  void emit_block(isa::Memory memory, const TransferBlock& block, const LayerArgument& argument, int64_t pad) {
    const bool has_pads = block.y_pad_0 + block.y_pad_1 + block.x_pad_0 + block.x_pad_1 > 0;
    if (memory == isa::Memory::kInp && has_pads) set_inp_pad(pad);
    const auto set = [&](auto insn) {
      insn.mem_type = memory;
      insn.sram_base = static_cast<uint32_t>(block.sram_base);
      insn.dram_base = static_cast<uint32_t>(block.dram_base);
      insn.y_size = static_cast<uint32_t>(block.y_size);
      insn.x_size = static_cast<uint32_t>(block.x_size);
      insn.x_stride = static_cast<uint32_t>(block.x_stride);
      insn.y_pad_0 = static_cast<uint32_t>(block.y_pad_0);
      insn.y_pad_1 = static_cast<uint32_t>(block.y_pad_1);
      insn.x_pad_0 = static_cast<uint32_t>(block.x_pad_0);
      insn.x_pad_1 = static_cast<uint32_t>(block.x_pad_1);
      return insn;
    };
    const bool is_load = memory != isa::Memory::kOut;
    Step step;
    step.instruction = is_load ? isa::Instruction(set(isa::Load{})) : isa::Instruction(set(isa::Store{}));
    step.engine = isa::engine_of(step.instruction);
    step.tensor = block.zero ? kFillTensor : argument.tensor;
    step.fill = static_cast<int>(pad);
    step.layer = layer_.index;
    const bool is_acc = memory == isa::Memory::kAcc || memory == isa::Memory::kAcc8;
    const int space = memory == isa::Memory::kInp   ? kSpaceInp
                      : memory == isa::Memory::kWgt ? kSpaceWgt
                      : memory == isa::Memory::kPrm ? kSpacePrm
                                                    : kSpaceOut;
    const int64_t sram_end = block.sram_base + block.sram_elements();
    step.accesses.push_back({space, block.sram_base, sram_end, is_load});
    if (is_acc) step.accesses.push_back({kSpaceAcc, block.sram_base, sram_end, true});
    if (memory == isa::Memory::kInp && has_pads) step.accesses.push_back({kSpaceInpPad, 0, 1, false});
    if (argument.tracked && !block.zero) {
      const int64_t bytes = hardware_.element_bytes(memory);
      add_accesses(step.accesses, kFirstTensorSpace + argument.tensor,
                   touched(block.dram_base * bytes, block.x_size * bytes, {block.y_size}, {block.x_stride * bytes}),
                   !is_load);
    }
    steps_.push_back(std::move(step));
  }

  const LayerInput& layer_;
  const isa::HwConfig& hardware_;
  const tensorize::IntrinsicSet& intrinsics_;
  isa::FieldLimits limits_;
  Scratchpads pads_;
  Environment environment_;
  LiveShapes shapes_;
  std::map<const loop::Buffer*, LayerArgument> arguments_;
  std::vector<Step> steps_;
  int64_t inp_pad_;                               // the state as the steps so far leave it
  std::map<isa::State, int32_t> compute_states_;  // likewise
  Diagnostic reason_;                             // why the last nest was not lowered as a whole
};

}  // namespace

Result<std::vector<Step>> lower_layer(const LayerInput& layer, const isa::HwConfig& hardware,
                                      const tensorize::IntrinsicSet& intrinsics) {
  return Lowering(layer, hardware, intrinsics).run();
}

}  // namespace tandem::codegen
