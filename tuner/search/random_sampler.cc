// Uniform sampling without repetition.
#include "tuner/search/sampler.h"
#include "tuner/search/untried.h"

namespace tandem::tuner {
namespace {

class RandomSampler : public Sampler {
 public:
  RandomSampler(const Space& space, uint64_t seed) : untried_(space), rng_(seed) {}

  std::vector<Point> ask(int count) override {
    std::vector<Point> points;
    while (static_cast<int>(points.size()) < count) {
      std::optional<Point> point = untried_.draw(rng_);
      if (!point) break;
      untried_.mark(*point);
      points.push_back(std::move(*point));
    }
    return points;
  }
  void tell(const Point& point, std::optional<double>) override { untried_.mark(point); }

 private:
  Untried untried_;
  Rng rng_;
};

}  // namespace

std::unique_ptr<Sampler> make_random_sampler(const Space& space, uint64_t seed) {
  return std::make_unique<RandomSampler>(space, seed);
}

}  // namespace tandem::tuner
