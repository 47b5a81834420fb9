# troupe_add_library(<name>): the library of the folder it is called from, target troupe_<name>,
# alias troupe::<name>. Its sources are whatever lies under troupe/; tests and benchmarks lie beside
# them and are left out; headers in an internal/ folder are not installed.

include(GNUInstallDirs)

function(troupe_add_library name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS troupe/*.cpp)
  list(FILTER sources EXCLUDE REGEX "\\.(test|bench)\\.cpp$")
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS troupe/*.hpp)
  list(FILTER headers EXCLUDE REGEX "/internal/")

  if(NOT sources)
    # Headers only: still an archive, so that nothing that links it has to know.
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp "")
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp)
  endif()
  add_library(troupe_${name} STATIC ${sources})
  add_library(troupe::${name} ALIAS troupe_${name})
  troupe_target_settings(troupe_${name})
  set_target_properties(troupe_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(troupe_${name} PUBLIC cxx_std_23)
  target_sources(troupe_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR} FILES ${headers})

  if(TROUPE_INSTALL)
    install(TARGETS troupe_${name} EXPORT troupe_targets
      ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
      FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  endif()
endfunction()
