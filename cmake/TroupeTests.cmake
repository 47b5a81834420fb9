# troupe_add_tests(<target> <folder>...): one test program from all *.test.cpp below the folders;
# each of its test cases is a ctest test. All such programs share one precompiled header.

find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)
include(GoogleTest)

function(_troupe_link_test_libraries target)
  target_link_libraries(${target} PRIVATE
    troupe::core troupe::testing GTest::gmock GTest::gtest_main rapidcheck
    fmt::fmt spdlog::spdlog Threads::Threads)
endfunction()

file(WRITE ${PROJECT_BINARY_DIR}/test_pch.cpp "")
add_library(troupe_test_pch OBJECT ${PROJECT_BINARY_DIR}/test_pch.cpp)
troupe_target_settings(troupe_test_pch)
_troupe_link_test_libraries(troupe_test_pch)
target_precompile_headers(troupe_test_pch PRIVATE
  <gmock/gmock.h> <gtest/gtest.h> <rapidcheck.h>
  <algorithm> <atomic> <chrono> <coroutine> <expected> <functional> <map> <memory> <mutex> <optional>
  <random> <string> <thread> <unordered_map> <variant> <vector>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # So that ccache finds the same precompiled header again.
  target_compile_options(troupe_test_pch PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
endif()

function(troupe_add_tests target)
  list(TRANSFORM ARGN APPEND "/*.test.cpp" OUTPUT_VARIABLE patterns)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${patterns})
  if(NOT sources)
    return()
  endif()
  add_executable(${target} ${sources})
  troupe_target_settings(${target})
  _troupe_link_test_libraries(${target})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
  target_precompile_headers(${target} REUSE_FROM troupe_test_pch)
  gtest_discover_tests(${target} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120)
endfunction()
