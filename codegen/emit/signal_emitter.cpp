#include <codegen/emit/kind_emitter.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace troupe::gen {
namespace {

std::string signature(const emitted_mailbox& m) { return plain_signature(m.name, m.types[0]); }

std::vector<std::string> fields(const settings& of) {
  std::vector<std::string> texts =
      field_texts(of, {{"disabled", setting::disabled}, {"buffer", setting::buffer}});
  // The words of the specification are the names of the enumeration, written with hyphens.
  std::string word = of.get<std::string>(setting::overflow);
  std::ranges::replace(word, '-', '_');
  texts.push_back(fmt::format(".overflow = troupe::overflow::{}", word));
  return texts;
}

void handler(const emitted_mailbox& m, cpp_writer& out) {
  write_plain_handler(m.actor, m.name, m.types[0], out);
}

}  // namespace

const kind_emitter signal_emitter{.kind = mailbox_kind::signal,
                                  .name = "signal",
                                  .has_tx = false,
                                  .types = {setting::message_type},
                                  .signature = signature,
                                  .settings = fields,
                                  .tx_functions = nullptr,
                                  .handler = handler};

}  // namespace troupe::gen
