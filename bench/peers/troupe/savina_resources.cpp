// Savina's BoundedBuffer, Philosophers and BankTransactions.

#include "measure.hpp"
#include "sink.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <random>
#include <vector>

namespace peer {

namespace {

using troupe::result;
using troupe::task;

struct item {
  std::int64_t number;
};

// BoundedQueue: the buffer is a bounded inbox with several receivers, which is what such an inbox
// is.
task<> produce(troupe::cast_inbox<item>* buffer, std::int64_t many) {
  for (std::int64_t i = 0; i != many; ++i) {
    must((co_await buffer->cast({i})).has_value(), "not sent");
  }
}
task<> consume(troupe::cast_inbox<item>* buffer, std::int64_t many) {
  for (std::int64_t i = 0; i != many; ++i) {
    const auto got = co_await buffer->receive();
    must(got.has_value(), "not received");
    keep(got->number);
  }
}

measured bounded_queue(const options& given) {
  const std::int64_t each = given.get("actors", 40);  // producers, and consumers
  troupe::cast_inbox<item> buffer(given.size("capacity", 50));
  troupe::runtime rt({.workers = given.workers()});
  return measure(rt, given.get("ops", each * 1'000), each, [&](std::int64_t n) -> task<> {
    std::vector<troupe::join_handle<void>> running;
    for (std::int64_t i = 0; i != each; ++i) {
      troupe::spawn(produce(&buffer, n / each));
      running.push_back(troupe::spawn(consume(&buffer, n / each)));
    }
    for (auto& one : running) static_cast<void>(co_await one);
  });
}

class buffer;

/// Sends the buffer an item each time it is told to.
class producer : public troupe::actor {
 public:
  explicit producer(buffer* to) : actor("producer"), to_(to) {}
  auto go_on() { return told_.cast(0); }
  auto begin(std::int64_t items) { return told_.cast(items); }

 protected:
  task<result<>> run(troupe::context ctx) override;

 private:
  troupe::cast_inbox<std::int64_t> told_{1};  // how many to begin with, or 0
  std::int64_t left_ = 0;
  buffer* to_;
};

/// Asks for an item as soon as it has handled the last one.
class consumer : public troupe::actor {
 public:
  explicit consumer(buffer* of) : actor("consumer"), of_(of) {}
  auto take(item one) { return items_.cast(one); }

 protected:
  task<result<>> run(troupe::context ctx) override;

 private:
  troupe::cast_inbox<item> items_{1};
  buffer* of_;
};

/// Manages the buffer, as in Savina: asks producers for items while there is room, and gives each
/// to the consumer that waits longest. Its inbox holds one message from each of the others.
class buffer : public troupe::actor {
 public:
  buffer(std::size_t room, std::size_t others) : actor("buffer"), in_(others), room_(room) {}
  auto put(item one, producer* from) { return in_.cast({one, from, nullptr}); }
  auto ready(consumer* who) { return in_.cast({{}, nullptr, who}); }
  void expect(std::int64_t items) {
    all_.reset();
    left_ = items;
  }
  auto all_given() { return all_.wait(); }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(
        ctx, troupe::on(in_, [this](message got) -> task<> { co_await take(got); }));
  }

 private:
  struct message {
    item one;
    producer* from;
    consumer* ready;
  };

  task<> take(message got) {
    if (got.ready != nullptr) {
      ready_.push_back(got.ready);
    } else {
      items_.push_back(got.one);
      asking_.push_back(got.from);
    }
    while (!items_.empty() && !ready_.empty()) {
      static_cast<void>(co_await ready_.front()->take(items_.front()));
      items_.pop_front();
      ready_.pop_front();
      --left_;
    }
    while (!asking_.empty() && items_.size() < room_) {
      static_cast<void>(co_await asking_.front()->go_on());
      asking_.pop_front();
    }
    // Not before all producers are told: the next lap begins with one message to each of them.
    if (left_ == 0 && got.ready != nullptr) all_.set();
  }

