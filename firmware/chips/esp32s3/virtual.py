"""ESP32-S3 on the virtual board: labwired's model of the chip, for outputs and instruction counts."""

LABWIRED = "esp32s3"
