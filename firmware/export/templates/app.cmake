cmake_minimum_required(VERSION 3.16)
set(EXTRA_COMPONENT_DIRS "../..") # $name itself
include($$ENV{IDF_PATH}/tools/cmake/project.cmake)
project(${name}_self_test)
