#include <codegen/model/mailbox_kinds.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace troupe::gen {
namespace {

using std::string_view_literals::operator""sv;

// A ring is one allocation for the whole capacity; more than this is a mistake, not a queue.
constexpr std::int64_t largest_capacity = 1'000'000;

constexpr mailbox_key message_type{.id = setting::message_type,
                                   .name = "message-type",
                                   .form = value_form::cpp_type,
                                   .description = "The C++ type of the messages."};
constexpr mailbox_key capacity{
    .id = setting::capacity,
    .name = "capacity",
    .form = value_form::count,
    .description = "How many messages may wait. With 0, sender and receiver meet.",
    .fallback = "10",
    .least = 0,
    .most = largest_capacity};
constexpr mailbox_key disabled{
    .id = setting::disabled,
    .name = "disabled",
    .form = value_form::flag,
    .description = "Whether it starts disabled: receives nothing until the actor enables it.",
    .fallback = "false"};

constexpr std::array simple_keys{message_type, capacity, disabled};

constexpr std::array ticker_keys{
    mailbox_key{.id = setting::interval,
                .name = "interval",
                .form = value_form::duration,
                .description = "The time between ticks from the start of the actor on. Without it, "
                               "there are none until the actor asks for them."}};

constexpr std::array rpc_keys{
    message_type,
    mailbox_key{.id = setting::reply_type,
                .name = "reply-type",
                .form = value_form::cpp_reply_type,
                .description = "The C++ type of the replies; void if being answered is enough."},
    capacity, disabled};

constexpr std::array batch_keys{
    message_type,
    mailbox_key{.id = setting::capacity,
                .name = "capacity",
                .form = value_form::count,
                .description = "How many messages may wait.",
                .fallback = "10",
                .least = 1,
                .most = largest_capacity},
    mailbox_key{.id = setting::max_batch,
                .name = "max-batch",
                .form = value_form::count,
                .description = "How many messages are handed over at once, at most. Without it, as "
                               "many as may wait.",
                .least = 1,
                .most = largest_capacity},
    mailbox_key{.id = setting::max_delay,
                .name = "max-delay",
                .form = value_form::duration,
                .description = "How long the first message of a batch waits for others. Without "
                               "it, what is there is handed over at once."},
    disabled};

constexpr std::array timer_keys{
    mailbox_key{.id = setting::value_type,
                .name = "value-type",
                .form = value_form::cpp_type,
                .description = "The C++ type of what is given with a time, and comes back then."},
    mailbox_key{.id = setting::capacity,
                .name = "capacity",
                .form = value_form::count,
                .description = "How many times may be pending.",
                .fallback = "10",
                .least = 1,
                .most = largest_capacity}};

constexpr std::array listener_keys{
    mailbox_key{.id = setting::address,
                .name = "address",
                .form = value_form::address,
                .description = "host:port to listen on. Without it, it is given when the actor is "
                               "built."},
    mailbox_key{.id = setting::capacity,
                .name = "capacity",
                .form = value_form::count,
                .description = "How many new connections may wait.",
                .fallback = "10",
                .least = 1,
                .most = largest_capacity},
    disabled};

constexpr std::array connection_keys{
    mailbox_key{.id = setting::max_bytes,
                .name = "max-bytes",
                .form = value_form::count,
                .description = "How many bytes a message holds, at most.",
                .fallback = "4096",
                .least = 1,
                .most = 67'108'864},
    disabled};

// The names of troupe::overflow.
constexpr std::array overflow_words{"keep-latest"sv, "keep-oldest"sv, "wait"sv};

constexpr std::array signal_keys{
    message_type,
    mailbox_key{.id = setting::buffer,
                .name = "buffer",
                .form = value_form::count,
                .description = "How many values wait for the actor.",
                .fallback = "16",
                .least = 1,
                .most = largest_capacity},
    mailbox_key{.id = setting::overflow,
                .name = "overflow",
                .form = value_form::word,
                .description = "What becomes of a value that finds the buffer full: it drives out "
                               "the oldest, is dropped, or waits, where a newer one takes its "
                               "place.",
                .fallback = "keep-latest",
                .words = overflow_words},
    disabled};

constexpr std::array kinds{
    kind_info{mailbox_kind::simple, "simple", "Messages that expect no answer.", simple_keys},
    kind_info{mailbox_kind::ticker, "ticker", "Comes again and again, after equal times.",
              ticker_keys},
    kind_info{mailbox_kind::rpc, "rpc", "Messages whose sender waits for a reply.", rpc_keys},
    kind_info{mailbox_kind::batch, "batch", "Messages that are handed over several at a time.",
              batch_keys},
    kind_info{mailbox_kind::timer, "timer", "Values that come back at a time given with them.",
              timer_keys},
    kind_info{mailbox_kind::listener, "listener", "New network connections.", listener_keys},
    kind_info{mailbox_kind::connection, "connection", "What arrives on a network connection.",
              connection_keys},
    kind_info{mailbox_kind::signal, "signal", "The values of a signal that is subscribed to.",
              signal_keys},
};

constexpr std::array top_level{
    plain_key{"namespace",
              "The C++ namespace of what is generated, such as shop::orders. Without "
              "it, the global one."},
    plain_key{"include", "Headers that define the types named here: order.hpp or <vector>."},
    plain_key{"actors",
              "The actors, by name. Each name is one word, such as OrderTracker, which "
              "becomes order_tracker."},
    plain_key{"mailboxes",
              "Definitions of mailboxes, by name, which the mailboxes of actors, here "
              "and in other files, refer to with 'type'."},
};
constexpr std::array actor{
    plain_key{"mailboxes",
              "The mailboxes of the actor, by name. Each name is one word, such as "
              "newOrder, which becomes new_order."},
};
constexpr std::array common_mailbox{
    plain_key{"kind", "What kind of mailbox it is; the other keys depend on it."},
    plain_key{"include", "Headers that define the types of this mailbox: order.hpp or <vector>."},
};
constexpr std::array actor_mailbox{
    plain_key{"type",
              "The name of the definition, under 'mailboxes', that this is one of. What "
              "is not given here is taken from it."},
    plain_key{"import",
              "The file that has the definition, by its path relative to this file. "
              "Without it, this file."},
};

struct translation {
  std::string_view from;
  std::string_view to;
};
constexpr translation translations[] = {
    {"package", "namespace"},        {"request-type", "message-type"},
    {"response-type", "reply-type"}, {"includes", "include"},
    {"imports", "import"},           {"size", "capacity"},
    {"period", "interval"},          {"mailbox-type", "type"},
};

}  // namespace

const mailbox_key* kind_info::find(std::string_view key) const noexcept {
  const auto found = std::ranges::find(keys, key, &mailbox_key::name);
  return found == keys.end() ? nullptr : &*found;
}

std::span<const kind_info> mailbox_kinds() noexcept { return kinds; }

const kind_info& info(mailbox_kind kind) noexcept { return kinds[static_cast<std::size_t>(kind)]; }

const kind_info* find_kind(std::string_view name) noexcept {
  const auto found = std::ranges::find(kinds, name, &kind_info::name);
  return found == kinds.end() ? nullptr : &*found;
}

std::span<const plain_key> top_level_keys() noexcept { return top_level; }
std::span<const plain_key> actor_keys() noexcept { return actor; }
std::span<const plain_key> common_mailbox_keys() noexcept { return common_mailbox; }
std::span<const plain_key> actor_mailbox_keys() noexcept { return actor_mailbox; }

std::optional<std::string_view> translated_key(std::string_view key) noexcept {
  for (const translation& t : translations) {
    if (t.from == key) return t.to;
  }
  return std::nullopt;
}

}  // namespace troupe::gen
