// $origin: speaks the MLPerf Tiny protocol over Serial, as every Boardwalk image does.
// src/ holds the protocol; this file is the port to Arduino.
#include <$name.h>
#include "src/board.h"
extern "C" {
#include "src/port.h"
#include "src/stack.h"
void stack_paint(void);
int benchmark(void);
}

uint8_t port_getc(void) {
  while (!Serial.available()) {}
  return (uint8_t)Serial.read();
}

void port_putc(uint8_t byte) {
  Serial.write(byte);
}

#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB >= 2
// ARMv7-M ARM (DDI 0403E) C1.6.5 and C1.8: the cycle counter of the data watchpoint and trace unit.
static volatile uint32_t &demcr = *(volatile uint32_t *)0xE000EDFCu;
static volatile uint32_t &dwt_ctrl = *(volatile uint32_t *)0xE0001000u;
static volatile uint32_t &dwt_cyccnt = *(volatile uint32_t *)0xE0001004u;

static void start_counter() {
  demcr |= 1u << 24;
#if defined(__CORTEX_M) && __CORTEX_M == 7  // as CMSIS says
  *(volatile uint32_t *)0xE0001FB0u = 0xC5ACCE55u;  // IHI 0029E B2.3.10: writes only after this key
#endif
  dwt_ctrl |= 1u;
}

uint32_t port_cycles(void) {
  return dwt_cyccnt;
}
#else
static void start_counter() {}

uint32_t port_cycles(void) {
#if defined(__XTENSA__)
  uint32_t cycles;
  __asm__ volatile("rsr %0, ccount" : "=a"(cycles));  // Xtensa ISA reference manual, timer interrupt option
  return cycles;
#elif defined(ARDUINO_ARCH_ESP32)
  return ESP.getCycleCount();
#else
  return (uint32_t)micros() * (BOARD_CLOCK_HZ / 1000000u);  // no counter of cycles: to the microsecond
#endif
}
#endif

void setup() {
  Serial.begin(115200);
  while (!Serial) {}
  start_counter();
  stack_paint();
  benchmark();
}

void loop() {}
