/* SPDX-License-Identifier: GPL-2.0 */
/*
 * steps.h - what the program does, step by step. pin_workload.c has the order.
 *
 * Each answers a status.
 */
#ifndef STEPS_H
#define STEPS_H

struct workload;

/* cpus.c */
int bind_self(struct workload *w);
int find_nodes(struct workload *w);
int check_writers(struct workload *w);
int hold_balancing(struct workload *w);
int release_balancing(struct workload *w);

/* set_up.c */
int open_reader(struct workload *w);
int allocate_buffers(struct workload *w);
int create_writers(struct workload *w);
int check_pool(struct workload *w);
int check_ksm(struct workload *w);
int map_regions(struct workload *w);
int begin_report(struct workload *w);
int open_pins(struct workload *w);

/* fault_in.c */
int fault_in_self(struct workload *w);
int fault_in_merged(struct workload *w); /* of a kind that is merged */
int fault_in_subject(struct workload *w);
int fault_in_released(struct workload *w);
int fault_in_control(struct workload *w);
int fault_in_scratch(struct workload *w);

/* migrate.c */
int prepare_migrator(struct workload *w);
int between_regions(struct workload *w);
int after_regions(struct workload *w);
int migrate(struct workload *w); /* once */
int finish_migrator(struct workload *w);

/* fork_child.c */
int fork_child(struct workload *w);

/* baseline.c */
int take_baseline(struct workload *w);
int check_baseline(struct workload *w);

/* unpin.c: what is not pinned is left alone */
int unpin_subject(struct workload *w);
int unpin_released(struct workload *w);

/* write_sample.c: a report, and one after which the regions are listed page by page */
int report_sampled(struct workload *w, const char *reason);
int report_page_by_page(struct workload *w, const char *reason);

/* under_pressure.c: the pressure and the reports, until the end */
int watch(struct workload *w);

#endif /* STEPS_H */
