/* The seam between the stream and a sensor: supporting one is implementing these three functions. */
#ifndef SENSOR_H
#define SENSOR_H

#include <stdbool.h>
#include <stdint.h>

#define SENSOR_AXES 3

/* What the host writes into the dataset: name, samples a second, and what one count of an axis stands for. */
extern const char sensor_name[], sensor_unit[];
extern const uint32_t sensor_rate_hz;

/* Starts sampling; false if the sensor does not answer. May be called again. */
bool sensor_start(void);

/* Whether there is a sample that has not been read; *lost tells whether one was overwritten before it could be. */
bool sensor_ready(bool *lost);

void sensor_read(int16_t axes[SENSOR_AXES]);

#endif
