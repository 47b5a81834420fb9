#pragma once

// The text of a value to the value, by the form that its key asks for; and back.

#include <codegen/model/specification.hpp>

#include <expected>
#include <string>
#include <string_view>

namespace troupe::gen {

/// `written` as the value of `key`. The error says what was found and what was expected.
[[nodiscard]] std::expected<setting_value, std::string> read_value(const mailbox_key& key,
                                                                   std::string_view written,
                                                                   bool in_quotes);

/// What `key` expects, for an error message: "a whole number from 0 to 1000000".
[[nodiscard]] std::string expectation(const mailbox_key& key);

/// The shortest text that read_value takes for the same duration: "90s", "1h".
[[nodiscard]] std::string duration_text(std::chrono::nanoseconds duration);

/// The units that a duration may have, as they are written.
[[nodiscard]] std::span<const std::string_view> duration_units() noexcept;

}  // namespace troupe::gen
