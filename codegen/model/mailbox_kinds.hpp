#pragma once

// What can be written in a specification, as data: the kinds of mailboxes, the keys of each, and
// what their values may be. Reading, `--schema` and the documentation all go by these tables; a
// new key is a new row.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace troupe::gen {

enum class mailbox_kind : std::uint8_t {
  simple,
  ticker,
  rpc,
  batch,
  timer,
  listener,
  connection,
  signal,
};

/// What a mailbox's keys set. A key means the same in every kind that has it.
enum class setting : std::uint8_t {
  message_type,
  reply_type,
  value_type,
  capacity,
  disabled,
  interval,
  max_batch,
  max_delay,
  address,
  max_bytes,
  buffer,
  overflow,
};

enum class value_form : std::uint8_t {
  cpp_type,        ///< a C++ type that a mailbox can hold
  cpp_reply_type,  ///< the same, or void
  flag,            ///< true or false
  count,           ///< a whole number from `least` to `most`
  duration,        ///< such as 15s or 250ms, more than 0
  address,         ///< host:port
  word,            ///< one of `words`
};

struct mailbox_key {
  setting id;
  std::string_view name;
  value_form form;
  std::string_view description;
  /// As it would be written; empty if there is none. A type has none and has to be given.
  std::string_view fallback = {};
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::span<const std::string_view> words = {};

  /// Whether it is part of what a mailbox is, and not only of how it starts. Where an actor's
  /// mailbox names a definition, these have to agree.
  [[nodiscard]] constexpr bool is_type() const noexcept {
    return form == value_form::cpp_type || form == value_form::cpp_reply_type;
  }
};

struct kind_info {
  mailbox_kind id;
  std::string_view name;
  std::string_view description;
  std::span<const mailbox_key> keys;

  [[nodiscard]] const mailbox_key* find(std::string_view key) const noexcept;
};

/// All kinds, in the order of the enumeration.
[[nodiscard]] std::span<const kind_info> mailbox_kinds() noexcept;
[[nodiscard]] const kind_info& info(mailbox_kind kind) noexcept;
[[nodiscard]] const kind_info* find_kind(std::string_view name) noexcept;

/// A key that is the same whatever the kind, or stands outside of mailboxes.
struct plain_key {
  std::string_view name;
  std::string_view description;
};

[[nodiscard]] std::span<const plain_key> top_level_keys() noexcept;
[[nodiscard]] std::span<const plain_key> actor_keys() noexcept;
/// Of every mailbox: of a definition, and of one in an actor.
[[nodiscard]] std::span<const plain_key> common_mailbox_keys() noexcept;
/// Only of a mailbox in an actor.
[[nodiscard]] std::span<const plain_key> actor_mailbox_keys() noexcept;

/// The key that says here what another dialect's `key` says there, such as Go's.
[[nodiscard]] std::optional<std::string_view> translated_key(std::string_view key) noexcept;

}  // namespace troupe::gen
