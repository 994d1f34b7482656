/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report_pin.h - the events of pins.
 */
#ifndef REPORT_PIN_H
#define REPORT_PIN_H

struct pin;
struct pin_holding;
struct region;

void report_driver(unsigned int abi, const char *version);
/* error: 0 or a negative errno */
void report_pin(const struct pin *pin, int error, long minor_faults);
/* What holds the pages says; when: as of a placement. Nothing if it can't be asked. */
void report_held(const char *when, const struct pin *pin,
		 const struct pin_holding *holding);
void report_unpin(const struct region *region, int error);

#endif /* REPORT_PIN_H */
