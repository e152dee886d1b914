// $origin: classifies $what and prints class and probability.
// The inputs here are golden vectors; put your own bytes into the arena instead.
#include <$name.h>
#include <${name}_golden.h>

static_assert(${NAME}_ARENA_BYTES <= $limit_bytes, "the arena is larger than this sketch allows");

static uint8_t arena[${NAME}_ARENA_BYTES] __attribute__((aligned(16)));
static const char *const labels[] = {$labels};
static const unsigned classes = sizeof labels / sizeof labels[0];

// The probability of one class: quantized outputs stand for scale * (value - zero_point).
static float probability(unsigned index) {
  const bw_tensor_t &output = ${name}_outputs[0];
  const uint8_t *data = arena + output.offset;
  if (output.type == BW_FLOAT32) return ((const float *)data)[index];
  const int value = output.type == BW_INT8 ? ((const int8_t *)data)[index] : ((const int16_t *)data)[index];
  return output.scale * (float)(value - output.zero_point);
}

static void print_class() {
  unsigned best = 0;
  for (unsigned i = 1; i < classes; i++)
    if (probability(i) > probability(best)) best = i;
  Serial.print("class ");
  Serial.print(best);
  Serial.print(" (");
  Serial.print(labels[best]);
  Serial.print("), probability ");
  Serial.println(probability(best), 3);
}

void setup() {
  Serial.begin(115200);
  while (!Serial) {}
}

void loop() {
  for (int sample = 0; sample < ${NAME}_GOLDEN_SAMPLES; sample++) {
#if ${NAME}_VARIABLES
    ${name}_reset(arena);
#endif
    ${name}_golden_load(arena, sample);
    ${name}_run(arena);
    print_class();
  }
  delay(1000);
}
