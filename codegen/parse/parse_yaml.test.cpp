#include <codegen/parse/parse_yaml.hpp>

#include <codegen/parse/check_text.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace troupe::gen {
namespace {

struct parsed {
  explicit parsed(std::string text) : file("f", std::move(text)), root(parse_yaml(file, found)) {}

  // "line:column: text" of the errors, in the order they were found.
  [[nodiscard]] std::vector<std::string> errors() const {
    std::vector<std::string> texts;
    for (const diagnostic& d : found.list()) {
      texts.push_back(std::to_string(d.where.line) + ":" + std::to_string(d.where.column) + ": " +
                      d.text);
    }
    return texts;
  }

  source_file file;
  diagnostics found;
  node_ptr root;
};

// Exactly one error, which begins like that.
void expect_error(const std::string& text, const std::string& beginning) {
  const parsed p(text);
  const auto errors = p.errors();
  ASSERT_EQ(errors.size(), 1U) << text << "\n" << p.found.to_string();
  EXPECT_TRUE(errors[0].starts_with(beginning)) << text << "\n" << errors[0];
}

TEST(parse_yaml, gives_a_tree_with_positions) {
  const parsed p("a:\n  é: [x, 'y z']\n  n:\nb: \"1\" # comment\n");
  ASSERT_TRUE(p.root) << p.found.to_string();
  EXPECT_TRUE(p.found.empty()) << p.found.to_string();
  const node* const a = p.root->find("a");
  ASSERT_TRUE(a && a->type == node_type::map);
  EXPECT_EQ(a->entries[0].key, "é");
  const node& list = *a->entries[0].value;
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(list.items[0]->where, (position{.file = &p.file, .line = 2, .column = 7, .length = 1}));
  EXPECT_EQ(list.items[1]->where,
            (position{.file = &p.file, .line = 2, .column = 10, .length = 5}));
  EXPECT_EQ(list.items[1]->text, "y z");
  EXPECT_TRUE(list.items[1]->in_quotes);
  EXPECT_FALSE(list.items[0]->in_quotes);
  const node* const nothing = a->find("n");
  ASSERT_TRUE(nothing && nothing->type == node_type::nothing);
  EXPECT_EQ(nothing->where.line, 3U) << "yaml-cpp points to what comes after it";
  EXPECT_EQ(p.root->find("b")->text, "1");
}

TEST(parse_yaml, takes_windows_line_ends_and_a_byte_order_mark) {
  const parsed p("\xEF\xBB\xBFone: 1\r\ntwo: 2\r\n");
  ASSERT_TRUE(p.root && p.found.empty()) << p.found.to_string();
  EXPECT_EQ(p.root->entries[1].where.line, 2U);
  EXPECT_EQ(p.root->entries[0].where.column, 1U);
  EXPECT_EQ(p.root->find("two")->text, "2");
}

TEST(parse_yaml, an_alias_is_the_value_it_names) {
  const parsed p("a: &x {k: 1}\nb: *x\nc: &y \"q\"\nd: [*y, *x]\n");
  ASSERT_TRUE(p.root && p.found.empty()) << p.found.to_string();
  EXPECT_EQ(p.root->find("a"), p.root->find("b"));
  EXPECT_EQ(p.root->find("d")->items[1].get(), p.root->find("a"));
  EXPECT_EQ(p.root->find("c")->where.column, 7U) << "of the text, not of its anchor";
  EXPECT_EQ(p.root->find("c")->where.length, 3U);
}

TEST(parse_yaml, reports_what_yaml_cpp_lets_pass) {
  expect_error("a: 1\nb: 2\n\"a\": 3\n", "3:1: key 'a' is given twice");
  expect_error("a: 1\n<<: {b: 2}\n", "2:1: merge key '<<'");
  expect_error("a: \"x\nb: 1\n", "1:4: this quote is not closed on its line");
  expect_error("a: 'x\n  y'\n", "1:4: this quote is not closed on its line");
  expect_error("a: one\n  two\n", "1:4: this text goes on on the next line, as 'one two'");
  expect_error("a: |\n  one\n", "1:4: a block of text");
  expect_error("a: &b >-\n  one\n", "1:7: a block of text");
  expect_error("a: \"x\\ny\"\n", "1:4: the text has a control character in it");
  expect_error("a: \"x\\0y\"\n", "1:4: the text has a control character in it");
  expect_error("a: !!str \"x\"\n", "1:10: tag 'tag:yaml.org,2002:str'");
  expect_error("a: !mine {b: 1}\n", "1:4: tag '!mine'");
  expect_error("? [a]\n: b\n", "1:3: a list as a key");
  expect_error("? {a: b}\n: b\n", "1:3: a map as a key");
  expect_error("~: b\n", "1:1: nothing as a key");
  expect_error("a: &x y\n*x : 1\n", "2:1: an alias as a key");
  expect_error("a: 1\n---\nb: 1\n", "2:1: a second document begins here");
  expect_error("a: &x {b: *x}\n", "1:11: this alias stands inside of the value that it names");
}

TEST(parse_yaml, keeps_the_first_of_equal_keys_and_goes_on) {
  const parsed p("a: 1\na: {x: 1, x: 2}\n<<: 1\nb: 2\nb: 3\nb: 4\n");
  ASSERT_TRUE(p.root);
  EXPECT_EQ(p.root->find("a")->text, "1");
  EXPECT_EQ(p.root->entries.size(), 2U);
  EXPECT_EQ(p.errors().size(), 5U) << p.found.to_string();
}

TEST(parse_yaml, says_where_it_is_no_yaml) {
  expect_error("a: b: c\n", "1:5: not YAML: a ':' where no value can begin");
  expect_error("a:\n  b: 1\n c: 2\n", "3:2: not YAML: this does not fit the keys above");
  expect_error("a: [1, 2\n", "2:1: not YAML: a '[' above is not closed");
  expect_error("a: {b: 1}}\n", "1:10: not YAML: a closing bracket that was not opened");
  expect_error("a: *b\n", "1:4: not YAML: this alias names nothing");
  expect_error("a: @b\n", "1:4: not YAML: a character that no YAML text can begin with");
  expect_error("a: - b\n", "1:4: not YAML: a '-' where no list can begin");
}

TEST(parse_yaml, an_empty_file_is_an_error) {
  for (const char* text : {"", "\n\n", "# only a comment\n", "\xEF\xBB\xBF"}) {
    expect_error(text, "1:1: the file is empty; expected a specification");
  }
}

TEST(parse_yaml, refuses_what_is_no_text) {
  expect_error("a: \xFF\n", "1:4: byte 0xff is not UTF-8");
  expect_error("é: \xC3\n", "1:4: byte 0xc3 is not UTF-8");
  expect_error("a: \xED\xA0\x80\n", "1:4: byte 0xed is not UTF-8");      // a surrogate
  expect_error("a: \xC0\x80\n", "1:4: byte 0xc0 is not UTF-8");          // overlong
  expect_error("a: \xF4\x90\x80\x80\n", "1:4: byte 0xf4 is not UTF-8");  // beyond Unicode
  expect_error("a: \x1B[31m\n", "1:4: control character U+001B");
  expect_error("a: \xC2\x85\n", "1:4: control character U+0085");
  expect_error("a: 1\x04\n", "1:5: control character U+0004");  // yaml-cpp's mark for the end
  expect_error("a: 1\rb: 2\n", "1:5: a carriage return that does not end a line");
  expect_error("a:\n\tb: 1\n", "2:1: a tab indents this line; expected spaces");
  expect_error("a:\n  \tb: 1\n", "2:3: a tab indents this line; expected spaces");
  expect_error("\xFF\xFE" + std::string("a\0:\0", 4), "1:1: the file is UTF-16 or UTF-32");
  expect_error(std::string("a\0:\0", 4), "1:1: the file is UTF-16 or UTF-32");
}

TEST(parse_yaml, bounds_what_it_looks_at) {
  expect_error("a: 1\n" + std::string(largest_file, '#'), "1:1: the file has more than");
  expect_error("#" + std::string(longest_line, 'x'), "1:1: the line has more than");
  expect_error(std::string(500, '['), "1:17: values stand more than 32 deep in each other");
  std::string nested;
  for (int i = 0; i < 500; ++i) nested += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  expect_error(nested, "33:33: values stand more than 32 deep in each other");
  std::string many;
  for (std::size_t i = 0; i <= most_nodes; ++i) many += "- a\n";
  expect_error(many, std::to_string(most_nodes) + ":3: more than 20000 values");
  // Of a file in another encoding not every byte is an error.
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += "\xE4\n";
  EXPECT_EQ(parsed(bytes).errors().size(), 10U);
}

TEST(parse_yaml, aliases_cannot_multiply_without_bounds) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  std::string tower = "a0: &a0 [x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    const std::string begin = "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    bomb += begin;
    for (int j = 0; j < 9; ++j) bomb += ", " + last;
    bomb += "]\n";
    tower += begin + "]\n";
  }
  expect_error(bomb, "5:15: more than 20000 values");
  const parsed p(tower);
  EXPECT_EQ(p.errors().size(), 1U);
  EXPECT_TRUE(p.errors()[0].contains("values stand more than 32 deep")) << p.errors()[0];
}

TEST(parse_yaml, any_bytes_come_to_a_tree_or_an_error_inside_the_file) {
  rc::check([](const std::vector<std::uint8_t>& choices) {
    static const std::vector<std::string> parts{
        "a",  "b: ", "- ",  "\n", "  ",   "{",    "}",  "[",   "]",    ",",   ": ", "? ",
        "&x", "*x",  "!t ", "\"", "'",    "|\n ", "é",  "~",   "<<: ", "#",   "\t", "---\n",
        "@",  "%",   "\r",  "\\", "\xFF", "1",    ">-", "...", "a:\n", "&y ", "*y", "\r\n"};
    std::string text;
    for (const std::uint8_t c : choices) text += parts[c % parts.size()];
    const parsed p(text);
    RC_ASSERT(p.root != nullptr || !p.found.empty());
    for (const diagnostic& d : p.found.list()) {
      RC_ASSERT(d.where.file == &p.file);
      RC_ASSERT(d.where.line >= 1 && d.where.line <= p.file.line_count());
      RC_ASSERT(d.where.column <= code_points(p.file.line(d.where.line)) + 1);
    }
  });
}

}  // namespace
}  // namespace troupe::gen
