// What the micro-op buffer holds while a program runs, and each list of micro-ops that is run once. Part of the static
// checker.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "isa/instruction.h"

namespace tandem::isa {

class UopBuffer {
 public:
  explicit UopBuffer(int64_t depth) : entries_(static_cast<size_t>(depth)), known_(entries_.size()) {}

  int64_t depth() const { return static_cast<int64_t>(entries_.size()); }
  void set(int64_t index, const Uop& uop);
  /// The first entry of [begin, end) that nothing has set; `end` where all are.
  int64_t first_unknown(int64_t begin, int64_t end) const;
  /// The number of the list that the entries [begin, end) hold; equal lists have the same number.
  int list(int64_t begin, int64_t end);
  const std::vector<Uop>& uops(int list) const { return lists_[static_cast<size_t>(list)]; }

 private:
  struct Cached {
    int64_t version = 0;
    int list = 0;
  };

  std::vector<Uop> entries_;
  std::vector<bool> known_;
  int64_t version_ = 0;  // grows whenever an entry changes
  std::map<std::pair<int64_t, int64_t>, Cached> cached_;
  std::vector<std::vector<Uop>> lists_;
  std::unordered_multimap<uint64_t, int> by_hash_;
};

}  // namespace tandem::isa
