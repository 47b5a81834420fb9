// Messages into an inbox, and calls.

#include "measure.hpp"
#include "sink.hpp"

#include <memory>
#include <vector>

namespace peer {

namespace {

using troupe::result;
using troupe::task;

class echo : public troupe::actor {
 public:
  echo() : actor("echo") {}
  auto ask(int n) { return asked_.call(n); }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(asked_, [](int n) { return n + 1; }));
  }

 private:
  troupe::call_inbox<int, int> asked_{16};
};

task<> send_many(sink* to, std::int64_t many) {
  for (std::int64_t i = 0; i != many; ++i) must((co_await to->put(i)).has_value(), "not sent");
}

measured stream(const options& given, std::int64_t senders) {
  const auto to = std::make_shared<sink>(given.size("capacity", 16));
  troupe::runtime rt({.workers = given.workers()});
  rt.spawn(to);
  return measure(rt, given.get("ops", 2'000'000), senders, [&](std::int64_t n) -> task<> {
    to->expect(n);
    for (std::int64_t i = 0; i != senders; ++i) troupe::spawn(send_many(to.get(), n / senders));
    static_cast<void>(co_await to->all_here());
  });
}

measured cast_single(const options& given) { return stream(given, 1); }
measured cast_parallel(const options& given) { return stream(given, given.get("senders", 8)); }

task<> try_many(sink* to, std::int64_t many) {
  for (std::int64_t i = 0; i != many; ++i) {
    while (!to->try_put(i)) static_cast<void>(co_await troupe::sleep_for(troupe::duration::zero()));
  }
}

measured try_cast(const options& given) {
  const auto to = std::make_shared<sink>(given.size("capacity", 1024));
  troupe::runtime rt({.workers = given.workers()});
  rt.spawn(to);
  auto got = measure(rt, given.get("ops", 2'000'000), 1, [&](std::int64_t n) -> task<> {
    to->expect(n);
    troupe::spawn(try_many(to.get(), n));
    static_cast<void>(co_await to->all_here());
  });
  got.note = "ops are messages taken; a sender that finds the inbox full lets others run";
  return got;
}

task<> call_many(echo* whom, std::int64_t many) {
  for (std::int64_t i = 0; i != many; ++i) must((co_await whom->ask(1)).has_value(), "no reply");
}

measured calls(const options& given, std::int64_t callers) {
  const auto whom = std::make_shared<echo>();
  troupe::runtime rt({.workers = given.workers()});
  rt.spawn(whom);
  return measure(rt, given.get("ops", 1'000'000), callers, [&](std::int64_t n) -> task<> {
    std::vector<troupe::join_handle<void>> running;
    for (std::int64_t i = 0; i != callers; ++i) {
      running.push_back(troupe::spawn(call_many(whom.get(), n / callers)));
    }
    for (auto& one : running) static_cast<void>(co_await one);
  });
}

measured call_single(const options& given) { return calls(given, 1); }
measured call_contention(const options& given) { return calls(given, given.get("callers", 8)); }

measured scale_senders(const options& given) { return stream(given, given.get("senders", 64)); }

}  // namespace

std::span<const workload> inbox_workloads() {
  static constexpr std::array all{workload{"CastInbox_TryCast", try_cast},
                                  workload{"CastInbox_SingleWorker", cast_single},
                                  workload{"CastInbox_Parallel", cast_parallel},
                                  workload{"CallInbox_SingleWorker", call_single},
                                  workload{"CallInbox_Contention", call_contention},
                                  workload{"ScaleSenders", scale_senders}};
  return all;
}

}  // namespace peer
