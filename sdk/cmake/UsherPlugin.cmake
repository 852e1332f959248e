# usher_add_plugin(<name> SOURCES ... [SCHEMA schema.json] [PRIVATE ...] [TESTS ...])
#   A plugin: a MODULE named usher-<name>.so that links the SDK only, hides everything and exports the entry symbol
#   alone. SCHEMA becomes a header, schema_json.hpp, with `inline constexpr char kSchemaJson[]`: static data, as the
#   descriptor has to be readable without running anything. TESTS are compiled together with the sources.
#   The global property USHER_PLUGIN_TARGETS lists all that were added.
#
# usher_add_plugin_test(<name> SOURCES ... [PRIVATE ...])
#   A test program for a plugin without a test framework (<usher/testing.hpp>), run by CTest as <name>.test.
#
# usher_add_conformance_test(<name> [CONFIG config.json])
#   Runs the conformance kit against the plugin, by CTest as <name>.conformance. CONFIG: settings valid by its schema.
include(GoogleTest)
set(USHER_SDK_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})

function(usher_embed_text input output variable)
  file(READ ${input} text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${input})
  file(WRITE ${output}.new "#pragma once\ninline constexpr char ${variable}[] = R\"usher_text(${text})usher_text\";\n")
  file(COPY_FILE ${output}.new ${output} ONLY_IF_DIFFERENT)   # an unchanged schema rebuilds nothing
endfunction()

function(usher_add_plugin name)
  cmake_parse_arguments(arg "" "SCHEMA" "SOURCES;PRIVATE;TESTS" ${ARGN})
  set(target usher_plugin_${name})
  add_library(${target} MODULE ${arg_SOURCES})
  set_property(GLOBAL APPEND PROPERTY USHER_PLUGIN_TARGETS ${target})
  target_compile_features(${target} PRIVATE cxx_std_20)
  set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME usher-${name}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  target_link_libraries(${target} PRIVATE usher::sdk ${arg_PRIVATE})
  target_link_options(${target} PRIVATE -Wl,--version-script=${USHER_SDK_CMAKE_DIR}/plugin.version)
  if(NOT USHER_SANITIZE)   # a sanitizer's runtime is found in the program, not in the plugin
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  if(arg_SCHEMA)
    usher_embed_text(${CMAKE_CURRENT_SOURCE_DIR}/${arg_SCHEMA} ${CMAKE_CURRENT_BINARY_DIR}/schema_json.hpp kSchemaJson)
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
  endif()
  if(TARGET usher_flags)
    target_link_libraries(${target} PRIVATE usher_flags)
  endif()
  if(USHER_TESTS AND arg_TESTS)
    add_executable(${target}_test ${arg_TESTS} ${arg_SOURCES})
    target_include_directories(${target}_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR})
    target_link_libraries(${target}_test PRIVATE usher::sdk ${arg_PRIVATE} GTest::gtest GTest::gmock GTest::gtest_main)
    if(TARGET usher_flags)
      target_link_libraries(${target}_test PRIVATE usher_flags)
    endif()
    gtest_discover_tests(${target}_test TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST PROPERTIES LABELS unit TIMEOUT 120)
  endif()
endfunction()

function(usher_add_plugin_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;PRIVATE" ${ARGN})
  set(target usher_plugin_${name}_own_test)
  add_executable(${target} ${arg_SOURCES})
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR})
  target_link_libraries(${target} PRIVATE usher::sdk ${arg_PRIVATE})
  if(TARGET usher_flags)
    target_link_libraries(${target} PRIVATE usher_flags)
  endif()
  add_test(NAME ${name}.test COMMAND ${target})
  set_tests_properties(${name}.test PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

function(usher_add_conformance_test name)
  cmake_parse_arguments(arg "" "CONFIG" "" ${ARGN})
  if(NOT TARGET usher-plugin-conformance)
    if(EXISTS ${USHER_SDK_CMAKE_DIR}/../conformance/main.cpp)   # in the source tree
      set(main ${USHER_SDK_CMAKE_DIR}/../conformance/main.cpp)
    else()
      set(main ${USHER_SDK_FOLDER}/conformance/main.cpp)
    endif()
    add_executable(usher-plugin-conformance ${main})
    target_compile_features(usher-plugin-conformance PRIVATE cxx_std_20)
    target_link_libraries(usher-plugin-conformance PRIVATE usher::conformance)
    if(TARGET usher_flags)
      target_link_libraries(usher-plugin-conformance PRIVATE usher_flags)
    endif()
  endif()
  set(config)
  if(arg_CONFIG)
    set(config ${CMAKE_CURRENT_SOURCE_DIR}/${arg_CONFIG})
  endif()
  add_test(NAME ${name}.conformance COMMAND usher-plugin-conformance $<TARGET_FILE:usher_plugin_${name}> ${config})
  set_tests_properties(${name}.conformance PROPERTIES LABELS unit TIMEOUT 600)
endfunction()
