/* The independent watchdog of an STM32: RM0090 and RM0444, IWDG. Its clock is the internal low-speed oscillator of nominally
 * 32 kHz, at most 47 kHz (DS8626, LSI), so that it bites after 22 s at the earliest, after 33 s nominally. */
#ifndef STM32_WATCHDOG_H
#define STM32_WATCHDOG_H

#include "gpio.h"
#include "../../bootloader/watchdog.h"

#define IWDG_KR REGISTER(0x40003000u)
#define IWDG_KR_UNLOCK 0x5555u
#define IWDG_KR_FEED 0xAAAAu
#define IWDG_KR_START 0xCCCCu
#define IWDG_PR REGISTER(0x40003004u)
#define IWDG_PR_256 6u
#define IWDG_RLR REGISTER(0x40003008u)
#define IWDG_SR REGISTER(0x4000300Cu)

void watchdog_start(void)
{
    IWDG_KR = IWDG_KR_START;
    IWDG_KR = IWDG_KR_UNLOCK;
    IWDG_PR = IWDG_PR_256;
    IWDG_RLR = 0xFFFu;
    while (IWDG_SR) { /* both values are on their way to the other clock */
    }
    IWDG_KR = IWDG_KR_FEED;
}

void watchdog_feed(void)
{
    IWDG_KR = IWDG_KR_FEED;
}

#endif
