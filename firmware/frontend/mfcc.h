/* From sound to MFCC: the definition of spectrum.py in single precision, with the tables that it generates. */
#ifndef MFCC_H
#define MFCC_H

#include <stdint.h>

#include "mfcc_tables.h"

/* Gives the coefficients of one frame of MFCC_WINDOW samples. Not for two callers at a time. */
void mfcc_frame(const int16_t *samples, float coefficients[MFCC_COEFFICIENTS]);

#endif
