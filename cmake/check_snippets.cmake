# Compares the C++ shown in the documentation with the examples it is taken from. Run by ctest:
#   cmake -DROOT=<project folder> -P check_snippets.cmake
#
# A comment before a block names its source, a file and a region of it, or none of the two:
#   <!-- examples/counter.cpp [counter] -->    the next ```cpp block is what stands in that file
#                                              between two lines `// [counter]`
#   <!-- sketch -->                            the next block is no whole program: not compared
# A ```cpp block without such a comment is an error, so that none is forgotten.

cmake_minimum_required(VERSION 3.25)

file(GLOB_RECURSE documents ${ROOT}/docs/*.md)
list(PREPEND documents ${ROOT}/README.md ${ROOT}/CONTRIBUTING.md)

set(checked 0)
set(failures 0)

function(complain text)
  message(NOTICE "${text}")
  math(EXPR failures "${failures} + 1")
  set(failures ${failures} PARENT_SCOPE)
endfunction()

# Lists would split at the semicolons and brackets that C++ is full of: texts stay whole, and are
# cut with string(FIND).

# The lines between the two markers, without the lines of the markers themselves.
function(read_region file name into)
  set(${into} "" PARENT_SCOPE)
  if(NOT EXISTS ${ROOT}/${file})
    return()
  endif()
  file(READ ${ROOT}/${file} text)
  set(marker "// [${name}]\n")
  string(LENGTH "${marker}" marker_length)
  string(FIND "${text}" "${marker}" start)
  if(start EQUAL -1)
    return()
  endif()
  math(EXPR start "${start} + ${marker_length}")
  string(SUBSTRING "${text}" ${start} -1 text)
  string(FIND "${text}" "${marker}" length)
  if(length EQUAL -1)
    return()
  endif()
  string(SUBSTRING "${text}" 0 ${length} text)
  # The closing marker may be indented.
  string(REGEX REPLACE "\n[ ]+$" "\n" text "${text}")
  set(${into} "${text}" PARENT_SCOPE)
endfunction()

foreach(document IN LISTS documents)
  if(NOT EXISTS ${document})
    continue()
  endif()
  cmake_path(RELATIVE_PATH document BASE_DIRECTORY ${ROOT} OUTPUT_VARIABLE shown)
  file(READ ${document} rest)
  while(TRUE)
    string(FIND "${rest}" "\n```cpp\n" at)
    if(at EQUAL -1)
      break()
    endif()
    string(SUBSTRING "${rest}" 0 ${at} before)
    math(EXPR at "${at} + 8")
    string(SUBSTRING "${rest}" ${at} -1 rest)
    string(FIND "${rest}" "```" end)
    if(end EQUAL -1)
      complain("${shown}: a ```cpp block has no end")
      break()
    endif()
    string(SUBSTRING "${rest}" 0 ${end} block)
    string(SUBSTRING "${rest}" ${end} -1 rest)

    if("${before}" MATCHES "<!-- sketch -->\n?$")
      continue()
    elseif("${before}" MATCHES "<!-- ([^ ]+) \\[([a-z0-9_]+)\\] -->\n?$")
      set(file ${CMAKE_MATCH_1})
      set(region ${CMAKE_MATCH_2})
    else()
      string(SUBSTRING "${block}" 0 60 beginning)
      complain("${shown}: this block has no comment that names its source:\n${beginning}")
      continue()
    endif()
    read_region(${file} ${region} wanted)
    math(EXPR checked "${checked} + 1")
    if("${wanted}" STREQUAL "")
      complain("${shown}: ${file} has no region between two lines \"// [${region}]\"")
    elseif(NOT "${wanted}" STREQUAL "${block}")
      complain(
        "${shown}: the block differs from ${file} [${region}]; copy it anew. The file has:\n${wanted}")
    endif()
  endwhile()
endforeach()

if(failures)
  message(FATAL_ERROR "${failures} of the blocks in the documentation are wrong")
elseif(checked EQUAL 0)
  message(FATAL_ERROR "no block was compared: is ROOT right? It is \"${ROOT}\"")
endif()
message(STATUS "${checked} blocks agree with their sources")
