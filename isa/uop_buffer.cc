#include "isa/uop_buffer.h"

#include <algorithm>

namespace tandem::isa {

void UopBuffer::set(int64_t index, const Uop& uop) {
  const auto i = static_cast<size_t>(index);
  if (known_[i] && entries_[i] == uop) return;
  entries_[i] = uop;
  known_[i] = true;
  ++version_;
}

int64_t UopBuffer::first_unknown(int64_t begin, int64_t end) const {
  return std::find(known_.begin() + begin, known_.begin() + end, false) - known_.begin();
}

int UopBuffer::list(int64_t begin, int64_t end) {
  Cached& cached = cached_.emplace(std::pair(begin, end), Cached{-1, -1}).first->second;
  if (cached.version == version_) return cached.list;
  cached.version = version_;
  const auto first = entries_.begin() + begin, last = entries_.begin() + end;
  if (cached.list >= 0 && std::equal(first, last, uops(cached.list).begin())) return cached.list;
  uint64_t hash = 0;
  for (auto at = first; at != last; ++at) {
    for (const uint32_t value : {at->dst, at->src, at->wgt}) hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  const auto [low, high] = by_hash_.equal_range(hash);
  for (auto at = low; at != high; ++at) {
    const std::vector<Uop>& known = uops(at->second);
    if (std::equal(first, last, known.begin(), known.end())) return cached.list = at->second;
  }
  cached.list = static_cast<int>(lists_.size());
  lists_.emplace_back(first, last);
  by_hash_.emplace(hash, cached.list);
  return cached.list;
}

}  // namespace tandem::isa
