#include "isa/footprint.h"

#include <algorithm>

namespace tandem::isa {
namespace {

/// A set of elements from `first` on, one bit each.
class ElementSet {
 public:
  ElementSet(int64_t first, int64_t end) : first_(first), words_(static_cast<size_t>((end - first + 63) / 64)) {}

  void insert(int64_t element) {
    const auto bit = static_cast<size_t>(element - first_);
    words_[bit / 64] |= uint64_t{1} << (bit % 64);
  }

  /// Each element e becomes e, e + step, ..., e + (times - 1) * step: doubled as often as it fits.
  void repeat(int64_t times, int64_t step) {
    if (step == 0) return;
    int64_t have = 1;
    while (have < times) {
      const int64_t add = std::min(have, times - have);
      insert_shifted(add * step);
      have += add;
    }
  }

  std::vector<SramRange> ranges() const {
    std::vector<SramRange> result;
    for (size_t word = 0; word < words_.size(); ++word) {
      uint64_t bits = words_[word];
      int64_t at = first_ + static_cast<int64_t>(word) * 64;
      while (bits != 0) {
        const int zeros = __builtin_ctzll(bits);
        bits >>= zeros;
        at += zeros;
        const int ones = ~bits == 0 ? 64 : __builtin_ctzll(~bits);
        if (!result.empty() && result.back().end == at) {
          result.back().end = at + ones;
        } else {
          result.push_back({at, at + ones});
        }
        bits = ones == 64 ? 0 : bits >> ones;
        at += ones;
      }
    }
    return result;
  }

 private:
  void insert_shifted(int64_t by) {
    const auto words = static_cast<size_t>(by / 64);
    const int bits = static_cast<int>(by % 64);
    for (size_t i = words_.size(); i-- > words;) {
      uint64_t from = words_[i - words] << bits;
      if (bits > 0 && i > words) from |= words_[i - words - 1] >> (64 - bits);
      words_[i] |= from;
    }
  }

  int64_t first_;
  std::vector<uint64_t> words_;
};

/// Base indices and what the two loops add to them.
struct Sweep {
  std::vector<int64_t> bases;
  int64_t iter_out = 1, factor_out = 0;
  int64_t iter_in = 1, factor_in = 0;
  int64_t taps = 1;

  /// The indices, each divided by `group`.
  std::vector<SramRange> ranges(int64_t group = 1) const {
    const auto [least, most] = std::minmax_element(bases.begin(), bases.end());
    ElementSet set(*least, greatest_index(*most, iter_out, factor_out, iter_in, factor_in) + taps);
    for (const int64_t base : bases) set.insert(base);
    set.repeat(iter_in, factor_in);
    set.repeat(iter_out, factor_out);
    set.repeat(taps, 1);
    if (group == 1) return set.ranges();
    std::vector<SramRange> result;
    for (const SramRange& range : set.ranges()) {
      const SramRange divided{range.begin / group, (range.end - 1) / group + 1};
      if (!result.empty() && result.back().end >= divided.begin) {
        result.back().end = divided.end;
      } else {
        result.push_back(divided);
      }
    }
    return result;
  }
};

template <typename MacroInstruction>
std::vector<SramRange> swept(const MacroInstruction& instruction, const std::vector<Uop>& uops, const IndexWalk& walk,
                             int64_t group = 1) {
  Sweep sweep{{}, instruction.iter_out, walk.factor_out, instruction.iter_in, walk.factor_in, walk.taps};
  for (const Uop& uop : uops) sweep.bases.push_back(uop.*walk.base);
  return sweep.ranges(group);
}

std::vector<SramRange> united(std::vector<SramRange> ranges, const std::vector<SramRange>& more) {
  ranges.insert(ranges.end(), more.begin(), more.end());
  std::sort(ranges.begin(), ranges.end(), [](const SramRange& a, const SramRange& b) { return a.begin < b.begin; });
  std::vector<SramRange> result;
  for (const SramRange& range : ranges) {
    if (!result.empty() && range.begin <= result.back().end) {
      result.back().end = std::max(result.back().end, range.end);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

/// Products into the accumulators: GEMM without reset, and MAC.
template <typename Product>
Footprint of_product(const HwConfig& config, const Product& product, const std::vector<Uop>& uops) {
  Footprint result;
  for (const IndexWalk& walk : index_walks(config, product)) {
    if (walk.memory == Memory::kInp) result.inp = swept(product, uops, walk);
    if (walk.memory == Memory::kWgt) result.wgt = swept(product, uops, walk, walk.vectors ? config.block_in : 1);
    if (walk.memory == Memory::kAcc) result.acc_written = swept(product, uops, walk);
  }
  if (!product.overwrite) result.acc_read = result.acc_written;
  return result;
}

Footprint of(const HwConfig& config, const Gemm& gemm, const std::vector<Uop>& uops) {
  Footprint result;
  if (gemm.reset) {
    result.acc_written = swept(gemm, uops, index_walks(config, gemm)[0]);
  } else {
    result = of_product(config, gemm, uops);
  }
  result.out_written = result.acc_written;
  return result;
}

Footprint of(const HwConfig& config, const Mac& mac, const std::vector<Uop>& uops) {
  return of_product(config, mac, uops);
}

template <typename Operation>
Footprint of_alu(const HwConfig& config, const Operation& alu, const std::vector<Uop>& uops) {
  Footprint result;
  const std::vector<IndexWalk> walks = index_walks(config, alu);
  result.acc_written = result.acc_read = swept(alu, uops, walks[0]);
  if (walks.size() > 1) result.acc_read = united(std::move(result.acc_read), swept(alu, uops, walks[1]));
  result.out_written = result.acc_written;
  return result;
}
Footprint of(const HwConfig& config, const Alu& alu, const std::vector<Uop>& uops) { return of_alu(config, alu, uops); }
Footprint of(const HwConfig& config, const AluExtended& alu, const std::vector<Uop>& uops) {
  return of_alu(config, alu, uops);
}

Footprint of(const Requantize& requantize) {
  const auto sweep = [&](int64_t base, int64_t factor_out, int64_t factor_in) {
    return Sweep{{base}, requantize.iter_out, factor_out, requantize.iter_in, factor_in}.ranges();
  };
  Footprint result;
  result.acc_read = sweep(requantize.src, requantize.src_out, requantize.src_in);
  result.prm = sweep(requantize.prm, requantize.prm_out, 0);
  (requantize.keep ? result.acc_written : result.out_written) =
      sweep(requantize.dst, requantize.dst_out, requantize.dst_in);
  result.reads_own_results = requantize.keep;
  return result;
}

}  // namespace

Footprint footprint(const HwConfig& config, const Instruction& instruction, const std::vector<Uop>& uops) {
  return std::visit(
      [&](const auto& any) -> Footprint {
        using Kind = std::decay_t<decltype(any)>;
        if constexpr (std::is_same_v<Kind, Requantize>) {
          if (any.iter_out > 0 && any.iter_in > 0) return of(any);
        } else if constexpr (std::is_same_v<Kind, Gemm> || std::is_same_v<Kind, Mac> || std::is_same_v<Kind, Alu> ||
                             std::is_same_v<Kind, AluExtended>) {
          if (!loops_of(any).empty()) return of(config, any, uops);
        }
        return {};
      },
      instruction);
}

}  // namespace tandem::isa
