idf_component_register(SRCS "self_test.c")
