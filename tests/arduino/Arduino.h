/* A minimal stand-in for the Arduino core on a virtual board: what the exported sketches use of it, and no more. */
#pragma once

#include <stddef.h>
#include <stdint.h>

class Console {
public:
    void begin(unsigned long baud);
    explicit operator bool() const { return true; }
    int available();
    int read();
    size_t write(uint8_t byte);
    void print(const char *text);
    void print(unsigned number);
    void print(double number, int decimals = 2);
    void println(double number, int decimals = 2);

private:
    int waiting = -1;
};

extern Console Serial;

unsigned long micros();
void delay(unsigned long ms);
void setup();
void loop();
