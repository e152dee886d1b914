# $origin. Generated.
idf_component_register(
    SRCS $sources
    INCLUDE_DIRS "src")
