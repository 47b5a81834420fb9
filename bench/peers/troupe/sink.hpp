#pragma once

// An actor that counts what it receives, and says when all that was expected is there.

#include <troupe/troupe.hpp>

#include <cstddef>
#include <cstdint>

namespace peer {

class sink : public troupe::actor {
 public:
  explicit sink(std::size_t capacity) : actor("sink"), in_(capacity) {}

  auto put(std::int64_t message) { return in_.cast(message); }
  [[nodiscard]] bool try_put(std::int64_t message) { return in_.try_cast(message).has_value(); }

  /// Only while nothing is under way: the messages that follow carry it over to the actor.
  void expect(std::int64_t many) {
    all_.reset();
    left_ = many;
  }
  [[nodiscard]] auto all_here() { return all_.wait(); }

 protected:
  troupe::task<troupe::result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(in_, [this](std::int64_t) {
                                       if (--left_ == 0) all_.set();
                                     }));
  }

 private:
  troupe::cast_inbox<std::int64_t> in_;
  std::int64_t left_ = 0;
  troupe::event all_;
};

}  // namespace peer
