#include "isa/range_history.h"

#include <algorithm>
#include <iterator>

namespace tandem::isa {
namespace {

/// Adds [begin, end) to the piece found so far: the first one, and what follows it without a gap and is like it.
void note(std::optional<RangeHistory::Piece>& piece, int64_t begin, int64_t end, int64_t position) {
  if (!piece) {
    piece = RangeHistory::Piece{begin, end, position};
  } else if (piece->end == begin && piece->position == position) {
    piece->end = end;
  }
}

}  // namespace

RangeHistory::Ranges::iterator RangeHistory::split(int64_t at) {
  const auto after = ranges_.lower_bound(at);
  if (after != ranges_.end() && after->first == at) return after;
  return ranges_.emplace_hint(after, at, std::prev(after)->second);
}

RangeHistory::Read RangeHistory::read(int64_t begin, int64_t end, int64_t position, int64_t writes_done) {
  Read result;
  const auto first = split(begin);
  const auto last = split(end);
  int64_t written = 0;
  for (auto at = first; at != last; ++at) {
    const int64_t to = std::next(at)->first;
    if (at->second.written == 0) note(result.unwritten, at->first, to, 0);
    if (at->second.written > writes_done) note(result.unordered, at->first, to, at->second.written);
    written = std::max(written, at->second.written);
  }
  first->second = {written, position};
  ranges_.erase(std::next(first), last);
  return result;
}

std::optional<RangeHistory::Piece> RangeHistory::write(int64_t begin, int64_t end, int64_t position,
                                                       int64_t reads_done) {
  std::optional<Piece> unordered;
  const auto first = split(begin);
  const auto last = split(end);
  int64_t read = 0;
  for (auto at = first; at != last; ++at) {
    if (at->second.read > reads_done) note(unordered, at->first, std::next(at)->first, at->second.read);
    read = std::max(read, at->second.read);
  }
  first->second = {position, read};
  ranges_.erase(std::next(first), last);
  return unordered;
}

}  // namespace tandem::isa
