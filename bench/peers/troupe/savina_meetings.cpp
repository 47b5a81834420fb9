// Savina's Big and Chameneos, in which everybody writes to everybody. An actor that waited for room
// in another's inbox could wait for itself here; instead each inbox has room for all that can be
// under way at once, and nobody waits.

#include "measure.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace peer {

namespace {

using troupe::result;
using troupe::task;

/// How many of a crowd have still to say that they are done.
class tally : public troupe::actor {
 public:
  explicit tally(std::size_t many) : actor("tally"), in_(many) {}
  void expect(std::size_t many) {
    all_.reset();
    left_ = many;
  }
  void done() { must(in_.try_cast(1).has_value(), "tally: no room"); }
  [[nodiscard]] auto all_done() { return all_.wait(); }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(in_, [this](int) {
                                       if (--left_ == 0) all_.set();
                                     }));
  }

 private:
  troupe::cast_inbox<int> in_;
  std::size_t left_ = 0;
  troupe::event all_;
};

class big;
struct big_message {
  enum class kind : unsigned char { begin, ping, pong } what;
  big* from;
  std::int64_t pings;
};

/// Pings a random other, waits for the pong, and so on; answers the pings of others meanwhile.
class big : public troupe::actor {
 public:
  big(std::size_t actors, std::uint64_t seed, tally* over)
      : actor("big"), in_(actors + 1), random_(seed), over_(over) {}
  void send(big_message message) { must(in_.try_cast(message).has_value(), "big: no room"); }
  void others_are(const std::vector<std::shared_ptr<big>>* all) { all_ = all; }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(
        ctx, troupe::on(in_, [this](const big_message& message) { handle(message); }));
  }

 private:
  void handle(const big_message& message) {
    using enum big_message::kind;
    if (message.what == ping) return message.from->send({pong, this, 0});
    if (message.what == begin) left_ = message.pings;
    if (message.what == pong && --left_ == 0) return over_->done();
    (*all_)[random_() % all_->size()]->send({ping, this, 0});
  }

  troupe::cast_inbox<big_message> in_;
  std::minstd_rand random_;
  const std::vector<std::shared_ptr<big>>* all_ = nullptr;
  std::int64_t left_ = 0;
  tally* over_;
};

measured big_pings(const options& given) {
  const std::int64_t actors = given.get("actors", 120);
  const auto over = std::make_shared<tally>(static_cast<std::size_t>(actors));
  std::vector<std::shared_ptr<big>> all;
  for (std::int64_t i = 0; i != actors; ++i) {
    all.push_back(std::make_shared<big>(static_cast<std::size_t>(actors),
                                        static_cast<std::uint64_t>(i + 1), over.get()));
  }
  for (const auto& one : all) one->others_are(&all);
  troupe::runtime rt({.workers = given.workers()});
  rt.spawn(over);
  for (const auto& one : all) rt.spawn(one);
  return measure(rt, given.get("ops", actors * 20'000), actors, [&](std::int64_t n) -> task<> {
    over->expect(all.size());
    for (const auto& one : all) one->send({big_message::kind::begin, nullptr, n / actors});
    static_cast<void>(co_await over->all_done());
  });
}

enum class color : unsigned char { blue, red, yellow };

color complement(color a, color b) {
  if (a == b) return a;
  return static_cast<color>(3 - static_cast<int>(a) - static_cast<int>(b));
}

class chameneo;
struct meeting {
  enum class kind : unsigned char { begin, meet, change } what;
  color shown;
  chameneo* from;
};

/// Brings two together, as often as it was told to; then sends whoever comes away.
class mall : public troupe::actor {
 public:
  mall(std::size_t chameneos, tally* over) : actor("mall"), in_(chameneos), over_(over) {}
  void send(meeting message) { must(in_.try_cast(message).has_value(), "mall: no room"); }
  void open_for(std::int64_t meetings) { left_ = meetings; }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(
        ctx, troupe::on(in_, [this](const meeting& message) { handle(message); }));
  }

 private:
  void handle(const meeting& message);

  troupe::cast_inbox<meeting> in_;
  std::int64_t left_ = 0;
  chameneo* waiting_ = nullptr;
  tally* over_;
};

class chameneo : public troupe::actor {
 public:
  chameneo(color first, mall* where) : actor("chameneo"), color_(first), mall_(where) {}
  void send(meeting message) { must(in_.try_cast(message).has_value(), "chameneo: no room"); }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(
        ctx, troupe::on(in_, [this](const meeting& message) { handle(message); }));
  }

 private:
  void handle(const meeting& message) {
    using enum meeting::kind;
    if (message.what == meet) {
      color_ = complement(color_, message.shown);
      message.from->send({change, color_, nullptr});
    } else if (message.what == change) {
      color_ = message.shown;
    }
    mall_->send({meet, color_, this});
  }

  troupe::cast_inbox<meeting> in_{2};
  color color_;
  mall* mall_;
};

void mall::handle(const meeting& message) {
  if (left_ == 0) return over_->done();
  if (waiting_ == nullptr) {
    waiting_ = message.from;
    return;
  }
  // Of the last pair nobody may be left behind: both come here once more.
  --left_;
  std::exchange(waiting_, nullptr)->send(message);
}

measured chameneos(const options& given) {
  const auto crowd = given.size("actors", 100);
  const auto over = std::make_shared<tally>(crowd);
  const auto where = std::make_shared<mall>(crowd, over.get());
  std::vector<std::shared_ptr<chameneo>> all;
  for (std::size_t i = 0; i != crowd; ++i) {
    all.push_back(std::make_shared<chameneo>(static_cast<color>(i % 3), where.get()));
  }
  troupe::runtime rt({.workers = given.workers()});
  rt.spawn(over);
  rt.spawn(where);
  for (const auto& one : all) rt.spawn(one);
  return measure(rt, given.get("ops", 200'000), 1, [&](std::int64_t n) -> task<> {
    over->expect(all.size());
    where->open_for(n);
    for (const auto& one : all) one->send({meeting::kind::begin, color::blue, nullptr});
    static_cast<void>(co_await over->all_done());
  });
}

}  // namespace

std::span<const workload> savina_meetings() {
  static constexpr std::array all{workload{"Big", big_pings}, workload{"Chameneos", chameneos}};
  return all;
}

}  // namespace peer
