// Specifications in memory to models and to errors, from the text to the linked whole.
#include <codegen/model/specification.hpp>

#include <codegen/program/memory_files.hpp>
#include <codegen/program/specification_loader.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace troupe::gen {
namespace {

using namespace std::chrono_literals;

// The specification in a.yml, where only that is given a text; or in the files.
class model_of {
 public:
  explicit model_of(std::string text)
      : model_of(std::map<std::string, std::string>{{"a.yml", text}}) {}
  explicit model_of(std::map<std::string, std::string> files)
      : loader_(memory_files(std::move(files)), found_), result_(loader_.load("a.yml").value()) {}

  [[nodiscard]] const specification& get() const { return *result_; }
  [[nodiscard]] const actor_mailbox& mailbox(std::size_t index) const {
    return result_->actors.at(0).mailboxes.at(index);
  }
  [[nodiscard]] const diagnostics& found() const { return found_; }

  // One error, with this place ("line:column" or "file:line:column") and this part of its text.
  void expect_error(const std::string& place, const std::string& part) const {
    ASSERT_EQ(found_.count(), 1U) << found_.to_string();
    const std::string text = found_.to_string();
    const std::string beginning = place.contains("yml") ? place : "a.yml:" + place;
    EXPECT_TRUE(text.starts_with(beginning + ": error: "))
        << "wanted " << place << " " << part << "\n"
        << text;
    EXPECT_TRUE(text.contains(part)) << text;
  }

