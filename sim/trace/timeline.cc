#include "sim/trace/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "isa/assembly.h"
#include "isa/instruction.h"

namespace tandem::sim {
namespace {

using isa::Engine;

/// A unit's name on its track, and of its engine's instructions.
constexpr std::array<const char*, 4> kUnits{"fetch", "load", "compute", "store"};
constexpr int kLanesPerEngine = 64;  // tracks of instructions that overlap
constexpr int kProcess = 1, kLayersTrack = 1;

/// What an activity is called, and its colour: names that the viewers of the format know.
struct Look {
  const char* name;
  const char* colour;
};
Look look_of(Unit unit, Activity activity) {
  switch (activity) {
    case Activity::kBusy:
      return {"busy", "good"};
    case Activity::kWaitsForPrevious:
      return unit == Unit::kStore ? Look{"waits for compute", "bad"} : Look{"waits for load", "terrible"};
    case Activity::kWaitsForNext:
      return unit == Unit::kLoad ? Look{"waits for compute", "bad"} : Look{"waits for store", "yellow"};
    case Activity::kWaitsForMemory:
      return {"waits for memory", "rail_load"};
    case Activity::kBlocked:
      return {"blocked", "black"};
    case Activity::kIdle:
      break;
  }
  return {"idle", "grey"};
}

int unit_track(size_t unit) { return 10 + static_cast<int>(unit) * 1000; }
int lane_track(Engine engine, int lane) { return unit_track(static_cast<size_t>(engine) + 1) + 1 + lane; }

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out;
}

class Events {
 public:
  void add(const std::string& event) { text_ += (text_.empty() ? "\n" : ",\n") + event; }
  void name_track(int track, const std::string& name) {
    add(fmt::format(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":"{}"}}}})", kProcess, track,
                    escaped(name)));
    add(fmt::format(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_sort_index","args":{{"sort_index":{}}}}})", kProcess,
                    track, track));
  }
  std::string finish() const { return "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[" + text_ + "\n]}\n"; }

 private:
  std::string text_;
};

/// The lowest lane of an engine that is free at `begin`.
int take_lane(std::vector<uint64_t>& lanes, uint64_t begin, uint64_t end) {
  for (size_t lane = 0; lane < lanes.size(); ++lane) {
    if (lanes[lane] > begin) continue;
    lanes[lane] = end;
    return static_cast<int>(lane);
  }
  lanes.push_back(end);
  return static_cast<int>(lanes.size()) - 1;
}

}  // namespace

Timeline::Timeline(const isa::Program& program) : program_(program), spans_(program.code.size()) {}

void Timeline::started(uint64_t cycle, int64_t instruction) {
  Span& span = spans_.at(static_cast<size_t>(instruction));
  span.begin = cycle;
  span.started = true;
  starts_.push_back(instruction);
  end_ = std::max(end_, cycle + 1);
}

void Timeline::retired(uint64_t cycle, int64_t instruction, const uint8_t*) {
  Span& span = spans_.at(static_cast<size_t>(instruction));
  span.end = cycle + 1;
  span.retired = true;
  retirements_.push_back(instruction);
  end_ = std::max(end_, cycle + 1);
}

void Timeline::does(uint64_t cycle, Unit unit, Activity activity) {
  std::vector<Change>& changes = changes_[static_cast<size_t>(unit)];
  if (!changes.empty() && changes.back().activity == activity) return;
  if (!changes.empty() && changes.back().cycle == cycle) {
    changes.back().activity = activity;
  } else {
    changes.push_back({cycle, activity});
  }
}