  troupe::cast_inbox<message> in_;
  std::size_t room_;
  std::deque<item> items_;
  std::deque<producer*> asking_;
  std::deque<consumer*> ready_;
  std::int64_t left_ = 0;
  troupe::event all_;
};

task<result<>> producer::run(troupe::context ctx) {
  co_return co_await troupe::serve(ctx, troupe::on(told_, [this](std::int64_t items) -> task<> {
                                     left_ += items;
                                     if (left_ == 0) co_return;
                                     --left_;
                                     static_cast<void>(co_await to_->put({left_}, this));
                                   }));
}

task<result<>> consumer::run(troupe::context ctx) {
  static_cast<void>(co_await of_->ready(this));
  co_return co_await troupe::serve(ctx, troupe::on(items_, [this](item one) -> task<> {
                                     keep(one.number);
                                     static_cast<void>(co_await of_->ready(this));
                                   }));
}

measured bounded_buffer(const options& given) {
  const std::int64_t each = given.get("actors", 40);  // producers, and consumers
  const auto others = static_cast<std::size_t>(2 * each);
  const auto room = given.size("buffer", 50) - static_cast<std::size_t>(each);
  const auto of = std::make_shared<buffer>(room, others);
  std::vector<std::shared_ptr<producer>> producers;
  troupe::runtime rt({.workers = given.workers()});
  rt.spawn(of);
  for (std::int64_t i = 0; i != each; ++i) {
    producers.push_back(std::make_shared<producer>(of.get()));
    rt.spawn(producers.back());
    rt.spawn(std::make_shared<consumer>(of.get()));
  }
  return measure(rt, given.get("ops", each * 1'000), each, [&](std::int64_t n) -> task<> {
    of->expect(n);
    for (const auto& one : producers) static_cast<void>(co_await one->begin(n / each));
    static_cast<void>(co_await of->all_given());
  });
}

/// Owns the forks. A philosopher gets both of his, or neither.
class table : public troupe::actor {
 public:
  explicit table(std::size_t seats) : actor("table"), taken_(seats, false) {}
  auto hungry(std::size_t seat) { return hungry_.call(seat); }
  auto full(std::size_t seat) { return full_.cast(seat); }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(
        ctx, troupe::on(full_, [this](std::size_t seat) { set(seat, false); }),
        troupe::on(hungry_, [this](std::size_t seat) {
          if (taken_[seat] || taken_[(seat + 1) % taken_.size()]) return false;
          set(seat, true);
          return true;
        }));
  }

 private:
  void set(std::size_t seat, bool to) {
    taken_[seat] = to;
    taken_[(seat + 1) % taken_.size()] = to;
  }

  troupe::call_inbox<std::size_t, bool> hungry_{32};
  troupe::cast_inbox<std::size_t> full_{32};
  std::vector<bool> taken_;
};

task<> dine(table* at, std::size_t seat, std::int64_t rounds) {
  for (std::int64_t i = 0; i != rounds; ++i) {
    while (!(co_await at->hungry(seat)).value_or(false)) {
    }
    must((co_await at->full(seat)).has_value(), "not told");
  }
}

measured philosophers(const options& given) {
  const std::int64_t seats = given.get("actors", 20);
  const auto at = std::make_shared<table>(static_cast<std::size_t>(seats));
  troupe::runtime rt({.workers = given.workers()});
  rt.spawn(at);
  auto got = measure(rt, given.get("ops", seats * 10'000), seats, [&](std::int64_t n) -> task<> {
    std::vector<troupe::join_handle<void>> running;
    for (std::int64_t i = 0; i != seats; ++i) {
      running.push_back(troupe::spawn(dine(at.get(), static_cast<std::size_t>(i), n / seats)));
    }
    for (auto& one : running) static_cast<void>(co_await one);
  });
  got.note = "ops are meals: rounds of each philosopher; asking again is part of a meal";
  return got;
}

class account;
struct transfer {
  int amount;
  account* to;
};

/// Money goes from an account to one behind it in the bank's order, so no two wait for each other.
class account : public troupe::actor {
 public:
  explicit account(sink* over) : actor("account"), over_(over) {}
  auto send(transfer what) { return transfers_.cast(what); }
  auto pay_in(int amount) { return payments_.call(amount); }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(
        ctx,
        troupe::on(payments_,
                   [this](int amount) {
                     balance_ += amount;
                     return balance_;
                   }),
        troupe::on(transfers_, [this](transfer what) -> task<> { co_await carry_out(what); }));
  }

 private:
  task<> carry_out(transfer what) {
    balance_ -= what.amount;
    must((co_await what.to->pay_in(what.amount)).has_value(), "not paid");
    static_cast<void>(co_await over_->put(1));
  }

  troupe::call_inbox<int, std::int64_t> payments_{16};
  troupe::cast_inbox<transfer> transfers_{16};
  std::int64_t balance_ = 1'000'000;
  sink* over_;
};

measured bank_transactions(const options& given) {
  const auto accounts = given.size("actors", 1'000);
  const auto over = std::make_shared<sink>(64);
  std::vector<std::shared_ptr<account>> all;
  for (std::size_t i = 0; i != accounts; ++i) all.push_back(std::make_shared<account>(over.get()));
  std::minstd_rand random(1);
  troupe::runtime rt({.workers = given.workers()});
  rt.spawn(over);
  for (const auto& one : all) rt.spawn(one);
  return measure(rt, given.get("ops", 50'000), 1, [&](std::int64_t n) -> task<> {
    over->expect(n);
    for (std::int64_t i = 0; i != n; ++i) {
      const std::size_t from = random() % (accounts * 8 / 10);
      const std::size_t to = from + 1 + random() % (accounts - from - 1);
      static_cast<void>(co_await all[from]->send({.amount = 1, .to = all[to].get()}));
    }
    static_cast<void>(co_await over->all_here());
  });
}

}  // namespace

std::span<const workload> savina_resources() {
  static constexpr std::array all{
      workload{"BoundedBuffer", bounded_buffer}, workload{"BoundedQueue", bounded_queue},
      workload{"Philosophers", philosophers}, workload{"BankTransactions", bank_transactions}};
  return all;
}

}  // namespace peer
