/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pin_device.h - what a pin by the driver's device is made of: see struct
 * pin_method.
 */
#ifndef PIN_DEVICE_H
#define PIN_DEVICE_H

#include <stddef.h>

struct pin;

int pin_device_open(struct pin *pin);
int pin_device_pin(struct pin *pin);
int pin_device_unpin(struct pin *pin);
int pin_device_query(struct pin *pin, size_t *pages);

#endif /* PIN_DEVICE_H */