 private:
  diagnostics found_;
  specification_loader loader_;
  const specification* result_;
};

// An actor with one mailbox.
std::string with_mailbox(const std::string& mailbox) {
  return "actors:\n  A:\n    mailboxes:\n      box: " + mailbox + "\n";
}

TEST(specification, has_names_namespace_and_includes) {
  const model_of m(
      "namespace: shop::orders\n"
      "include: [order.hpp, <vector>, order.hpp]\n"
      "actors: {OrderTracker: , Other: {mailboxes: }, Third: {}}\n");
  ASSERT_TRUE(m.found().empty()) << m.found().to_string();
  EXPECT_EQ(m.get().cpp_namespace, "shop::orders");
  EXPECT_EQ(m.get().includes, (std::vector<std::string>{"\"order.hpp\"", "<vector>"}));
  ASSERT_EQ(m.get().actors.size(), 3U);
  EXPECT_EQ(m.get().actors[0].name.cpp, "order_tracker");
}

TEST(specification, gives_settings_their_defaults) {
  const model_of m(with_mailbox("{kind: simple, message-type: Order}"));
  ASSERT_TRUE(m.found().empty()) << m.found().to_string();
  EXPECT_EQ(m.mailbox(0).settings.get<std::string>(setting::message_type), "Order");
  EXPECT_EQ(m.mailbox(0).settings.get<std::int64_t>(setting::capacity), 10);
  EXPECT_FALSE(m.mailbox(0).settings.get<bool>(setting::disabled));
  EXPECT_FALSE(m.mailbox(0).definition);
}

TEST(specification, every_kind_can_be_written) {
  const model_of m(
      "actors: {A: {mailboxes: {\n"
      "  a: {kind: simple, message-type: M, capacity: 0, disabled: true},\n"
      "  b: {kind: ticker, interval: 15s},\n"
      "  c: {kind: rpc, message-type: M, reply-type: void, capacity: 3},\n"
      "  d: {kind: batch, message-type: M, capacity: 64, max-batch: 32, max-delay: 5ms},\n"
      "  e: {kind: timer, value-type: M, capacity: 5},\n"
      "  f: {kind: listener, address: 'localhost:8080', capacity: 4},\n"
      "  g: {kind: connection, max-bytes: 100},\n"
      "  h: {kind: signal, message-type: double, buffer: 1, overflow: wait, include: <x>}}}}\n");
  ASSERT_TRUE(m.found().empty()) << m.found().to_string();
  EXPECT_EQ(m.mailbox(0).settings.get<std::int64_t>(setting::capacity), 0);
  EXPECT_EQ(m.mailbox(1).settings.get<std::chrono::nanoseconds>(setting::interval), 15s);
  EXPECT_EQ(m.mailbox(2).settings.get<std::string>(setting::reply_type), "void");
  EXPECT_EQ(m.mailbox(3).settings.get<std::chrono::nanoseconds>(setting::max_delay), 5ms);
  EXPECT_EQ(m.mailbox(5).settings.get<std::string>(setting::address), "localhost:8080");
  EXPECT_EQ(m.mailbox(7).settings.get<std::string>(setting::overflow), "wait");
  EXPECT_EQ(m.mailbox(7).includes, std::vector<std::string>{"<x>"});
}

TEST(specification, a_mailbox_takes_from_its_definition_what_it_does_not_say) {
  const model_of m(with_mailbox("{kind: batch, type: Orders, capacity: 30}") +
                   "mailboxes:\n  Orders: {kind: batch, message-type: Order, capacity: 20, "
                   "max-batch: 20, disabled: true}\n");
  ASSERT_TRUE(m.found().empty()) << m.found().to_string();
  EXPECT_EQ(m.mailbox(0).settings.get<std::string>(setting::message_type), "Order");
  EXPECT_EQ(m.mailbox(0).settings.get<std::int64_t>(setting::capacity), 30) << "its own goes first";
  EXPECT_EQ(m.mailbox(0).settings.get<std::int64_t>(setting::max_batch), 20);
  EXPECT_TRUE(m.mailbox(0).settings.get<bool>(setting::disabled));
  ASSERT_TRUE(m.mailbox(0).definition);
  EXPECT_EQ(m.mailbox(0).definition->name.cpp, "orders");
}

TEST(specification, settings_must_fit_each_other_once_they_are_linked) {
  model_of(with_mailbox("{kind: batch, message-type: M, capacity: 4, max-batch: 5}"))
      .expect_error("4:67", "'max-batch' is 5, more than the 'capacity' of 4");
  model_of(with_mailbox("{kind: batch, type: Orders, capacity: 3}") +
           "mailboxes:\n  Orders: {kind: batch, message-type: M, max-batch: 9}\n")
      .expect_error("4:32", "'max-batch' is 9, more than the 'capacity' of 3");
}

TEST(specification, equal_types_may_be_written_differently) {
  const model_of m(with_mailbox("{kind: simple, type: V, message-type: 'std::vector< int >'}") +
                   "mailboxes: {V: {kind: simple, message-type: 'std::vector<int>'}}\n");
  EXPECT_TRUE(m.found().empty()) << m.found().to_string();
}

TEST(specification, a_mailbox_must_be_what_its_definition_says) {
  const std::string definition = "mailboxes: {Order: {kind: simple, message-type: Order}}\n";
  model_of(with_mailbox("{kind: simple, message-type: Invoice, type: Order}") + definition)
      .expect_error("4:41", "'message-type' is 'Invoice' here, but 'Order' in the definition");
  model_of(with_mailbox("{kind: signal, type: Order}") + definition)
      .expect_error("4:33", "mailbox 'box' is signal, but 'Order' is simple");
  model_of(with_mailbox("{kind: simple, type: Oder}") + definition)
      .expect_error("4:33", "did you mean 'Order'?");
  model_of(with_mailbox("{kind: simple, type: Invoice}") + definition)
      .expect_error("4:33",
                    "no mailbox 'Invoice' is defined under 'mailboxes', and 'message-type'");
  model_of(with_mailbox("{kind: simple, message-type: M, type: Class}"))
      .expect_error("4:50", "would be called 'class' in C++");
}

TEST(specification, a_type_without_definition_implies_one_that_all_agree_with) {
  const std::string first = with_mailbox("{kind: simple, message-type: Order, type: Order}");
  const model_of agreed(first + "      other: {kind: simple, type: Order}\n");
  ASSERT_TRUE(agreed.found().empty()) << agreed.found().to_string();
  ASSERT_EQ(agreed.get().mailboxes.size(), 1U);
  EXPECT_TRUE(agreed.get().mailboxes[0].implied);
  EXPECT_EQ(agreed.mailbox(1).settings.get<std::string>(setting::message_type), "Order");

  model_of(first + "      other: {kind: simple, message-type: Bill, type: Order}\n")
      .expect_error("5:43", "'message-type' is 'Bill' here, but 'Order'");
  model_of(first + "  Order:\n").expect_error("5:3", "would both make 'order_rx' in C++");
}

TEST(specification, an_error_in_a_definition_is_not_reported_again_by_its_users) {
  model_of(with_mailbox("{kind: simple, type: Order}") + "mailboxes: {Order: {kind: simpel}}\n")
      .expect_error("5:27", "unknown kind 'simpel'");
}

TEST(specification, a_misspelt_key_is_one_error) {
  model_of(with_mailbox("{kind: simple, mesage-type: Order}"))
      .expect_error("4:27", "did you mean 'message-type'?");
  model_of(with_mailbox("{kind: rpc, request-type: A, reply-type: B}"))
      .expect_error("4:24", "did you mean 'message-type'?");
}

TEST(specification, wrong_shapes_are_errors_where_they_are) {
  model_of("[a]\n").expect_error("1:1", "a list for the specification; expected a map");
  model_of("a\n").expect_error("1:1", "'a' for the specification; expected a map");
  model_of("~\n").expect_error("1:1", "nothing for the specification; expected a map");
  model_of("{}\n").expect_error("1:1", "has neither 'actors' nor 'mailboxes'");
  model_of("actors: [A]\n").expect_error("1:9", "a list for 'actors'; expected a map of names");
  model_of("actors: {A: b}\n").expect_error("1:13", "'b' for actor 'A'");
  model_of("actors: {A: {test: true}}\n").expect_error("1:14", "unknown key 'test' of an actor");
  model_of("actors: {A: {mailbox: {}}}\n").expect_error("1:14", "did you mean 'mailboxes'?");
  model_of(with_mailbox("simple")).expect_error("4:12", "'simple' for mailbox 'box'");
  model_of(with_mailbox("")).expect_error("4:7", "nothing for mailbox 'box'");
  model_of(with_mailbox("{}")).expect_error("4:7", "mailbox 'box' has no 'kind'");
  model_of(with_mailbox("{kinds: simple}")).expect_error("4:7", "has no 'kind', but 'kinds'");
  model_of(with_mailbox("{kind: [simple]}")).expect_error("4:19", "a list for 'kind'");
  model_of(with_mailbox("{kind: simple, message-type: [M]}"))
      .expect_error("4:41", "a list for 'message-type'; expected a C++ type");
  model_of(with_mailbox("{kind: simple, message-type: }"))
      .expect_error("4:27", "nothing for 'message-type'; expected a C++ type");
  model_of(with_mailbox("{kind: simple}")).expect_error("4:7", "has no 'message-type'");
  model_of(with_mailbox("{kind: ticker, capacity: 1}"))
      .expect_error("4:27", "'capacity' is a key of other kinds; kind ticker has interval");
  model_of("mailboxes: {M: {kind: ticker, type: X}}\n")
      .expect_error("1:31", "'type' in the definition of a mailbox");
  model_of("actors: {}\nnamespace: 1x\n").expect_error("2:12", "'1x' is no namespace");
  model_of("actors: {}\ninclude: [[a]]\n").expect_error("2:11", "a list for 'include'");
  model_of("actors: {}\ninclude: <a\n").expect_error("2:10", "'<a' for 'include'");
  model_of("actors: {}\ninclude: 'a\"; x'\n").expect_error("2:10", "expected a header");
}

TEST(specification, names_must_differ_in_cpp_and_mean_nothing_else) {
  const std::string box = ": {kind: ticker}";
  model_of("actors:\n  OrderX:\n  order_x:\n")
      .expect_error("3:3", "actor 'order_x' and actor 'OrderX' would both make 'order_x' in C++");
  model_of(with_mailbox("{kind: ticker}") + "      Box" + box + "\n")
      .expect_error("5:7", "mailbox 'Box' and mailbox 'box' would both make 'box'");
  model_of("actors:\n  Order:\nmailboxes:\n  Order" + box + "\n")
      .expect_error("2:3", "actor 'Order' and mailbox 'Order' would both make 'order_rx'");
  model_of("actors:\n  OrderMailbox:\nmailboxes:\n  Order" + box + "\n")
      .expect_error("2:3", "would both make 'order_mailbox'");
  model_of("actors:\n  Order:\n  OrderBase:\n").expect_error("3:3", "both make 'order_base'");
  model_of("actors: {Class: }\n").expect_error("1:10", "would be called 'class' in C++");
  model_of("actors: {a-b: }\n").expect_error("1:10", "'a-b' is no name");
  for (const std::string taken :
       {"id", "start", "Stop", "superEvent", "supervise", "unsupervise", "data", "name", "spawn",
        "build", "shared", "mailboxes", "handlers", "builder", "rxType", "txType", "connectAll"}) {
    model_of("actors: {A: {mailboxes: {" + taken + box + "}}}\n")
        .expect_error("1:26", "every actor has a ");
  }
  model_of("actors: {A: {mailboxes: {x" + box + ", tryX" + box + "}}}\n")
      .expect_error("1:45", "mailbox 'tryX' and mailbox 'x' would both make 'try_x' in C++");
  for (const std::string suffix : {"rx", "tx", "mailboxes"}) {
    model_of("actors: {A: {mailboxes: {a_" + suffix + box + "}}}\n")
        .expect_error("1:26", "mailbox 'a_" + suffix + "' and actor 'A' would both make 'a_");
    const model_of other("actors: {A: {mailboxes: {b_" + suffix + box + "}}, B: }\n");
    EXPECT_TRUE(other.found().empty()) << other.found().to_string();
  }
}

TEST(imports, lead_to_definitions_by_paths_relative_to_the_file) {
  const model_of m(std::map<std::string, std::string>{
      {"a.yml", with_mailbox("{kind: rpc, import: sub/b.yml, type: Get}") +
                    "      other: {kind: rpc, import: sub/../sub/b.yml, type: Get}\n"},
      {"sub/b.yml",
       "namespace: shared\n"
       "actors: {B: {mailboxes: {x: {kind: ticker, import: ../c.yml, type: T}}}}\n"
       "mailboxes: {Get: {kind: rpc, message-type: Key, reply-type: Value}}\n"},
      {"c.yml", "mailboxes: {T: {kind: ticker, interval: 1s}}\n"}});
  ASSERT_TRUE(m.found().empty()) << m.found().to_string();
  EXPECT_EQ(m.mailbox(0).settings.get<std::string>(setting::reply_type), "Value");
  ASSERT_TRUE(m.mailbox(1).definition);
  EXPECT_EQ(m.mailbox(1).definition->file, "sub/b.yml");
  EXPECT_EQ(m.mailbox(1).definition->cpp_namespace, "shared");
  EXPECT_EQ(m.get().mailboxes.size(), 0U);
}

TEST(imports, are_checked_like_what_is_in_the_file_itself) {
  const auto importing = [](const std::string& mailbox, const std::string& b) {
    return model_of(
        std::map<std::string, std::string>{{"a.yml", with_mailbox(mailbox)}, {"b.yml", b}});
  };
  const std::string b = "mailboxes: {Order: {kind: simple, message-type: Order}}\n";
  importing("{kind: simple, import: b.yml, type: Oder}", b)
      .expect_error("4:48", "'b.yml' defines no mailbox 'Oder'; it defines Order; did you mean");
  importing("{kind: rpc, import: b.yml, type: Order}", b)
      .expect_error("4:45", "mailbox 'box' is rpc, but 'Order' is simple");
  importing("{kind: simple, message-type: X, import: b.yml, type: Order}", b)
      .expect_error("4:41", "'message-type' is 'X' here, but 'Order' in the definition");
  importing("{kind: simple, message-type: X, import: b.yml}", b)
      .expect_error("4:52", "'import' without 'type'");
  importing("{kind: simple, import: c.yml, type: Order}", b)
      .expect_error("4:35", "cannot read 'c.yml': No such file");
  importing("{kind: simple, import: /b.yml, type: Order}", b)
      .expect_error("4:35", "expected a path relative to this file");
  importing("{kind: simple, import: '', type: Order}", b)
      .expect_error("4:35", "expected a path relative to this file");
  importing("{kind: simple, import: b.yml, type: Order}", "x: [\n")
      .expect_error("b.yml:2:1", "not YAML");
  importing("{kind: simple, import: b.yml, type: Order}", "mailboxes: {Order: {kind: x}}\n")
      .expect_error("b.yml:1:27", "unknown kind 'x'");
  importing("{kind: simple, import: b.yml, type: M}",
            "actors: {B: {mailboxes: {x: {kind: simple, message-type: M, type: M}}}}\n")
      .expect_error("4:48", "'b.yml' defines no mailbox 'M'");
}

TEST(imports, must_not_go_round_in_a_circle) {
  const auto file = [](const std::string& import) {
    return "actors: {A: {mailboxes: {x: {kind: ticker, import: " + import +
           ", type: T}}}}\n"
           "mailboxes: {T: {kind: ticker}}\n";
  };
  model_of(std::map<std::string, std::string>{{"a.yml", file("a.yml")}})
      .expect_error("1:52", "imports go round in a circle: a.yml -> a.yml");
  model_of(std::map<std::string, std::string>{
               {"a.yml", file("b.yml")}, {"b.yml", file("c.yml")}, {"c.yml", file("./b.yml")}})
      .expect_error("c.yml:1:52", "imports go round in a circle: b.yml -> c.yml -> b.yml");
}

TEST(imports, end_somewhere) {
  // The file of any name imports the next.
  file_access endless = memory_files({});
  endless.read = [](const std::string& path) -> std::expected<std::string, std::string> {
    return "actors: {A: {mailboxes: {x: {kind: ticker, import: x" + path + ", type: T}}}}\n";
  };
  diagnostics found;
  specification_loader loader(endless, found);
  ASSERT_TRUE(loader.load("a.yml"));
  EXPECT_TRUE(found.to_string().contains("too many imports")) << found.to_string();
}

}  // namespace
}  // namespace troupe::gen
