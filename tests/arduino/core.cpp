// The stand-in's core over a chip's port.h, whose functions are called chip_… here: sketches have a port of their own.
#include "Arduino.h"

#include "board.h"
#define port_getc chip_getc
#define port_putc chip_putc
#define port_cycles chip_cycles
extern "C" {
#include "port.h"
int main(void);
}

Console Serial;

void Console::begin(unsigned long) {}

// The chip's console waits for a byte and cannot be asked for one: whoever asks whether one is there waits, too.
int Console::available()
{
    if (waiting < 0)
        waiting = port_getc();
    return 1;
}

int Console::read()
{
    int byte = waiting;
    waiting = -1;
    return byte;
}

size_t Console::write(uint8_t byte)
{
    port_putc(byte);
    return 1;
}

void Console::print(const char *text)
{
    while (*text)
        write(static_cast<uint8_t>(*text++));
}

void Console::print(unsigned number)
{
    if (number >= 10)
        print(number / 10);
    write(static_cast<uint8_t>('0' + number % 10));
}

void Console::print(double number, int decimals)
{
    unsigned scale = 1;
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    unsigned scaled = static_cast<unsigned>(number * scale + 0.5);
    print(scaled / scale);
    print(".");
    for (unsigned digit = scale / 10; digit; digit /= 10)
        print(scaled / digit % 10);
}

void Console::println(double number, int decimals)
{
    print(number, decimals);
    print("\r\n");
}

// Right for the differences of two calls that are less than a wrap of the counter apart, as in Arduino.
unsigned long micros()
{
    static uint32_t last, us, rest;
    uint32_t now = port_cycles();
    rest += now - last;
    last = now;
    us += rest / (BOARD_CLOCK_HZ / 1000000u);
    rest %= BOARD_CLOCK_HZ / 1000000u;
    return us;
}

void delay(unsigned long ms)
{
    for (uint32_t start = micros(); micros() - start < ms * 1000u;) {
    }
}

extern "C" int main(void)
{
    setup();
    for (;;)
        loop();
}
