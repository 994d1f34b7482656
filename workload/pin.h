/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pin.h - pin a region by one of several methods.
 */
#ifndef PIN_H
#define PIN_H

#include <stdbool.h>
#include <stddef.h>

struct page_place;
struct page_pin_page;
struct region;
struct pin;

/*
 * pin, unpin and query answer 0 or a negative errno; open answers a status.
 * A method without pin pins nothing; one without query tells no pages.
 */
struct pin_method {
	const char *name;
	const char *device; /* NULL: needs none */
	unsigned long pin_request;
	unsigned long unpin_request;
	int (*open)(struct pin *pin);
	int (*pin)(struct pin *pin);
	int (*unpin)(struct pin *pin);
	int (*query)(struct pin *pin, size_t *pages);
};

struct pin {
	const struct pin_method *method; /* NULL: never opened */
	const struct region *region;
	struct page_pin_page *held; /* answer of the query */
	size_t held_capacity;
	int device; /* -1: not open */
	bool pinned;
};

/* What holds the pages, compared with what is mapped. */
struct pin_holding {
	bool applies; /* the region is pinned, and the holder can be asked */
	int error; /* a negative errno: nothing below is known */
	size_t pages;
	size_t differs;
};

/*
 * Allocate, then open what the method needs, or use what another pin has opened.
 * All answer a status.
 */
int pin_prepare(struct pin *pin, const struct pin_method *method,
		const struct region *region, size_t pages);
int pin_open(struct pin *pin);
int pin_open_as(struct pin *pin, const struct pin *opened);

/* Both answer 0 or a negative errno. */
int pin_region(struct pin *pin);
int pin_release(struct pin *pin);

void pin_compare(struct pin *pin, const struct page_place *mapped,
		 struct pin_holding *holding);

/* How many pages of the last answer are in held: there may be no room for all. */
size_t pin_pages_told(const struct pin *pin, const struct pin_holding *holding);

/* Closes the device, which unpins what is still pinned. */
void pin_close(struct pin *pin);

static inline bool pin_pins(const struct pin_method *method)
{
	return method->pin != NULL;
}

#endif /* PIN_H */
