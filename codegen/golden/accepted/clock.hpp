#pragma once

// The types of golden/accepted/clock.yml, and the functions of C that are called like its actors.

#include <csignal>
#include <ctime>
#include <string>

struct start {
  int at = 0;
};

struct stop {
  int at = 0;
};

namespace data {

struct question {};

}  // namespace data

namespace line {

struct text {
  std::string words;
};

}  // namespace line