std::string Timeline::to_chrome_json() const {
  Events events;
  events.add(fmt::format(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":"{} on {}"}}}})", kProcess,
                         escaped(program_.name), escaped(program_.hardware.name)));
  // What each unit does.
  for (size_t unit = 0; unit < kUnits.size(); ++unit) {
    events.name_track(unit_track(unit), kUnits[unit]);
    const std::vector<Change>& changes = changes_[unit];
    for (size_t i = 0; i < changes.size(); ++i) {
      const uint64_t end = i + 1 < changes.size() ? changes[i + 1].cycle : std::max(end_, changes[i].cycle);
      const Look look = look_of(static_cast<Unit>(unit), changes[i].activity);
      if (changes[i].activity == Activity::kIdle || end == changes[i].cycle) continue;
      events.add(fmt::format(R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":"{}","cname":"{}"}})", kProcess,
                             unit_track(unit), changes[i].cycle, end - changes[i].cycle, look.name, look.colour));
    }
  }
  // Instructions, on as many tracks as overlap.
  const isa::Codec codec(program_.hardware);
  std::array<std::vector<uint64_t>, 3> lanes;
  std::vector<int> tracks(spans_.size());
  std::vector<isa::TokenFlags> flags(spans_.size());
  std::vector<Engine> engines(spans_.size(), Engine::kCompute);
  for (const int64_t index : starts_) {
    const auto i = static_cast<size_t>(index);
    const Result<isa::Instruction> instruction = codec.decode(program_.code[i]);
    if (!instruction.ok()) continue;
    engines[i] = isa::engine_of(*instruction);
    flags[i] = isa::token_flags(*instruction);
    const uint64_t end = spans_[i].retired ? spans_[i].end : end_;
    std::vector<uint64_t>& of_engine = lanes[static_cast<size_t>(engines[i])];
    const size_t before = of_engine.size();
    const int lane = std::min(take_lane(of_engine, spans_[i].begin, end), kLanesPerEngine);
    tracks[i] = lane_track(engines[i], lane);
    if (of_engine.size() != before) events.name_track(tracks[i], fmt::format("{} instructions", isa::name(engines[i])));
    events.add(fmt::format(
        R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":"{}","args":{{"instruction":{},"text":"{}"}}}})",
        kProcess, tracks[i], spans_[i].begin, end - spans_[i].begin, isa::info(*instruction).name, index,
        escaped(isa::to_text(*instruction))));
  }
  // Tokens: the nth that is pushed is the nth that is popped.
  struct Direction {
    Engine from, to;
    bool isa::TokenFlags::*push;
    bool isa::TokenFlags::*pop;
  };
  const std::array<Direction, 4> directions{
      {{Engine::kLoad, Engine::kCompute, &isa::TokenFlags::push_next, &isa::TokenFlags::pop_prev},
       {Engine::kCompute, Engine::kLoad, &isa::TokenFlags::push_prev, &isa::TokenFlags::pop_next},
       {Engine::kCompute, Engine::kStore, &isa::TokenFlags::push_next, &isa::TokenFlags::pop_prev},
       {Engine::kStore, Engine::kCompute, &isa::TokenFlags::push_prev, &isa::TokenFlags::pop_next}}};
  int flow = 0;
  for (const Direction& direction : directions) {
    std::deque<size_t> pushed;
    for (const int64_t index : retirements_) {
      const auto i = static_cast<size_t>(index);
      if (engines[i] == direction.from && flags[i].*direction.push) pushed.push_back(i);
    }
    for (const int64_t index : starts_) {
      const auto i = static_cast<size_t>(index);
      if (engines[i] != direction.to || !(flags[i].*direction.pop) || pushed.empty()) continue;
      const size_t from = pushed.front();
      pushed.pop_front();
      events.add(fmt::format(R"({{"ph":"s","pid":{},"tid":{},"ts":{},"id":{},"cat":"token","name":"token"}})", kProcess,
                             tracks[from], spans_[from].end - 1, ++flow));
      events.add(fmt::format(R"({{"ph":"f","bp":"e","pid":{},"tid":{},"ts":{},"id":{},"cat":"token","name":"token"}})",
                             kProcess, tracks[i], spans_[i].begin, flow));
    }
  }
  // Layers, which overlap where the next one's loads begin early.
  if (!program_.marks.empty()) events.name_track(kLayersTrack, "layers");
  for (size_t m = 0; m < program_.marks.size(); ++m) {
    const auto first = static_cast<size_t>(program_.marks[m].first_instruction);
    const size_t last = m + 1 < program_.marks.size() ? static_cast<size_t>(program_.marks[m + 1].first_instruction)
                                                      : program_.code.size();
    uint64_t begin = ~uint64_t{0}, end = 0;
    for (size_t i = first; i < last; ++i) {
      if (spans_[i].started) begin = std::min(begin, spans_[i].begin);
      if (spans_[i].retired) end = std::max(end, spans_[i].end);
    }
    if (begin >= end) continue;
    for (const auto& [phase, cycle] : {std::pair{"b", begin}, std::pair{"e", end}}) {
      events.add(fmt::format(R"({{"ph":"{}","pid":{},"tid":{},"ts":{},"id":{},"cat":"layer","name":"{}"}})", phase,
                             kProcess, kLayersTrack, cycle, m, escaped(program_.marks[m].name)));
    }
  }
  return events.finish();
}

}  // namespace tandem::sim
