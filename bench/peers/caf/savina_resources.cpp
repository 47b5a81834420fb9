// Savina's BoundedBuffer, Philosophers and BankTransactions.

#include "harness.hpp"

#include <deque>
#include <random>

namespace peer {

namespace {

using caf::actor;
using caf::actor_system;
using caf::behavior;
using caf::event_based_actor;
using caf::scoped_actor;
using caf::stateful_actor;

using produce_atom = caf::atom_constant<caf::atom("produce")>;
using consume_atom = caf::atom_constant<caf::atom("consume")>;
using hungry_atom = caf::atom_constant<caf::atom("hungry")>;
using full_atom = caf::atom_constant<caf::atom("full")>;
using debit_atom = caf::atom_constant<caf::atom("debit")>;

struct buffer_state {
  std::deque<int64_t> items;
  std::deque<actor> producers;  // told to wait
  std::deque<actor> consumers;  // that have nothing to do
  int64_t left = 0;
};

/// Manages the buffer: asks producers for more while there is room, and hands items out.
behavior buffer(stateful_actor<buffer_state>* self, std::size_t capacity, const actor& boss) {
  return {[=](produce_atom, int64_t item, const actor& from) {
            auto& state = self->state;
            if (state.consumers.empty()) {
              state.items.push_back(item);
            } else {
              self->send(state.consumers.front(), item);
              state.consumers.pop_front();
            }
            if (state.items.size() >= capacity) {
              state.producers.push_back(from);
            } else {
              self->send(from, produce_atom::value);
            }
          },
          [=](consume_atom, int64_t handled, const actor& from) {
            auto& state = self->state;
            if (handled != 0 && --state.left == 0) self->send(boss, done_atom::value);
            if (state.items.empty()) {
              state.consumers.push_back(from);
              return;
            }
            self->send(from, state.items.front());
            state.items.pop_front();
            if (!state.producers.empty()) {
              self->send(state.producers.front(), produce_atom::value);
              state.producers.pop_front();
            }
          },
          [=](expect_atom, int64_t many) { self->state.left = many; }};
}

struct producer_state {
  int64_t left = 0;
};

behavior producer(stateful_actor<producer_state>* self, const actor& to) {
  const auto produce = [=] {
    if (self->state.left-- > 0) self->send(to, produce_atom::value, int64_t{1}, actor(self));
  };
  return {[=](produce_atom) { produce(); },
          [=](go_atom, int64_t many) {
            self->state.left = many;
            produce();
          }};
}

behavior consumer(event_based_actor* self, const actor& of) {
  self->send(of, consume_atom::value, int64_t{0}, actor(self));
  return {[=](int64_t) { self->send(of, consume_atom::value, int64_t{1}, actor(self)); }};
}

measured bounded_buffer(actor_system& system, const options& given) {
  const int64_t each = get(given, "actors", 40);
  scoped_actor self(system);
  const actor of =
      system.spawn(buffer, static_cast<std::size_t>(get(given, "buffer", 50) - each), actor(self));
  std::vector<actor> producers;
  std::vector<actor> consumers;
  for (int64_t i = 0; i != each; ++i) {
    producers.push_back(system.spawn(producer, of));
    consumers.push_back(system.spawn(consumer, of));
  }
  auto got = measure(get(given, "ops", each * 1'000), each, [&](int64_t n) {
    self->send(of, expect_atom::value, n);
    for (const auto& one : producers) self->send(one, go_atom::value, n / each);
    wait_for(self);
  });
  got.note = "an actor manages the buffer, as in Savina; no busy work";
  stop(producers);
  stop(consumers);
  stop({of});
  return got;
}

struct table_state {
  std::vector<bool> taken;
};

behavior table(stateful_actor<table_state>* self, std::size_t seats) {
  self->state.taken.resize(seats);
  return {[=](hungry_atom, int64_t seat) {
            auto& taken = self->state.taken;
            const auto left = static_cast<std::size_t>(seat);
            const auto right = (left + 1) % taken.size();
            if (taken[left] || taken[right]) return false;
            taken[left] = taken[right] = true;
            return true;
          },
          [=](full_atom, int64_t seat) {
            auto& taken = self->state.taken;
            const auto left = static_cast<std::size_t>(seat);
            taken[left] = taken[(left + 1) % taken.size()] = false;
          }};
}

struct philosopher_state {
  int64_t left = 0;
};

void dine(stateful_actor<philosopher_state>* self, int64_t seat, const actor& at,
          const actor& boss) {
  self->request(at, caf::infinite, hungry_atom::value, seat).then([=](bool eats) {
    if (eats) {
      self->send(at, full_atom::value, seat);
      if (--self->state.left == 0) return self->send(boss, done_atom::value);
    }
    dine(self, seat, at, boss);
  });
}

behavior philosopher(stateful_actor<philosopher_state>* self, int64_t seat, const actor& at,
                     const actor& boss) {
  return {[=](go_atom, int64_t rounds) {
    self->state.left = rounds;
    dine(self, seat, at, boss);
  }};
}

measured philosophers(actor_system& system, const options& given) {
  const int64_t seats = get(given, "actors", 20);
  scoped_actor self(system);
  const actor at = system.spawn(table, static_cast<std::size_t>(seats));
  std::vector<actor> all;
  for (int64_t i = 0; i != seats; ++i) {
    all.push_back(system.spawn(philosopher, i, at, actor(self)));
  }
  auto got = measure(get(given, "ops", seats * 10'000), seats, [&](int64_t n) {
    for (const auto& one : all) self->send(one, go_atom::value, n / seats);
    wait_for(self, seats);
  });
  got.note = "ops are meals: rounds of each philosopher; asking again is part of a meal";
  stop(all);
  stop({at});
  return got;
}

struct account_state {
  int64_t balance = 1'000'000;
};

/// While it waits for the other account it handles nothing else (await), as in Savina.
behavior account(stateful_actor<account_state>* self, const actor& over) {
  return {[=](debit_atom, int amount) {
            self->state.balance += amount;
            return self->state.balance;
          },
          [=](int amount, const actor& to) {
            self->state.balance -= amount;
            self->request(to, caf::infinite, debit_atom::value, amount).await([=](int64_t) {
              self->send(over, int64_t{1});
            });
          }};
}

behavior teller(event_based_actor* self, const std::vector<actor>* accounts) {
  auto random = std::make_shared<std::minstd_rand>(1);
  return {[=](go_atom, int64_t many) {
    const auto count = accounts->size();
    const int64_t now = std::min<int64_t>(many, 64);
    for (int64_t i = 0; i != now; ++i) {
      const std::size_t from = (*random)() % (count * 8 / 10);
      const std::size_t to = from + 1 + (*random)() % (count - from - 1);
      self->send((*accounts)[from], 1, (*accounts)[to]);
    }
    if (many > now) self->send(self, go_atom::value, many - now);
  }};
}

measured bank_transactions(actor_system& system, const options& given) {
  scoped_actor self(system);
  const actor over = system.spawn(sink, actor(self));
  std::vector<actor> all;
  for (int64_t i = 0; i != get(given, "actors", 1'000); ++i) {
    all.push_back(system.spawn(account, over));
  }
  const actor from = system.spawn(teller, &all);
  const auto got = measure(get(given, "ops", 50'000), 1, [&](int64_t n) {
    self->send(over, expect_atom::value, n);
    self->send(from, go_atom::value, n);
    wait_for(self);
  });
  stop(all);
  stop({from, over});
  return got;
}

}  // namespace

void add_savina_resources(std::map<std::string, function>& all) {
  all["BoundedBuffer"] = bounded_buffer;
  all["Philosophers"] = philosophers;
  all["BankTransactions"] = bank_transactions;
}

}  // namespace peer
